"""Who is asking, when a proxy may stand in front."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from clinic_site.proxies import client_address, is_trusted, trusted_proxies

pytestmark = pytest.mark.once
PROXIES = ["127.0.0.1", "::1", "10.0.0.0/8"]


@pytest.fixture(autouse=True)
def behind_proxies(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = PROXIES


def seen(peer: str, forwarded_for: str = "", **headers: str) -> HttpRequest:
    """The request as views get it."""
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)
    if forwarded_for:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded_for

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    trusted_proxies(view)(request)
    return request


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "asker"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7"),
        # What stands left of the first stranger is what that stranger wrote.
        ("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("10.1.2.3", "10.9.9.9", "10.9.9.9"),
        ("127.0.0.1", " , 198.51.100.7 ,", "127.0.0.1"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        # Nobody speaks for others unasked.
        ("198.51.100.7", "10.0.0.1", "198.51.100.7"),
        # What is no address is not believed: the sign-in's table holds addresses.
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7, '; DROP TABLE", "127.0.0.1"),
    ],
)
def test_asker_is_the_nearest_one_not_trusted(peer: str, forwarded_for: str, asker: str) -> None:
    assert client_address(seen(peer, forwarded_for)) == asker


def test_only_a_trusted_proxy_says_that_it_was_https() -> None:
    assert seen("127.0.0.1", x_forwarded_proto="https").is_secure()
    assert not seen("127.0.0.1", x_forwarded_proto="http").is_secure()
    assert not seen("198.51.100.7", x_forwarded_proto="https").is_secure()


def test_stranger_s_forwarding_headers_reach_no_view() -> None:
    request = seen("198.51.100.7", "10.0.0.1", x_forwarded_proto="https", x_forwarded_host="evil")
    assert not [name for name in request.META if name.startswith("HTTP_X_FORWARDED")]


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        *(("127.0.0.1", True), ("10.255.0.1", True), ("11.0.0.1", False), ("::1", True)),
        *(("::ffff:10.0.0.1", True), ("", False), ("localhost", False), ("10.0.0.1.evil", False)),
    ],
)
def test_trust_is_by_address(address: str, trusted: bool) -> None:
    assert is_trusted(address) is trusted
