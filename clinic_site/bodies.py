"""What a browser sends along: forms in UTF-8, and no files."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.http import parse_header_parameters

from clinic_site.errors import bad_request

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

UNREADABLE = "text/plain; charset=unreadable"


def readable_content_type(application: "WSGIApplication") -> "WSGIApplication":
    """A header that Django can't parse, `charset*=idna''x`, would fail before any of its middleware."""

    def checked(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except (ValueError, LookupError):
            environ["CONTENT_TYPE"] = UNREADABLE
        return application(environ, start_response)

    return checked


def readable_bodies(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """400 for a body that can't be read, before the CSRF check or a view trips over it.

    Python knows encodings, such as rot13 or zlib, that make no text of bytes.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        try:
            if charset.lower() not in {"utf-8", "utf8"}:
                raise LookupError("another encoding than ours")
            _ = request.POST
        except (LookupError, UnicodeError, UnreadablePostError) as error:
            return bad_request(request, error)
        return get_response(request)

    return middleware


class NoUploads(FileUploadHandler):
    """No form here asks for a file, so none is kept, not even on its way to a refusal."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None
