"""Who is asking, when a proxy stands in front."""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDED_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


@lru_cache(maxsize=1024)
def known_address(text: str) -> str:
    """The address as it is written everywhere else, or nothing when it is none."""
    try:
        found = ip_address(text.strip())
    except ValueError:
        return ""
    # A server that listens on IPv6 and IPv4 at once writes the latter as ::ffff:192.0.2.1.
    return str(getattr(found, "ipv4_mapped", None) or found)


def is_trusted(address: str) -> bool:
    if not known_address(address):
        return False
    found = ip_address(known_address(address))
    return any(found in _network(item) for item in settings.TRUSTED_PROXIES)


@lru_cache
def _network(item: str) -> IPv4Network | IPv6Network:
    return ip_network(item, strict=False)


def trusted_proxies(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Believe X-Forwarded-* from a trusted proxy only, and make REMOTE_ADDR the visitor's address."""

    def middleware(request: HttpRequest) -> HttpResponse:
        peer = request.META.get("REMOTE_ADDR", "")
        if not is_trusted(peer):
            for header in FORWARDED_HEADERS:
                request.META.pop(header, None)
        else:
            # Read from the right: what stands left of the first stranger was written by that stranger.
            chain = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            while chain and is_trusted(peer):
                hop = known_address(chain.pop())
                if not hop:
                    break
                peer = hop
            request.META["REMOTE_ADDR"] = known_address(peer)
        return get_response(request)

    return middleware


def client_address(request: HttpRequest) -> str:
    address: str = request.META.get("REMOTE_ADDR", "")
    return address
