"""How a draft becomes a revision: what is asked for, what stands against it, what becomes of later changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from pages.checklist import Finding, check
from pages.merge import Conflict, merge
from pages.models import Block, Clinic, Page, Revision
from pages.models.publication import Blocked, Pending, ScheduledLater, in_words
from pages.models.revision import snapshot_hash
from pages.timeline import (
    refuse_missing_fragments,
    refuse_shared_addresses,
    spans_of,
    spans_to_come,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Snapshot = dict[str, Any]


def one_at_a_time() -> None:
    """Until the transaction ends, so that two pages can't take one address between look and leap."""
    list(Clinic.objects.select_for_update().values_list("pk"))


@dataclass(frozen=True)
class Publication:
    """What somebody asks for; the page was read again under the lock of `one_at_a_time`."""

    page: Page
    by: "User | None"
    note: str
    note_is_public: bool
    seen: str | None
    now: datetime
    go_live_at: datetime
    expire_at: datetime | None
    override_reason: str
    pending: Pending | None

    def carry_out(self) -> Revision:
        # Its constraints hold: it was read from the database a moment ago, under the lock.
        self.page.full_clean(validate_constraints=False)
        self._check_times()
        snapshot = self.page.draft_snapshot()
        if self.seen is not None and self.seen != snapshot_hash(snapshot):
            raise ValidationError(
                "The draft changed since this page was opened. Read it again, then publish."
            )
        refuse_unfinished(snapshot)
        known = list(self.page.revisions.from_now_on(self.now).order_by("go_live_at", "number"))
        before = next((one for one in reversed(known) if one.go_live_at <= self.go_live_at), None)
        scheduled = [one for one in known if one.go_live_at > self.now]
        later = [one for one in scheduled if one.go_live_at >= self.go_live_at]
        if before and self._is_the_same(before, snapshot):
            if self.pending == Pending.CANCEL:
                cancel(later, by=self.by, now=self.now)
            return before
        self._refuse_pending(later)
        revision = self._freeze(snapshot, self)
        merged = self._settle(later, before.snapshot if before else {}, snapshot)
        standing = [one for one in (*known, revision, *merged) if one.cancelled_at is None]
        to_come = spans_of(standing, self.now)
        refuse_shared_addresses(self.page, to_come, self.now)
        refuse_missing_fragments(self.page, to_come, self.now)
        # Last, so that nobody writes a reason for what no reason overrides. A refusal undoes what was written.
        self._refuse_blocked([revision, *merged])
        return revision

    def _check_times(self) -> None:
        if self.go_live_at < self.now:
            raise ValidationError("It can't go live in the past. Choose a time that is to come.")
        if self.expire_at is None:
            return
        if self.expire_at <= self.go_live_at:
            raise ValidationError("A page can end only after it went live.")
        if self.page.must_stay_public:
            raise ValidationError(f"“{self.page.title}” can be changed, but it can't end.")

    def _is_the_same(self, before: Revision, snapshot: Snapshot) -> bool:
        """Readers will see just this, for just as long, without a publication."""
        return (
            before.is_live(self.go_live_at)
            and before.hash == snapshot_hash(snapshot)
            and before.expire_at == self.expire_at
        )

    def _refuse_blocked(self, made: list[Revision]) -> None:
        """A written reason overrides the checklist, and it does not stop the shipped text."""
        findings = [Finding(**row) for revision in made for row in revision.findings]
        stops = any(finding.level == "block" for finding in findings)
        if stops and self.by and not self.override_reason.strip():
            raise Blocked(list(dict.fromkeys(findings)))

    def _refuse_pending(self, later: list[Revision]) -> None:
        if later and self.pending is None:
            raise ScheduledLater(later)
        same_time = any(revision.go_live_at == self.go_live_at for revision in later)
        if same_time and self.pending == Pending.KEEP:
            raise ValidationError(
                f"A change is scheduled for just that moment, {in_words(self.go_live_at)}. Cancel it,"
                " bring this change into it, or choose another time."
            )

    def _settle(self, later: list[Revision], base: Snapshot, ours: Snapshot) -> list[Revision]:
        """Those that were made anew."""
        if self.pending == Pending.CANCEL:
            cancel(later, by=self.by, now=self.now)
        if self.pending != Pending.REBASE:
            return []
        made = [self._rebased(theirs, base, ours) for theirs in later]
        return [revision for revision in made if revision]

    def _rebased(self, theirs: Revision, base: Snapshot, ours: Snapshot) -> Revision | None:
        """The change that waits, with this one in it: a new revision for the same time."""
        when = in_words(theirs.go_live_at)
        try:
            merged = merge(base, ours, theirs.snapshot)
        except Conflict as conflict:
            raise ValidationError(
                f"This change and the one scheduled for {when} both change {conflict}."
                " Keep or cancel that one, and schedule it anew with both."
            ) from None
        if merged == theirs.snapshot and theirs.go_live_at != self.go_live_at:
            return None
        cancel([theirs], by=self.by, now=self.now)
        return self._freeze(merged, theirs, f"With this change in it, the one of {when}: ")

    def _freeze(
        self, snapshot: Snapshot, like: "Revision | Publication", about: str = ""
    ) -> Revision:
        """`like` gives note and times."""
        if self.page.needs_approval(snapshot):
            # No reason overrides this one.
            raise ValidationError(
                f"{about}A clinician approves this text before it is published; just as it stands, nobody has."
            )
        findings = check(snapshot, page=self.page, at=like.go_live_at)
        return Revision.objects.create(
            page=self.page,
            number=self.page.next_revision_number(),
            path=snapshot["path"],
            snapshot=snapshot,
            hash=snapshot_hash(snapshot),
            created_at=self.now,
            created_by=self.by,
            note=like.note,
            note_is_public=like.note_is_public,
            override_reason=self.override_reason.strip() or like.override_reason,
            findings=[finding.as_json() for finding in findings],
            go_live_at=like.go_live_at,
            expire_at=like.expire_at,
        )


@transaction.atomic
def unpublish(page: Page, *, by: "User", now: datetime) -> None:
    if page.must_stay_public:
        raise ValidationError(f"“{page.title}” can be changed, but not taken from readers.")
    one_at_a_time()
    for moment in (now, page.not_before_the_last(now)):
        for revision in page.revisions.select_for_update().live(moment):
            revision.withdrawn_at, revision.withdrawn_by = now, by
            revision.save(update_fields=["withdrawn_at", "withdrawn_by"])
        cancel(list(page.revisions.scheduled(moment)), by=by, now=now)
    refuse_missing_fragments(page, spans_to_come(page, now), now)


@transaction.atomic
def cancel_scheduled(page: Page, revision: Revision, *, by: "User", now: datetime) -> None:
    one_at_a_time()
    scheduled = page.revisions.scheduled(now).filter(pk=revision.pk).first()
    if scheduled is None:
        raise ValidationError("It is no longer scheduled: it is public already or was cancelled.")
    cancel([scheduled], by=by, now=now)
    to_come = spans_to_come(page, now)
    refuse_shared_addresses(page, to_come, now)
    refuse_missing_fragments(page, to_come, now)


def cancel(revisions: list[Revision], *, by: "User | None", now: datetime) -> None:
    for revision in revisions:
        revision.cancelled_at, revision.cancelled_by = now, by
        revision.save(update_fields=["cancelled_at", "cancelled_by"])


def refuse_unfinished(snapshot: Snapshot) -> None:
    title, kind = snapshot["title"], snapshot["kind"]
    if not snapshot["blocks"] and kind != Page.Kind.PLAIN:
        raise ValidationError(f"“{title}” has no text yet.")
    if kind == Page.Kind.FRAGMENT:
        if any(block["kind"] == Block.Kind.FRAGMENT for block in snapshot["blocks"]):
            raise ValidationError("A shared text can't include another one.")
        if snapshot["related"]:
            raise ValidationError("A shared text leads to no other pages: remove those.")
    if not snapshot["related"]:
        return
    fragment = Page.objects.filter(pk__in=snapshot["related"], kind=Page.Kind.FRAGMENT).first()
    if fragment:
        raise ValidationError(f"“{fragment.title}” is a shared text; no page can lead to it.")
