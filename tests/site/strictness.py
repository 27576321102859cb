"""What every answer of the site must carry."""

from http.client import HTTPResponse

from django.http.response import HttpResponseBase

REFERRER_POLICIES = {"same-origin", "no-referrer"}
EXACT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def assert_strict(
    response: HttpResponseBase | HTTPResponse, what: object = "", *, is_framed: bool = False
) -> None:
    """`is_framed`: our own pages may show it in a frame."""
    exact = EXACT | ({"X-Frame-Options": "SAMEORIGIN"} if is_framed else {})
    for name, value in exact.items():
        assert response.headers.get(name) == value, (what, name)
    assert response.headers["Referrer-Policy"] in REFERRER_POLICIES, what
    assert "geolocation=()" in response.headers["Permissions-Policy"], what
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in response.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'", what
    assert policy["base-uri"] == "'none'", what
    assert policy["frame-ancestors"] == ("'self'" if is_framed else "'none'"), what
    assert policy["form-action"] == "'self'", what
    for name, sources in policy.items():
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "https:"} & set(
            sources.split()
        ), (what, name)
    assert "Access-Control-Allow-Origin" not in response.headers, what
