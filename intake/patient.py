"""A patient looks at their own request: by its reference, and a link that goes to the address the request holds.

- Whoever types a reference gets the same answer. What was typed is kept, sealed, as a LinkWish; a mail worker looks
  whether there is such a request, so that neither the answer nor its time can tell.
- The link works once, for an hour, and only its token's hash is kept. Following it shows a button; pressing the button
  opens the request, so that a mail scanner that follows links uses nothing up.
- Whoever pressed it gets a key, which each later step posts along, for half an hour. There is no cookie to be left
  behind on a shared computer.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from intake import outbox
from intake.lookups import email_lookup, keyed_hash
from intake.models import (
    ContactAttempt,
    Enquiry,
    EnquiryEvent,
    LinkWish,
    OutgoingEmail,
    PatientLink,
)
from intake.models.errors import NotAllowed
from intake.sealed import CannotOpen

logger = logging.getLogger(__name__)

LONGEST_TYPED = 40
MOST_WAITING = 50_000
"""So that no flood fills the disk. Beyond it nothing is kept and nobody is told: the page says to call."""
LINKS_A_DAY = 3
"""To one request, and to one address."""
WISHES_AT_ONCE = 10_000
"""Each minute: many more than a flood can send, so that nobody's wish waits behind it."""
OPEN_FOR = timedelta(minutes=30)


@dataclass(frozen=True)
class Opened:
    """A request in its patient's hands."""

    enquiry: Enquiry
    key: str


@dataclass(frozen=True)
class State:
    title: str
    text: str


# Asking for a link


def wish(typed: str, *, now: datetime) -> None:
    """Keep what was typed for the worker. Does the same whatever it is."""
    if LinkWish.objects.count() < MOST_WAITING:
        LinkWish.objects.create(reference=typed[:LONGEST_TYPED], at=now)


def send_links(now: datetime | None = None) -> int:
    """The mail worker's chore: a link for each wish that names a request. Returns how many were queued."""
    now = now or timezone.now()
    wishes = {one.pk: _reference(one) for one in LinkWish.objects.order_by("at")[:WISHES_AT_ONCE]}
    # Most of a flood name nothing, and go at once.
    asked = Enquiry.objects.filter(reference__in=set(wishes.values()))
    known = set(asked.values_list("reference", flat=True))
    found = {pk: reference for pk, reference in wishes.items() if reference in known}
    LinkWish.objects.filter(pk__in=wishes.keys() - found.keys()).delete()
    return sum(_answer(pk, reference, now) for pk, reference in found.items())


def _reference(wish: LinkWish) -> str:
    try:
        return "".join(sign for sign in wish.reference.upper() if sign.isalnum())
    except CannotOpen:
        logger.warning("A wish for a link can't be opened")
        return ""


@transaction.atomic
def _answer(wish: UUID, reference: str, now: datetime) -> bool:
    if not LinkWish.objects.filter(pk=wish).delete()[0]:
        return False  # another host was quicker
    try:
        rows = Enquiry.objects.select_for_update(no_key=True)
        # Of suspected spam the address may be a third person's.
        enquiry = rows.filter(reference=reference, suspected_spam=False, is_canary=False).first()
        address = enquiry.latest_answers()["email"] if enquiry else ""
    except CannotOpen:
        logger.warning("A wish for a link was not answered: the request can't be opened")
        return False
    if enquiry is None or not address or _had_enough(enquiry, address, now):
        return False
    token = secrets.token_urlsafe(32)
    PatientLink.objects.create(enquiry=enquiry, token_lookup=_token_lookup(token), created_at=now)
    link = settings.SITE_URL + reverse("intake:open_request", args=[token])
    outbox.queue_patient_link(enquiry, link, now=now)
    enquiry.record(EnquiryEvent.Kind.LINK_SENT, now=now)
    return True


def _had_enough(enquiry: Enquiry, address: str, now: datetime) -> bool:
    today = now - timedelta(days=1)
    to_address = OutgoingEmail.objects.filter(
        recipient_lookup=email_lookup(address),
        kind=OutgoingEmail.Kind.PATIENT_LINK,
        created_at__gt=today,
    )
    to_request = enquiry.patient_links.filter(created_at__gt=today)
    return max(to_address.count(), to_request.count()) >= LINKS_A_DAY


# Opening it


def open_link(token: str, *, now: datetime) -> Opened | None:
    """Use the link up; None when there is none, or it was used, or its hour is over."""
    key = secrets.token_urlsafe(32)
    links = PatientLink.objects.filter(token_lookup=_token_lookup(token))
    unused = links.filter(opened_at=None, created_at__gt=now - PatientLink.LIVES)
    if not unused.update(opened_at=now, session_lookup=_key_lookup(key)):
        return None
    return Opened(links.select_related("enquiry").get().enquiry, key)


def opened(key: str, *, now: datetime) -> Opened | None:
    """The request that the key was given for, within half an hour."""
    links = PatientLink.objects.filter(
        session_lookup=_key_lookup(key), opened_at__gt=now - OPEN_FOR
    )
    link = links.select_related("enquiry").first()
    return Opened(link.enquiry, key) if link else None


def _token_lookup(token: str) -> str:
    return keyed_hash("patient link", token)


def _key_lookup(key: str) -> str:
    return keyed_hash("patient session", key)


# What can be seen and done


def state(enquiry: Enquiry) -> State:
    """In words for the patient: no reasons, and nothing of spam or danger."""
    Status, Reason = Enquiry.Status, Enquiry.CloseReason
    if enquiry.merged_into_id:
        return State(
            "Your request is together with another one",
            "We put it together with another one from you, and go on with that one.",
        )
    if enquiry.close_reason == Reason.WITHDRAWN:
        return State("You withdrew your request", "We do nothing more with this request.")
    if enquiry.status == Status.CLOSED:
        return State(
            "Your request is closed",
            "We are done with this request. If you need us again, call us or send a new one.",
        )
    if enquiry.status == Status.BOOKED:
        return State("You have an appointment", "If you have to change it, please call us.")
    if enquiry.status == Status.CONTACTED:
        return State("We have been in touch", "If something is still open, please call us.")
    if enquiry.attempts.exclude(outcome=ContactAttempt.Outcome.REACHED).exists():
        return State(
            "We tried to reach you",
            "We did not get through yet and will try again. You can call us, too."
            " Please check below that we have the right address and number.",
        )
    if enquiry.status == Status.IN_REVIEW:
        return State(
            "Your request is being read", "A member of staff has your request and will contact you."
        )
    return State("We have your request", "It has arrived. A member of staff will read it.")


def may_change(enquiry: Enquiry) -> bool:
    return enquiry.status != Enquiry.Status.CLOSED


def contact(enquiry: Enquiry) -> dict[str, Any] | None:
    """How we would reach the patient now; None when it can't be opened."""
    try:
        answers = enquiry.latest_answers()
    except CannotOpen:
        return None
    return {name: answers[name] for name in Enquiry.CONTACT}


@transaction.atomic
def correct(enquiry: Enquiry, wanted: dict[str, Any], *, now: datetime) -> bool:
    """Store what differs from what we have; False when nothing does. Raises NotAllowed when it is closed."""
    enquiry = _locked(enquiry)
    if not may_change(enquiry):
        raise NotAllowed("This request is closed.")
    answers = enquiry.latest_answers()
    changes = {name: value for name, value in wanted.items() if answers[name] != value}
    if changes:
        enquiry.correct_contact(changes, now=now)
    return bool(changes)


@transaction.atomic
def withdraw(enquiry: Enquiry, *, now: datetime) -> None:
    """Close it as withdrawn; one that is closed already stays as it is."""
    enquiry = _locked(enquiry)
    if may_change(enquiry):
        enquiry.withdraw(now=now)


def _locked(enquiry: Enquiry) -> Enquiry:
    """As it is now: the patient's page is no reason to refuse because staff did something meanwhile."""
    outbox.lock_policies()  # first, as everybody does who queues emails
    return Enquiry.objects.select_for_update(no_key=True).get(pk=enquiry.pk)
