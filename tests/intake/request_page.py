"""A request's page as its tests use it: load it, press something on it."""

import re
import uuid
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from intake.models import Enquiry, EnquiryEvent


def address(name: str, enquiry: Enquiry) -> str:
    return reverse(f"admin:intake_enquiry_{name}", args=[enquiry.pk])


def shown(client: Client, enquiry: Enquiry) -> str:
    response = client.get(enquiry.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def hidden(html: str) -> dict[str, str]:
    """What a page that was loaded sends along: the version it saw, and its last event."""
    return {
        name: re.findall(rf'name="{name}" value="([^"]*)"', html)[0] for name in ("version", "seen")
    }


def press(client: Client, name: str, enquiry: Enquiry, **posted: Any) -> HttpResponse:
    """As from a page that was loaded just now, unless `posted` says otherwise."""
    version = Enquiry.objects.values_list("version", flat=True).get(pk=enquiry.pk)
    row = {"row": uuid.uuid4()} if name in ("note", "attempt", "reply_send") else {}
    return client.post(address(name, enquiry), {"version": version, **row, **posted})  # type: ignore[return-value]


def again(enquiry: Enquiry) -> Enquiry:
    return Enquiry.objects.get(pk=enquiry.pk)


def kinds(enquiry: Enquiry) -> list[str]:
    found = EnquiryEvent.objects.filter(enquiry=enquiry).order_by("at", "id")
    return list(found.values_list("kind", flat=True))
