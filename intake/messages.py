"""The e-mails' texts: one function a message, its templates beside each other in `templates/emails/<kind>/`.

None of them is given what a patient wrote; what the functions do not pass in can't slip out.
"""

import re
from datetime import datetime
from html import unescape
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import strip_tags

from intake.models import Enquiry, OutgoingEmail
from pages.chrome import Identity, read_identity


def referral(email: OutgoingEmail) -> tuple[str, str]:
    """Subject and body of a referral, from its enquiry, urgency and note."""
    assert email.enquiry is not None
    return _rendered(
        "referral",
        reference=email.enquiry.reference,
        urgency=email.get_urgency_display(),
        note=email.note,
        link=settings.SITE_URL + email.enquiry.get_absolute_url(),
    )


def triage_notice() -> tuple[str, str]:
    return _rendered(
        "triage_notice",
        waiting=Enquiry.objects.waiting().count(),
        link=settings.SITE_URL + reverse("admin:intake_enquiry_changelist"),
    )


def acknowledgement(enquiry: Enquiry) -> tuple[str, str]:
    clinic = read_identity()
    return _rendered(
        "acknowledgement",
        reference=enquiry.reference,
        your_request=settings.SITE_URL + reverse("intake:your_request"),
        clinic=clinic,
        urgent_help=_one_line(clinic.urgent_help_html),
    )


def reply_subject(enquiry: Enquiry) -> str:
    """Says neither who writes nor about what: others may see the screen."""
    return f"Your request {enquiry.reference}"


def patient_link(link: str) -> tuple[str, str]:
    return _rendered("patient_link", link=link, clinic=read_identity())


def canary(enquiry: Enquiry) -> tuple[str, str]:
    return _rendered("canary", reference=enquiry.reference)


def mention(enquiry: Enquiry) -> tuple[str, str]:
    return _rendered(
        "mention",
        reference=enquiry.reference,
        link=settings.SITE_URL + enquiry.get_absolute_url(),
    )


def purge_notice(count: int, purge_after: datetime) -> tuple[str, str]:
    return _rendered(
        "purge_notice",
        count=count,
        purge_after=purge_after,
        link=settings.SITE_URL + reverse("admin:intake_retentionrule_planned"),
    )


def password_link(username: str, link: str, *, is_new: bool = False) -> tuple[str, str]:
    """For someone who forgot theirs, or (`is_new`) whose account was made just now."""
    return _rendered(
        "password_reset",
        username=username,
        link=link,
        is_new=is_new,
        clinic=read_identity(),
        sign_in=settings.SITE_URL + reverse("admin:login"),
    )


def unattended(since: datetime) -> tuple[str, str]:
    return _rendered(
        "unattended",
        since=since,
        waiting=Enquiry.objects.waiting().count(),
        link=settings.SITE_URL + reverse("admin:intake_enquiry_changelist"),
    )


def _one_line(html: str) -> str:
    apart = re.sub(r"<br>|</(p|li|h3|h4|td|th|caption)>", " ", html)
    return " ".join(unescape(strip_tags(apart)).split())


def _rendered(kind: str, **context: Any) -> tuple[str, str]:
    # Plain text: nothing is to be escaped, and a subject is one line whatever the template holds.
    subject = render_to_string(f"emails/{kind}/subject.txt", context)
    body = render_to_string(f"emails/{kind}/body.txt", context)
    return " ".join(subject.split()), body.strip() + "\n"


def sender(identity: Identity) -> str:
    """From whom: the address alone, so that a lock screen shows no more than it must."""
    return identity.email
