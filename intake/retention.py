"""How long requests are kept, and how they go: planned first, told to the owner, and looked at again right before.

A request is due when it was closed (or booked) as long ago as its rule says and the patient has not written since. The
first run plans it and tells the owners; a run after the notice period purges it, if it is still due by then. Being
reopened, answered, held or kept longer by a changed rule takes the plan back by itself, because nothing here trusts
an old decision. What stays is a Tombstone without a word of the patient's.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, DateTimeField, Exists, OuterRef, Q, UUIDField, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from intake import mail_files, messages, outbox
from intake.models import (
    AccessEvent,
    Desk,
    Enquiry,
    EnquiryEvent,
    LinkWish,
    OutgoingEmail,
    PatientLink,
    RetentionPass,
    RetentionRule,
    Tombstone,
    Viewing,
)
from intake.models.enquiry import EnquiryQuerySet
from intake.models.errors import NotAllowed

logger = logging.getLogger(__name__)

Kind = EnquiryEvent.Kind
BY_THE_PATIENT = (*EnquiryEvent.WITH_ANSWERS, Kind.SENT_AGAIN, Kind.WITHDRAWN)
# What a plan or an export leaves behind is no sign that anybody still works on it.
BY_RETENTION = (Kind.PURGE_PLANNED, Kind.EXPORTED)
MOST_PLANNED_A_DAY = 2_000
MOST_PURGED_AN_HOUR = 200
ACCESS_LOG_MONTHS = 24
"""How long it is kept who opened what. docs/privacy.md says why."""
LOG_BATCH = 5_000
# Longer than the day in which links to one request are counted.
TEMPORARY_KEPT = timedelta(days=2)
# Two of the longest spans between them, so that there is always one to look at.
CANARY_KEPT = timedelta(days=14)


def due(now: datetime) -> EnquiryQuerySet:
    """Those that may go, by the rules as they are now. What was merged goes with what it was merged into, or not."""
    heads = heads_due(now).values("pk")
    together = Coalesce("merged_into", "pk", output_field=UUIDField())
    return Enquiry.objects.annotate(together=together).filter(together__in=heads)


def heads_due(now: datetime) -> EnquiryQuerySet:
    """Those that were not merged into another, and with them whatever was merged into them."""
    ended = Q(pk__in=[])
    befores = []
    for rule in RetentionRule.objects.all():
        before = months_before(now, rule.months)
        if rule.outcome == RetentionRule.BOOKED:
            of_rule, since = Q(status=Enquiry.Status.BOOKED), Q(created_at__lte=before)
        else:
            of_rule, since = Q(close_reason=rule.outcome), Q(closed_at__lte=before)
        ended |= of_rule & since
        befores.append(When(of_rule, then=Value(before)))
    # Two questions for all rules together: one for each rule would be asked for each request.
    later = EnquiryEvent.objects.filter(at__gt=OuterRef("before"))
    by_anyone = Q(~Q(kind__in=BY_RETENTION), enquiry__status=Enquiry.Status.BOOKED)
    events = later.filter(Q(kind__in=BY_THE_PATIENT) | by_anyone, enquiry=OuterRef("pk"))
    merged = later.filter(enquiry__merged_into=OuterRef("pk"), kind__in=BY_THE_PATIENT)
    kept = Enquiry.objects.filter(merged_into=OuterRef("pk")).filter(
        Q(held_at__isnull=False) | Q(update_waiting=True)
    )
    found = Enquiry.objects.filter(
        ended,
        merged_into__isnull=True,
        is_canary=False,
        update_waiting=False,
        held_at__isnull=True,
    )
    found = found.annotate(before=Case(*befores, output_field=DateTimeField()))
    return found.filter(~Exists(events), ~Exists(merged), ~Exists(kept))


@transaction.atomic
def plan(now: datetime) -> int:
    """Give those that became due a day to go on, and tell the owners. Once a day, whoever asks; returns how many."""
    # Whoever comes second waits here, and then finds the day's plan.
    list(RetentionRule.objects.select_for_update())
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    notice = timedelta(days=Desk.objects.get(pk=Desk.ONLY_ID).purge_notice_days)
    purge_after = day + notice + timedelta(days=1)
    if Enquiry.objects.filter(purge_after=purge_after).exists():
        return 0
    if not outbox.owners():
        logger.warning("Nothing is planned to be purged: no owner has an email address")
        return 0
    rows = due(now).filter(purge_after=None).select_for_update(no_key=True, of=("self",))
    found = list(rows.only("pk").order_by("pk")[:MOST_PLANNED_A_DAY])
    if not found:
        return 0
    Enquiry.objects.filter(pk__in=[one.pk for one in found]).update(purge_after=purge_after)
    EnquiryEvent.objects.bulk_create(
        EnquiryEvent(enquiry=one, kind=Kind.PURGE_PLANNED, at=now) for one in found
    )
    subject, body = messages.purge_notice(len(found), purge_after)
    # With the time: plans of this day may have been taken back, and then these are others.
    name = f"{purge_after:%Y-%m-%d} {now.isoformat()}"
    outbox.queue_for_owners(OutgoingEmail.Kind.PURGE_NOTICE, name, subject, body, now=now)
    return len(found)


def planned() -> EnquiryQuerySet:
    """Those that were told of, what goes first on top."""
    return Enquiry.objects.filter(purge_after__isnull=False).order_by("purge_after", "pk")


def take_back(now: datetime) -> int:
    """Plans of requests that are not due any more."""
    not_due = planned().order_by().exclude(pk__in=due(now).values("pk"))
    return not_due.update(purge_after=None)


def purge(now: datetime, *, most: int | None = None) -> int:
    """Purge those whose notice is over, each with what it is merged with in one transaction; returns how many went."""
    over = planned().filter(purge_after__lte=now).values_list("pk", flat=True)
    gone = 0
    for pk in over[:most]:
        try:
            gone += _purge_one(pk, now)
        except NotAllowed as refusal:  # the next run looks again
            logger.info("A request was not purged: %s", refusal)
    return gone


@transaction.atomic
def _purge_one(pk: UUID, now: datetime) -> int:
    rows = lock_together([pk])
    keys = [row.pk for row in rows]
    # Under the lock: what was true when the list was made may not be any more.
    told = all(row.purge_after and row.purge_after <= now for row in rows)
    if not (told and heads_due(now).filter(pk__in=keys).exists()):
        return 0
    remove(keys, rows, Tombstone.Cause.RETENTION, now=now)
    return len(keys)


def lock_together(keys: Iterable[UUID]) -> list[Enquiry]:
    """These and all they are merged with, then their emails: each in one order whoever asks.

    Raises NotAllowed when one was merged at this very moment.
    """
    keys = list(keys)
    # No key: whoever holds one of the emails adds its event and is done, and only then do we get that email.
    wanted = Enquiry.objects.together_with(keys).select_for_update(of=("self",), no_key=True)
    rows = list(wanted.order_by("pk"))
    together = Enquiry.objects.together_with(keys).values_list("pk", flat=True)
    if set(together) != {row.pk for row in rows}:
        raise NotAllowed("Somebody merged one of these just now. Try again.")
    emails = OutgoingEmail.objects.filter(enquiry__in=rows).select_for_update(of=("self",))
    list(emails.order_by("pk").values_list("pk"))
    return rows


def remove(keys: list[UUID], together: list[Enquiry], cause: str, *, now: datetime) -> None:
    """Take away all there is of `keys`, and leave a tombstone for each.

    `together` is what lock_together gave in this transaction: while one of them is on legal hold, none goes.
    """
    if held := [row.reference for row in together if row.held_at]:
        raise NotAllowed(f"On legal hold, so nothing was erased: {', '.join(sorted(held))}.")
    for row in (row for row in together if row.pk in keys):
        Tombstone.objects.get_or_create(
            reference=row.reference,
            defaults={
                "received_on": timezone.localdate(row.created_at),
                "closed_on": row.closed_at and timezone.localdate(row.closed_at),
                "outcome": row.close_reason or row.status,
                "cause": cause,
                "purged_at": now,
            },
        )
    emails = OutgoingEmail.objects.filter(enquiry__in=keys)
    files = list(emails.values_list("message_id", flat=True))
    # Without a mail server each email was a file; it goes when the rows are really gone.
    transaction.on_commit(lambda: mail_files.forget(files))
    # First those that point to another: the database keeps what is pointed to.
    Enquiry.objects.filter(pk__in=keys, merged_into__isnull=False).delete()
    Enquiry.objects.filter(pk__in=keys).delete()


@transaction.atomic
def erase(keys: Iterable[UUID], *, by: User, now: datetime | None = None) -> list[str]:
    """All that these requests hold, at the person's wish, with what was merged into them. Returns their references.

    Raises NotAllowed when one, or what it is merged with, is on legal hold; then nothing is erased.
    """
    if not by.has_perm("intake.erase_enquiry"):
        raise NotAllowed("You may not erase requests.")
    keys = set(keys)
    together = lock_together(keys)
    rows = [row for row in together if row.pk in keys or row.merged_into_id in keys]
    AccessEvent.record(by, AccessEvent.Action.ERASED, rows, purpose="at the person’s wish")
    gone = [row.pk for row in rows]
    remove(gone, together, Tombstone.Cause.ERASURE, now=now or timezone.now())
    return [row.reference for row in rows]


def clear_access_log(now: datetime, *, batches: int | None = None) -> int:
    """Take away what was opened longer ago than ACCESS_LOG_MONTHS, LOG_BATCH at a time; returns how many rows."""
    old = AccessEvent.objects.filter(at__lt=months_before(now, ACCESS_LOG_MONTHS)).order_by("at")
    gone = done = 0
    while batches is None or done < batches:
        keys = list(old.values_list("pk", flat=True)[:LOG_BATCH])
        if not keys:
            break
        with transaction.atomic():
            RetentionPass.objects.create()
            gone += AccessEvent.objects.filter(pk__in=keys).delete()[0]
            RetentionPass.objects.all().delete()
        done += 1
    return gone


def clear_temporary(now: datetime) -> None:
    """What is of use for minutes: links and wishes for them, who has a request open, the site's tests of itself."""
    LinkWish.objects.filter(at__lt=now - TEMPORARY_KEPT).delete()
    PatientLink.objects.filter(created_at__lt=now - TEMPORARY_KEPT).delete()
    Viewing.objects.filter(seen_at__lt=now - TEMPORARY_KEPT).delete()
    Enquiry.objects.filter(is_canary=True, created_at__lt=now - CANARY_KEPT).delete()


def months_before(moment: datetime, months: int) -> datetime:
    """The same time that many months ago. At the end of a month up to three days earlier, so nothing goes too soon."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, 28))


def every_hour() -> None:
    """The mail worker's chore: a part at a time, so that the mail does not wait for it."""
    now = timezone.now()
    take_back(now)
    purge(now, most=MOST_PURGED_AN_HOUR)
    plan(now)
    clear_access_log(now, batches=1)
    clear_temporary(now)
