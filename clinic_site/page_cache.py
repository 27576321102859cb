"""Finished pages in front of Django: their final headers and bytes, compressed, by scheme, host, path and coding.

What may be kept is said by the view: `Cache-Control: no-cache`, alone, is "keep it, and ask whether it is still true",
and we ask. A page is kept for one edition of the content (see clinic_site/content_watch.py), until the next moment at
which time alone changes something. Everything else goes to Django, and nothing of it stays here.
"""

import logging
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from clinic_site import proxies
from clinic_site.content_watch import ContentWatch, Edition, Look
from clinic_site.encodings import COMPRESSED, IDENTITY, accepted, compress

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024
KEPT_WHEN = "no-cache"
TAG = re.compile(r'(?:W/)?("[^"]*")')
# What Django answers otherwise than with the page.
UNUSUAL = ("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
OF_THE_BODY = {"content-length", "content-encoding", "content-type"}

Headers = list[tuple[str, str]]
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Variant:
    """A page in one coding."""

    etag: str
    headers: Headers
    body: bytes

    @property
    def headers_alone(self) -> Headers:
        """Those of a 304."""
        return [(name, value) for name, value in self.headers if name.lower() not in OF_THE_BODY]


@dataclass(eq=False)
class KeptPage:
    edition: Edition
    changes_at: float
    variants: dict[str, Variant]
    used_at: float = 0.0
    missing: list[str] = field(default_factory=lambda: list(reversed(COMPRESSED)))
    """The codings that are still to be made; the quickest first."""

    def take_over(self, before: "KeptPage") -> None:
        """When it was another page that changed, this one is compressed already."""
        plain = self.variants[IDENTITY]
        if before.variants[IDENTITY].body == plain.body:
            packed = [item for item in before.variants.items() if item[0] != IDENTITY]
            self.variants |= {
                coding: compressed_variant(coding, plain, variant.body)
                for coding, variant in packed
            }
            self.missing = before.missing

    @property
    def size(self) -> int:
        return sum(len(variant.body) + 2_000 for variant in self.variants.values())


class PageCache:
    def __init__(
        self,
        application: "WSGIApplication",
        watch: ContentWatch | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.application, self.max_bytes = application, max_bytes
        self.watch = watch or ContentWatch()
        self.pages: dict[Key, KeptPage] = {}
        self.size = 0
        self.domain = lru_cache(maxsize=256)(valid_domain)
        self.is_trusted = lru_cache(maxsize=256)(proxies.is_trusted)
        self._changing = Condition()
        self._compressor: Thread | None = None

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        key = self.key(environ)
        look = self.watch.look() if key else None
        if not key or not look:
            return self.application(environ, start_response)
        page = self.pages.get(key)
        if page and page.edition is look.edition and time.time() < page.changes_at:
            page.used_at = look.began
            return answer(page, look, environ, start_response)
        if environ["REQUEST_METHOD"] != "GET":
            return self.application(environ, start_response)
        return self.rendered(key, look, environ, start_response)

    def key(self, environ: "WSGIEnvironment") -> Key | None:
        """None for a request that no kept page answers."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("QUERY_STRING"):
            return None
        domain = self.domain(environ.get("HTTP_HOST", ""))
        if not domain or environ.get("SCRIPT_NAME") or any(name in environ for name in UNUSUAL):
            return None
        return self.scheme(environ), domain, environ["PATH_INFO"]

    def scheme(self, environ: "WSGIEnvironment") -> str:
        """As Django sees it behind clinic_site.proxies and SECURE_PROXY_SSL_HEADER."""
        forwarded = environ.get("HTTP_X_FORWARDED_PROTO")
        if forwarded is None or not self.is_trusted(environ.get("REMOTE_ADDR", "")):
            return str(environ["wsgi.url_scheme"])
        return "https" if forwarded.split(",", 1)[0].strip() == "https" else "http"

    def rendered(
        self, key: Key, look: Look, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Django's answer, which is kept when it may be."""
        began = time.time()
        kept: list[Headers] = []

        def begin(status: str, headers: Headers, exc_info: Any = None) -> Any:
            if status.startswith("200 ") and may_be_kept(headers) and began < look.changes_at:
                kept[:] = [headers]
                return _no_write
            kept.clear()
            return start_response(status, headers, exc_info)

        parts = self.application(environ, begin)
        if not kept:
            return parts
        try:
            body = b"".join(parts)
        finally:
            if close := getattr(parts, "close", None):
                close()
        page = self.keep(key, look, plain_variant(kept[0], body))
        return answer(page, look, environ, start_response)

    def keep(self, key: Key, look: Look, plain: Variant) -> KeptPage:
        page = KeptPage(look.edition, look.changes_at, {IDENTITY: plain}, used_at=look.began)
        with self._changing:
            if (before := self.pages.pop(key, None)) is not None:
                self.size -= before.size
                page.take_over(before)
            if page.size <= self.max_bytes:
                self.pages[key] = page
                self.size += page.size
                self._make_room()
                self._begin_compressing()
        return page

    def _make_room(self) -> None:
        """Those go first that nobody has asked for the longest."""
        if self.size <= self.max_bytes:
            return
        for key in sorted(self.pages, key=lambda key: self.pages[key].used_at):
            self.size -= self.pages.pop(key).size
            if self.size <= self.max_bytes * 0.9:
                return

    def _begin_compressing(self) -> None:
        if self._compressor is None or not self._compressor.is_alive():
            self._compressor = Thread(target=self._compress, name="page compressor", daemon=True)
            self._compressor.start()
        self._changing.notify()

    def _compress(self) -> None:
        """Brotli takes a tenth of a second for a page, which no reader waits for."""
        while True:
            with self._changing:
                self._changing.wait_for(lambda: any(page.missing for page in self.pages.values()))
                waiting = [item for item in self.pages.items() if item[1].missing]
            for key, page in sorted(waiting, key=lambda item: -len(item[1].missing)):
                self._compress_one(key, page)

    def _compress_one(self, key: Key, page: KeptPage) -> None:
        coding = page.missing[0]
        plain = page.variants[IDENTITY]
        made = compressed_variant(coding, plain, compress(coding, plain.body))
        with self._changing:
            is_kept = self.pages.get(key) is page
            self.size -= page.size if is_kept else 0
            if len(made.body) < len(plain.body):
                page.variants = page.variants | {coding: made}
            page.missing = page.missing[1:]
            self.size += page.size if is_kept else 0
            self._make_room()


def valid_domain(host: str) -> str:
    """As Django's `get_host` validates it; empty when it would refuse. Without the port, on which no page depends."""
    domain, _ = split_domain_port(host)
    return domain if domain and validate_host(domain, settings.ALLOWED_HOSTS) else ""


def may_be_kept(headers: Headers) -> bool:
    """Whether the view said so, and nothing about the answer is one visitor's own."""
    found = {name.lower(): value for name, value in headers}
    return (
        found.get("cache-control") == KEPT_WHEN
        and "etag" in found
        and "set-cookie" not in found
        and "vary" not in found
        and "content-encoding" not in found
        and "'nonce-" not in found.get("content-security-policy", "")
    )


def plain_variant(headers: Headers, body: bytes) -> Variant:
    etag = next(value for name, value in headers if name.lower() == "etag")
    others = [(name, value) for name, value in headers if name.lower() != "content-length"]
    whole = [*others, ("Content-Length", str(len(body))), ("Vary", "Accept-Encoding")]
    return Variant(etag, whole, body)


def compressed_variant(coding: str, plain: Variant, body: bytes) -> Variant:
    """Other bytes, so another ETag."""
    etag = f'{plain.etag[:-1]}-{coding}"'
    changed = {"etag": etag, "content-length": str(len(body))}
    headers = [(name, changed.get(name.lower(), value)) for name, value in plain.headers]
    return Variant(etag, [*headers, ("Content-Encoding", coding)], body)


def answer(
    page: KeptPage, look: Look, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    variants = page.variants
    taken = [
        variants[coding]
        for coding in accepted(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if coding in variants
        # RFC 9110 lets a server send plain bytes when nothing fits.
    ] or [variants[IDENTITY]]
    seen = environ.get("HTTP_IF_NONE_MATCH")
    if seen and (same := one_of(seen, taken)):
        start_response("304 Not Modified", [*same.headers_alone, *for_a_proxy(page, look, environ)])
        return []
    start_response("200 OK", [*taken[0].headers, *for_a_proxy(page, look, environ)])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [taken[0].body]


def one_of(seen: str, taken: list[Variant]) -> Variant | None:
    """The one that the browser has already, in whichever coding it takes."""
    tags = set(TAG.findall(seen))
    return next((one for one in taken if seen.strip() == "*" or strong(one.etag) in tags), None)


def strong(etag: str) -> str:
    return etag.removeprefix("W/")


def for_a_proxy(page: KeptPage, look: Look, environ: "WSGIEnvironment") -> Headers:
    """nginx may keep what it gets until the second ends in which we looked; then everyone looks again."""
    if "HTTP_X_FORWARDED_PROTO" not in environ or page.changes_at < look.second + 1:
        return []
    return [("X-Accel-Expires", f"@{look.second}")]


def _no_write(_data: bytes) -> None:
    raise AssertionError("Django returns its bytes, it never writes them")
