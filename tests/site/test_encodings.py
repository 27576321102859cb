"""Which content codings a browser takes."""

import pytest

from clinic_site.encodings import accepted

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        ("", ["identity"]),
        ("gzip, deflate, br, zstd", ["br", "gzip", "identity"]),
        ("gzip", ["gzip", "identity"]),
        ("x-gzip", ["gzip", "identity"]),
        ("GZIP;Q=1", ["gzip", "identity"]),
        ("br;q=0.5, gzip;q=0.8", ["gzip", "br", "identity"]),
        ("br;q=0, gzip", ["gzip", "identity"]),
        ("br ; q=0.000, *", ["gzip", "identity"]),
        ("*", ["br", "gzip", "identity"]),
        ("*;q=0", []),
        ("*;q=0, gzip;q=0.1", ["gzip"]),
        ("identity;q=0, br", ["br"]),
        ("identity;q=0", []),
        ("identity, br;q=0.5", ["identity", "br"]),
        ("deflate", ["identity"]),
        # What can't be read is not taken.
        ("br;q=yes, gzip;q=1.5", ["identity"]),
        (",,;q=1,", ["identity"]),
    ],
)
def test_codings_in_the_order_of_liking(header: str, codings: list[str]) -> None:
    assert list(accepted(header)) == codings
