"""Files that browsers and people who look for holes ask for by a known name."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone
from PIL import Image

from clinic_site.views import half_a_year_on
from pages.content_files import read_content
from pages.models import Clinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(db: None) -> Clinic:
    clinic = Clinic(**read_content().clinic)
    clinic.email, clinic.telephone = "desk@clinic.example", "416-555-0199"
    clinic.save()
    return clinic


def test_security_txt_names_the_clinic_and_ends_within_a_year(
    client: Client, clinic: Clinic
) -> None:
    response = client.get("/.well-known/security.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.split(": ", 1) for line in response.content.decode().splitlines()]
    assert [value for name, value in fields if name == "Contact"] == [
        *("mailto:desk@clinic.example", "tel:+14165550199")
    ]
    found = dict(fields)
    assert found["Canonical"] == "http://testserver/.well-known/security.txt"
    left = datetime.fromisoformat(found["Expires"]) - timezone.now()
    assert timedelta(days=30) < left < timedelta(days=365)
    # Not “no-cache”, which keeps it in the page cache until content changes, past its own date.
    assert response.headers["Cache-Control"] == "max-age=86400"


@pytest.mark.once
@pytest.mark.parametrize("month", range(1, 13))
def test_expiry_is_the_first_of_a_month_half_a_year_on(month: int) -> None:
    ends = half_a_year_on(datetime(2026, month, 28, 23, tzinfo=UTC))
    assert ends.day == 1
    assert timedelta(days=120) < ends - datetime(2026, month, 28, tzinfo=UTC) < timedelta(days=200)


def test_manifest_names_the_clinic_and_icons_of_their_size(client: Client, clinic: Clinic) -> None:
    response = client.get("/manifest.webmanifest")
    assert response.headers["Content-Type"] == "application/manifest+json"
    manifest = json.loads(response.content)
    assert manifest["name"] == clinic.name
    assert manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        with Image.open(str(finders.find(icon["src"].removeprefix("/static/")))) as image:
            assert f"{image.width}x{image.height}" == icon["sizes"]


def test_every_page_names_its_icons(client: Client) -> None:
    html = client.get("/nothing/").content.decode()
    for name in ("icon", "apple-touch-icon", "manifest"):
        assert re.search(rf'<link rel="{name}"\s+href="/', html)
    assert html.count('<meta name="theme-color"') == 2
