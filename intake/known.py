"""What storing a request has to know of what is there already, asked with one query."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, Exists, Q
from django.db.models.expressions import RawSQL

from intake.lookups import Lookups
from intake.models import Enquiry, MailPolicy, OutgoingEmail
from intake.models.enquiry import EnquiryQuerySet
from pages.prepared import NOW, Prepared
from pages.surroundings import content_number

WITHIN = timedelta(days=1)
SAME_TEXTS_A_DAY = 2
"""The next form with the same text is set aside."""
ACKNOWLEDGEMENTS_A_DAY = 3

Kind = OutgoingEmail.Kind

# They stand in the question for what is asked; no row has one of them, for look-ups are hashes.
FORM = uuid.UUID(int=0)
EMAIL, PHONE, TEXT = "an address", "a telephone number", "a text"


@dataclass(frozen=True)
class Known:
    policies: dict[str, MailPolicy]
    """Of an acknowledgement and a notice, as they were: not locked."""
    is_sent_before: bool
    """By this form; or from the same address and telephone within a day."""
    has_machine_text: bool
    """As many other requests of the day as only a machine sends have the same text."""
    has_enough_acknowledgements: bool
    """The address got its share of the day: someone may be using the form to pester its owner."""
    content: int | None
    """The number of the pages' content; see pages/surroundings.py."""


def know(lookups: Lookups, form: uuid.UUID, *, now: datetime) -> Known:
    rows = list(
        QUESTION.ask(
            form=form,
            email=lookups.email,
            phone=lookups.phone,
            # A text that is too short to be told from another's is nobody's.
            text=lookups.text or TEXT,
            day_before=now - WITHIN,
        )
    )
    policies = {row[0]: MailPolicy(**dict(zip(POLICY, row, strict=False))) for row in rows}
    return Known(policies, *rows[0][len(POLICY) :])


def sent_before(form: uuid.UUID, lookups: Lookups, day_before: datetime) -> EnquiryQuerySet:
    """What this form made, and what came from the same address and telephone since then."""
    from_them = Q(created_at__gt=day_before, email_lookup=lookups.email, phone_lookup=lookups.phone)
    return Enquiry.objects.filter(Q(form_token=form) | from_them)


def with_text(text: str, day_before: datetime) -> EnquiryQuerySet:
    # In the index's own words: SQLite doesn't recognise its condition in a list of parameters.
    there = RawSQL("NOT (text_lookup = '')", (), output_field=BooleanField())
    return Enquiry.objects.filter(
        there, text_lookup=text, created_at__gt=day_before, is_canary=False
    )


POLICY = ("kind", "needs_review", "recipients")
QUESTION = Prepared(
    MailPolicy.objects.filter(kind__in=[Kind.ACKNOWLEDGEMENT, Kind.TRIAGE_NOTICE])
    .order_by()
    .annotate(
        is_sent_before=Exists(sent_before(FORM, Lookups(EMAIL, PHONE, TEXT), NOW)),
        has_machine_text=Exists(
            with_text(TEXT, NOW).order_by()[SAME_TEXTS_A_DAY - 1 : SAME_TEXTS_A_DAY]
        ),
        has_enough_acknowledgements=Exists(
            OutgoingEmail.objects.filter(
                kind=Kind.ACKNOWLEDGEMENT, recipient_lookup=EMAIL, created_at__gt=NOW
            ).order_by()[ACKNOWLEDGEMENTS_A_DAY - 1 : ACKNOWLEDGEMENTS_A_DAY]
        ),
        content=content_number(),
    )
    .values_list(
        *POLICY,
        *("is_sent_before", "has_machine_text", "has_enough_acknowledgements", "content"),
    ),
    form=FORM,
    email=EMAIL,
    phone=PHONE,
    text=TEXT,
    day_before=NOW,
)
