"""Content codings: which ones a browser takes, and the bytes in each."""

import gzip
import re
from functools import lru_cache

import brotli  # type: ignore[import-untyped]  # it has no types

IDENTITY = "identity"
# The first is liked best.
COMPRESSED = ("br", "gzip")
WEIGHT = re.compile(r"[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\Z")
ALIASES = {"x-gzip": "gzip"}


@lru_cache(maxsize=256)
def accepted(header: str) -> tuple[str, ...]:
    """Of ours, those that an Accept-Encoding takes, best first."""
    weights = _weights(header)
    other = weights.get("*", 0.0)
    liking = {coding: weights.get(coding, other) for coding in COMPRESSED}
    liking[IDENTITY] = weights.get(IDENTITY, other if "*" in weights else 0.001)
    # A stable sort: among equals our own order decides.
    best = sorted(liking, key=lambda coding: -liking[coding])
    return tuple(coding for coding in best if liking[coding])


def compress(coding: str, body: bytes) -> bytes:
    if coding == "gzip":
        # No time in it: the same page has the same bytes on every host.
        return gzip.compress(body, 9, mtime=0)
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=11)
    return packed


def _weights(header: str) -> dict[str, float]:
    """A coding whose weight can't be read is taken for refused."""
    weights = {}
    for item in header.lower().split(","):
        coding, *parameters = (part.strip() for part in item.split(";"))
        if coding:
            weights[ALIASES.get(coding, coding)] = _weight(parameters)
    return weights


def _weight(parameters: list[str]) -> float:
    if not parameters:
        return 1.0
    found = WEIGHT.match(parameters[0])
    return float(found[1]) if found else 0.0
