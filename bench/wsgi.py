"""A WSGI function that does nothing but answer with the bytes and headers of the cached page."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

# Where `bench.run` has put down what the cached page answered.
_folder = Path(os.environ["BENCH_ANSWER"])
_body = (_folder / "body").read_bytes()
_headers = [(name, value) for name, value in json.loads((_folder / "headers.json").read_text())]


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("200 OK", _headers)
    return [_body]
