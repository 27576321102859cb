"""The e-mails that a request makes when it comes, or when it turns out to be no spam."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from intake import messages, notices, outbox
from intake.known import ACKNOWLEDGEMENTS_A_DAY, WITHIN, Known, know
from intake.lookups import Lookups, email_lookup
from intake.models import Enquiry, MailPolicy, OutgoingEmail
from pages.chrome import Identity
from pages.surroundings import surroundings, surroundings_now

Kind = OutgoingEmail.Kind


def queue_for_new(enquiry: Enquiry, answers: dict[str, Any], *, now: datetime) -> None:
    """The e-mails that a new request makes, for one that is there: they were held back until now.

    Call it inside a transaction; `answers` are what the patient said last.
    """
    known = know(Lookups.of(answers), enquiry.form_token, now=now)
    OutgoingEmail.objects.bulk_create(emails_for_new(enquiry, answers, known, now=now))
    notices.queue_notice(known, now=now)


def emails_for_new(
    enquiry: Enquiry, answers: dict[str, Any], known: Known, *, now: datetime
) -> list[OutgoingEmail]:
    """The e-mails that a new request makes, besides the notice; to be inserted in its transaction."""
    referral = outbox.compose(Kind.REFERRAL, now=now, enquiry=enquiry)
    referral.recipient = settings.REFERRAL_EMAIL
    referral.subject, referral.body = messages.referral(referral)
    outbox.as_composed(referral, needs_review=True)
    by_email = answers["contact_method"] == Enquiry.ContactMethod.EMAIL
    if not by_email or known.has_enough_acknowledgements:
        return [referral]
    needs_review = known.policies[Kind.ACKNOWLEDGEMENT].needs_review
    clinic = surroundings(known.content, now).chrome.clinic
    return [
        referral,
        _acknowledgement(enquiry, answers["email"], clinic, needs_review=needs_review, now=now),
    ]


def queue_acknowledgement(enquiry: Enquiry, address: str, *, now: datetime) -> None:
    """Tell the patient that we have it: once for each address they gave, and never often. Four queries."""
    day_before = now - WITHIN
    before = OutgoingEmail.objects.filter(
        Q(created_at__gt=day_before) | Q(enquiry=enquiry),
        kind=Kind.ACKNOWLEDGEMENT,
        recipient_lookup=email_lookup(address),
    )
    told = list(before.values_list("enquiry_id", "created_at"))
    today = [at for _, at in told if at > day_before]
    if len(today) >= ACKNOWLEDGEMENTS_A_DAY or any(pk == enquiry.pk for pk, _ in told):
        return
    policy = MailPolicy.objects.only("needs_review").get(kind=Kind.ACKNOWLEDGEMENT)
    clinic = surroundings_now().chrome.clinic
    email = _acknowledgement(enquiry, address, clinic, needs_review=policy.needs_review, now=now)
    email.save(force_insert=True)


def _acknowledgement(
    enquiry: Enquiry, address: str, clinic: Identity, *, needs_review: bool, now: datetime
) -> OutgoingEmail:
    email = outbox.compose(Kind.ACKNOWLEDGEMENT, now=now, enquiry=enquiry)
    email.recipient = address
    email.subject, email.body = messages.acknowledgement(enquiry, clinic)
    outbox.as_composed(email, needs_review=needs_review)
    return email
