"""A request, from the form to the database: one transaction, one request however often it is sent."""

import uuid
import zlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from intake import first_emails, notices, outbox
from intake.danger import speaks_of_danger
from intake.inserts import insert
from intake.known import SAME_TEXTS_A_DAY, WITHIN, Known, know, sent_before, with_text
from intake.lookups import Lookups, text_lookup
from intake.models import Enquiry, EnquiryEvent
from intake.models.enquiry import new_reference
from intake.models.name_word import NameWord
from intake.sealed import CannotOpen

Answers = dict[str, Any]

FASTER_THAN_A_PERSON_SECONDS = 2.0
TOKEN_SALT = "intake.form"


@dataclass(frozen=True)
class FormToken:
    """What a form carries hidden and signed: which form it is, when it was shown and with which privacy notice."""

    form: str
    shown_at: float
    """Seconds since 1970."""
    notice_number: int | None
    notice_hash: str
    is_canary: bool = False
    """Only the site signs such a one, and shows it to nobody; see intake/canary.py."""

    @classmethod
    def new(
        cls, *, notice_number: int | None, notice_hash: str, shown_at: float | None = None
    ) -> "FormToken":
        if shown_at is None:
            shown_at = timezone.now().timestamp()
        return cls(str(uuid.uuid4()), shown_at, notice_number, notice_hash)

    @classmethod
    def read(cls, signed: str) -> "FormToken | None":
        try:
            return cls(**signing.loads(signed, salt=TOKEN_SALT))
        except (signing.BadSignature, TypeError, ValueError):
            return None

    def signed(self) -> str:
        return signing.dumps(asdict(self), salt=TOKEN_SALT)

    def is_too_fast(self, now: datetime) -> bool:
        # A clock that was set back makes it negative: no reason to suspect anyone.
        return 0 <= now.timestamp() - self.shown_at < FASTER_THAN_A_PERSON_SECONDS


def store(answers: Answers, token: FormToken, *, suspected_spam: bool, now: datetime) -> Enquiry:
    """The enquiry these answers belong to: a new one, or the one that was made when they were sent before.

    The same form sent again with other answers adds them to its enquiry.
    """
    try:
        return _store(answers, token, suspected_spam=suspected_spam, now=now)
    except IntegrityError:
        # The reference that was drawn is another one's; the next one will not be.
        return _store(answers, token, suspected_spam=suspected_spam, now=now)


@transaction.atomic
def _store(answers: Answers, token: FormToken, *, suspected_spam: bool, now: datetime) -> Enquiry:
    # From here to the commit there is one sender of the like at a time: what is not found below is not there.
    form, lookups = uuid.UUID(token.form), Lookups.of(answers)
    _lock_the_like(form, lookups)
    known = know(lookups, form, now=now)
    if known.is_sent_before:
        # Before any row, as everyone does who takes both. Then, so that no verb of staff comes in between, the rows
        # in the order in which a merging locks its two.
        outbox.lock_policies()
        # What was done by those it waited for is known, too.
        known = know(lookups, form, now=now)
        found = sent_before(form, lookups, now - WITHIN)
        rows = list(found.order_by("pk").select_for_update(no_key=True))
        rows.sort(key=lambda row: row.created_at)
    else:
        rows = []
    same_form = next((row for row in rows if row.form_token == form), None)
    if same_form is not None:
        if not same_form.is_canary and same_form.latest_answers() != answers:
            _add_update(same_form, answers, now=now)
        return same_form
    before = _with_these(answers, rows)
    if before is None:
        if not token.is_canary:
            suspected_spam = suspected_spam or known.has_machine_text
        return _make(answers, token, lookups, known, suspected_spam=suspected_spam, now=now)
    if not suspected_spam:
        _again(before, answers, now=now)
    return before


def _lock_the_like(form: uuid.UUID, lookups: Lookups) -> None:
    """Let nobody else store this form, from this address or with this text until the transaction ends.

    On PostgreSQL others go on meanwhile, and their commits reach the disk together; SQLite has one writer anyway.
    """
    if connection.vendor != "postgresql":
        return
    contact = lookups.email or lookups.phone
    keys = {f"form:{form}", f"contact:{contact}"}
    # Many write nothing, or too little to be told from another's: none of them waits for the other.
    if lookups.text:
        keys.add(f"text:{lookups.text}")
    # In one order, or two could wait for each other.
    numbers = sorted(zlib.crc32(key.encode()) for key in keys)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(["pg_advisory_xact_lock(%s)"] * len(numbers)), numbers)


def _with_these(answers: Answers, recent: list[Enquiry]) -> Enquiry | None:
    for enquiry in recent:
        try:
            if enquiry.latest_answers() == answers:
                return enquiry
        except CannotOpen:
            continue
    return None


def _comes_again_and_again(answers: Answers, *, now: datetime, besides: Enquiry) -> bool:
    """`Known.has_machine_text`, whatever this one's own text is."""
    lookup = text_lookup(answers["message"])
    if not lookup:
        return False
    others = with_text(lookup, now - WITHIN).exclude(pk=besides.pk)
    return len(others.values("pk")[:SAME_TEXTS_A_DAY]) == SAME_TEXTS_A_DAY


def _make(
    answers: Answers,
    token: FormToken,
    lookups: Lookups,
    known: Known,
    *,
    suspected_spam: bool,
    now: datetime,
) -> Enquiry:
    enquiry = Enquiry(
        reference=new_reference(),
        form_token=token.form,
        created_at=now,
        notice_number=token.notice_number,
        notice_hash=token.notice_hash,
        suspected_spam=suspected_spam,
        is_canary=token.is_canary,
        has_danger_words=speaks_of_danger(answers[name] for name in Enquiry.FREE_TEXTS),
        **answers,
    )
    enquiry.work_out(lookups)
    received = EnquiryEvent(enquiry=enquiry, kind=EnquiryEvent.Kind.RECEIVED, at=now)
    emails = []
    is_usual = not (suspected_spam or token.is_canary)
    if is_usual:
        emails = first_emails.emails_for_new(enquiry, answers, known, now=now)
    insert([enquiry, *NameWord.of(enquiry.pk, enquiry.name), received, *emails])
    if token.is_canary:
        outbox.queue_canary(enquiry, now=now)
        return enquiry
    if enquiry.has_danger_words:
        notices.queue_look_now(enquiry, now=now)
    if is_usual:
        # Last, because the next sender may wait for what is locked here.
        notices.queue_notice(known, now=now)
    return enquiry


def _again(enquiry: Enquiry, answers: Answers, *, now: datetime) -> None:
    """The same answers from another form, sent as a person sends them: nothing new, unless we had put them away."""
    is_suspected = enquiry.suspected_spam
    if is_suspected and _comes_again_and_again(answers, now=now, besides=enquiry):
        return
    if enquiry.status == Enquiry.Status.CLOSED:
        if not enquiry.update_waiting:
            enquiry.receive_again(now=now)
            notices.queue_notice(now=now)
    elif is_suspected:
        enquiry.mark_not_spam(by=None, now=now)


def _add_update(enquiry: Enquiry, answers: Answers, *, now: datetime) -> None:
    enquiry.receive_update(answers, now=now)
    if not enquiry.suspected_spam or enquiry.has_danger_words:
        notices.queue_notice(now=now)
    if enquiry.suspected_spam:
        return
    if answers["contact_method"] == Enquiry.ContactMethod.EMAIL:
        first_emails.queue_acknowledgement(enquiry, answers["email"], now=now)
