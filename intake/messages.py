"""The e-mails' texts: one function a message, its templates beside each other in `templates/emails/<kind>/`.

None of them is given what a patient wrote; what the functions do not pass in can't slip out.
"""

import re
from datetime import datetime
from functools import lru_cache
from html import unescape
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import strip_tags

from intake.models import CannedReply, Enquiry, OutgoingEmail
from pages.chrome import Identity, read_identity

MANY = 200
"""Nobody who waits for the database is to wait for an exact number of more."""


def referral(email: OutgoingEmail) -> tuple[str, str]:
    """Subject and body of a referral, from its enquiry, urgency and note."""
    assert email.enquiry is not None
    return _referral(email.enquiry, str(email.get_urgency_display()), email.note)


def _referral(enquiry: Enquiry, urgency: str, note: str) -> tuple[str, str]:
    return _rendered(
        "referral",
        reference=enquiry.reference,
        urgency=urgency,
        note=note,
        link=settings.SITE_URL + enquiry.get_absolute_url(),
    )


def triage_notice(waiting: int | None = None) -> tuple[str, str]:
    """Of those that wait now, unless it is said how many."""
    return _rendered(
        "triage_notice",
        # No further than many: a notice is made while senders wait.
        waiting=Enquiry.objects.waiting().order_by()[: MANY + 1].count()
        if waiting is None
        else waiting,
        many=MANY,
        link=settings.SITE_URL + reverse("admin:intake_enquiry_changelist"),
    )


def look_now() -> tuple[str, str]:
    """Of a request whose sender may be in danger, which it does not say: others may see the screen."""
    return _rendered(
        "look_now", link=settings.SITE_URL + reverse("admin:intake_enquiry_changelist")
    )


def overdue_notice(overdue: int) -> tuple[str, str]:
    return _rendered(
        "overdue_notice",
        overdue=overdue,
        link=settings.SITE_URL + reverse("admin:intake_enquiry_changelist") + "?view=overdue",
    )


def dead_notice(dead: int) -> tuple[str, str]:
    return _rendered(
        "dead_notice",
        dead=dead,
        link=settings.SITE_URL + reverse("admin:intake_outgoingemail_changelist") + "?view=dead",
    )


def acknowledgement(enquiry: Enquiry, clinic: Identity) -> tuple[str, str]:
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


def every_text(email: OutgoingEmail) -> list[tuple[str, str]]:
    """All that the template of `email` can say about its request, whatever the moment; not what staff add."""
    Kind = OutgoingEmail.Kind
    if email.kind == Kind.TRIAGE_NOTICE:
        return [look_now(), *(triage_notice(count) for count in (1, 2, MANY + 1))]
    if email.kind == Kind.OVERDUE_NOTICE:
        return [overdue_notice(count) for count in (1, 2)]
    if email.enquiry is None:
        return []
    if email.kind == Kind.REFERRAL:
        urgencies = OutgoingEmail.Urgency.labels
        return [_referral(email.enquiry, str(one), note) for one in urgencies for note in ("", "…")]
    if email.kind == Kind.MENTION:
        return [mention(email.enquiry)]
    if email.kind == Kind.ACKNOWLEDGEMENT:
        return [acknowledgement(email.enquiry, read_identity())]
    if email.kind == Kind.REPLY:
        subject, clinic = reply_subject(email.enquiry), read_identity()
        canned = CannedReply.objects.values_list("body", flat=True)
        return [(subject, f"{body}\n{clinic.name}\n{clinic.telephone}") for body in canned]
    return []


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


@lru_cache(maxsize=4)
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
