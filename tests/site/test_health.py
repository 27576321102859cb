"""What a load balancer or a watchman asks."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probe_asks_by_number(client: Client, path: str, caplog: pytest.LogCaptureFixture) -> None:
    response = client.get(path, headers={"host": "10.0.0.9:8000"})
    assert response.status_code == (200 if path == "/healthz" else 503)
    assert "Invalid HTTP_HOST" not in caplog.text
    assert client.get("/about/", headers={"host": "10.0.0.9:8000"}).status_code == 400


def test_site_that_is_not_ready_says_what_is_missing(client: Client) -> None:
    lines = client.get("/readyz").content.decode().splitlines()
    assert lines == [
        "database: ok",
        "migrations: ok",
        "mail worker: no mail worker has been seen for a minute",
        "mail queue: ok",
        "test request: ok",
        "emails: ok",
    ]
