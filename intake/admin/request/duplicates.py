"""Requests that may be of one person: suggested, never merged by themselves."""

from dataclasses import dataclass

from django.db.models import Q

from intake.models import Enquiry
from intake.sealed import sealed_fields

MOST_SUGGESTED = 5


@dataclass(frozen=True)
class Suggestion:
    enquiry: Enquiry
    same: str
    """What the two have in common, in words."""


def possible_duplicates(enquiry: Enquiry) -> list[Suggestion]:
    """Others with the same email address or phone number, the newest first. At most one query."""
    same = Q(pk=None)
    if enquiry.email_lookup:
        same |= Q(email_lookup=enquiry.email_lookup)
    if enquiry.phone_lookup:
        same |= Q(phone_lookup=enquiry.phone_lookup)
    if enquiry.is_canary:
        return []
    # Not those that are merged with it already.
    family = [enquiry.pk, *filter(None, [enquiry.merged_into_id])]
    found = (
        Enquiry.objects.filter(same, is_canary=False)
        .exclude(pk__in=family)
        .exclude(merged_into__isnull=False, merged_into__in=family)
        .order_by("-created_at")
        .defer(*(field.name for field in sealed_fields(Enquiry)))
    )
    return [Suggestion(other, _what_is_same(enquiry, other)) for other in found[:MOST_SUGGESTED]]


def _what_is_same(enquiry: Enquiry, other: Enquiry) -> str:
    same = {
        "email": enquiry.email_lookup and enquiry.email_lookup == other.email_lookup,
        "phone": enquiry.phone_lookup and enquiry.phone_lookup == other.phone_lookup,
    }
    return f"same {' and '.join(name for name, is_same in same.items() if is_same)}"
