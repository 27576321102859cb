"""The cache in front of Django: the same answers, from memory."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import brotli  # type: ignore[import-untyped]  # it has no types
import pytest
import time_machine
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from clinic_site.content_watch import ContentWatch
from clinic_site.page_cache import PageCache
from pages.content_version import ContentState
from pages.models import ContentVersion
from tests.pages.drafts import PARAGRAPH, public
from tests.processes import wait_until

pytestmark = pytest.mark.django_db


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """Django behind the cache. The content's state is read in the test's own transaction."""

    asked: list[str] = field(default_factory=list)
    changes_at: datetime | None = None

    def __post_init__(self) -> None:
        django = WSGIHandler()

        def counted(environ: Any, start_response: Any) -> Any:
            self.asked.append(environ["PATH_INFO"])
            return django(environ, start_response)

        self.watch = ContentWatch(self.state)
        # In the test's own thread, when a look is wanted.
        self.watch._begin = self.watch.look_now  # type: ignore[method-assign]  # in place of a thread
        self.cache = PageCache(counted, self.watch)
        self.watch.look_now()

    def state(self) -> ContentState:
        return ContentState(ContentVersion.objects.get().number, self.changes_at)

    def get(self, path: str, method: str = "GET", **environ: Any) -> Answer:
        started: list[Any] = []
        path, _, query = path.partition("?")
        request = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SCRIPT_NAME": "",
            "HTTP_HOST": "testserver",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "198.51.100.7",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
        }
        parts = self.cache(request | environ, lambda *said: started.append(said))  # type: ignore[arg-type]
        body = b"".join(parts)
        if close := getattr(parts, "close", None):
            close()
        ((status, headers, *_),) = started
        return Answer(int(status.split()[0]), dict(headers), body)

    def is_kept(self, path: str, **environ: Any) -> bool:
        """Whether the second of two requests stays away from Django."""
        self.get(path, **environ)
        before = len(self.asked)
        self.get(path, **environ)
        return len(self.asked) == before


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Django ends no connection after a request: the test's transaction lives in it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def site(db: None) -> Site:
    return Site()


@pytest.fixture
def path(db: None) -> str:
    return public("walking", ("text", "Why", PARAGRAPH * 20)).path


def compressed(site: Site, path: str) -> None:
    site.get(path)
    wait_until(lambda: not any(page.missing for page in site.cache.pages.values()))


@pytest.mark.once
def test_second_request_is_answered_without_django(site: Site, path: str) -> None:
    first = site.get(path)
    assert site.asked == [path]
    assert site.get(path) == first
    assert site.asked == [path]
    assert first.status == 200
    assert first.headers["Vary"] == "Accept-Encoding"
    assert int(first.headers["Content-Length"]) == len(first.body)


@pytest.mark.once
def test_head_has_the_headers_alone(site: Site, path: str) -> None:
    cold = site.get(path, "HEAD")
    site.asked.clear()
    whole = site.get(path)
    assert cold.headers["ETag"] == whole.headers["ETag"]
    alone = site.get(path, "HEAD")
    assert (alone.status, alone.headers, alone.body) == (200, whole.headers, b"")
    assert site.asked == [path]


@pytest.mark.once
def test_each_coding_has_its_bytes_and_its_etag(site: Site, path: str) -> None:
    compressed(site, path)
    plain = site.get(path)
    packed = {coding: site.get(path, HTTP_ACCEPT_ENCODING=coding) for coding in ("gzip", "br")}
    assert gzip.decompress(packed["gzip"].body) == plain.body
    assert brotli.decompress(packed["br"].body) == plain.body
    tags = {answer.headers["ETag"] for answer in (plain, *packed.values())}
    assert len(tags) == 3
    for coding, answer in packed.items():
        assert answer.headers["Content-Encoding"] == coding
        assert int(answer.headers["Content-Length"]) == len(answer.body) < len(plain.body)
        assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.once
def test_nothing_new_is_304_with_the_same_strict_headers(site: Site, path: str) -> None:
    compressed(site, path)
    for coding in ("", "gzip", "br"):
        whole = site.get(path, HTTP_ACCEPT_ENCODING=coding)
        tag = whole.headers["ETag"]
        for seen in (tag, f"W/{tag}", f'"other", W/{tag} ,"more"', "*"):
            answer = site.get(path, HTTP_ACCEPT_ENCODING=coding, HTTP_IF_NONE_MATCH=seen)
            assert (answer.status, answer.body) == (304, b""), seen
            assert answer.headers["ETag"] == tag
            assert answer.headers["Cache-Control"] == "no-cache"
            assert "Content-Length" not in answer.headers
        assert site.get(path, HTTP_ACCEPT_ENCODING=coding, HTTP_IF_NONE_MATCH='"x"').status == 200
    assert site.asked == [path]


@pytest.mark.once
def test_browser_that_has_the_plain_bytes_need_not_fetch_compressed_ones(
    site: Site, path: str
) -> None:
    tag = site.get(path).headers["ETag"]
    compressed(site, path)
    answer = site.get(path, HTTP_ACCEPT_ENCODING="br, gzip", HTTP_IF_NONE_MATCH=tag)
    assert (answer.status, answer.headers["ETag"]) == (304, tag)
    # Who refuses plain bytes has some of another coding.
    refused = site.get(path, HTTP_ACCEPT_ENCODING="br, identity;q=0", HTTP_IF_NONE_MATCH=tag)
    assert refused.headers["Content-Encoding"] == "br"


def test_changed_content_is_another_edition(site: Site, path: str) -> None:
    compressed(site, path)
    before = site.get(path, HTTP_ACCEPT_ENCODING="br")
    other = public("swimming").path
    site.watch.look_now()
    assert site.is_kept(other)
    # This page did not change: rendered anew, and compressed already.
    after = site.get(path, HTTP_ACCEPT_ENCODING="br")
    assert site.asked.count(path) == 2
    assert after == before


def test_same_number_after_another_one_is_another_edition(site: Site, path: str) -> None:
    """A database that was put back from a copy counts from where it was."""
    site.watch.look_now()
    assert site.is_kept(path)
    number = ContentVersion.objects.get().number
    for wound in (number + 1, number):
        ContentVersion.objects.update(number=wound)
        site.watch.look_now()
    before = len(site.asked)
    site.get(path)
    assert len(site.asked) == before + 1


def test_page_is_kept_until_time_alone_changes_something(site: Site, path: str) -> None:
    site.changes_at = soon = timezone.now() + timedelta(minutes=1)
    site.watch.look_now()
    assert site.is_kept(path)
    with time_machine.travel(soon):
        site.watch.look_now()
        assert not site.is_kept(path)
    site.changes_at = None
    site.watch.look_now()
    assert site.is_kept(path)


@pytest.mark.once
@pytest.mark.parametrize(
    "address",
    [
        *("/nothing/", "/request-a-consultation/", "/request-a-consultation/sent/x/"),
        *("/admin/", "/admin/login/", "/healthz", "/readyz", "/walking", "/favicon.ico"),
        *("/?page=2", "/static/css/site.css", "/admin/pages/page/1/preview/"),
    ],
)
def test_nothing_but_public_pages_enters(site: Site, path: str, address: str) -> None:
    assert not site.is_kept(address)
    assert not site.cache.pages


@pytest.mark.once
def test_other_methods_go_to_django(site: Site, path: str) -> None:
    site.get(path)
    assert site.get(path, "POST").status in {403, 405}
    assert site.get(path, "PUT").status == 405


@pytest.mark.once
def test_unknown_host_is_refused_though_the_page_is_kept(site: Site, path: str) -> None:
    assert site.is_kept(path)
    for host in ("evil.example", "", "testserver@evil", "testserver/x", "a b"):
        assert site.get(path, HTTP_HOST=host, SERVER_NAME="evil.example").status == 400


@pytest.mark.once
def test_case_and_port_of_a_host_make_no_second_page(site: Site, path: str) -> None:
    for host in ("testserver", "TestServer", "testserver:8000"):
        assert site.get(path, HTTP_HOST=host).status == 200
    assert site.asked == [path]


@pytest.mark.once
def test_plain_http_on_an_https_site_is_redirected(settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 60
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    site = Site()
    proxied = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"}
    assert site.is_kept(path, **proxied)
    assert "Strict-Transport-Security" in site.get(path, **proxied).headers
    for asker in (
        {},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "http"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "http,https"},
        # A stranger says so.
        {"HTTP_X_FORWARDED_PROTO": "https"},
    ):
        assert site.get(path, **asker).status == 301, asker


@pytest.mark.once
def test_only_a_proxy_is_told_how_long_it_may_keep_a_page(site: Site, path: str) -> None:
    assert "X-Accel-Expires" not in site.get(path).headers
    proxied = site.get(path, REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_PROTO="http")
    assert site.watch.last
    assert proxied.headers["X-Accel-Expires"] == f"@{site.watch.last.second}"
    form = site.get("/request-a-consultation/", HTTP_X_FORWARDED_PROTO="http")
    assert "X-Accel-Expires" not in form.headers


@pytest.mark.once
def test_cookies_of_a_visitor_make_no_difference(site: Site, path: str) -> None:
    first = site.get(path, HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}=x; csrftoken={'y' * 32}")
    assert site.get(path) == first
    assert site.asked == [path]


@pytest.mark.once
def test_cache_never_grows_above_its_bytes(db: None) -> None:
    site = Site()
    paths = [public(f"page-{number}").path for number in range(6)]
    site.watch.look_now()
    site.cache.max_bytes = 4 * (len(site.get(paths[0]).body) + 2_500)
    for path in paths:
        site.get(path)
        assert sum(page.size for page in site.cache.pages.values()) == site.cache.size
        assert site.cache.size <= site.cache.max_bytes
    assert 1 <= len(site.cache.pages) < 6
    # One that alone is too large is answered and not kept.
    site.cache.max_bytes = 10
    assert site.get(paths[0]).status == 200
