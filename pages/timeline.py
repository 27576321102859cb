"""What will be public when: the spans of time of each page's revisions, and what they must never do.

Whoever changes revisions writes first and asks here afterwards, in the same transaction: a refusal undoes it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.core.exceptions import ValidationError

from pages.models import Block, Page, Revision
from pages.models.publication import in_words


@dataclass(frozen=True)
class Span:
    """From when until when readers see the revision, unless somebody does something."""

    revision: Revision
    begins: datetime
    ends: datetime | None

    @property
    def fragments(self) -> list[int]:
        """Ids of the shared texts that it includes."""
        blocks = self.revision.snapshot["blocks"]
        return [block["fragment"] for block in blocks if block["kind"] == Block.Kind.FRAGMENT]

    @property
    def title(self) -> str:
        title: str = self.revision.snapshot["title"]
        return title

    def is_public_after(self, moment: datetime) -> bool:
        return self.ends is None or self.ends > moment

    def meets(self, other: "Span") -> bool:
        return self.is_public_after(other.begins) and other.is_public_after(self.begins)


def spans_of(revisions: Iterable[Revision], now: datetime) -> list[Span]:
    """The spans that end after `now`. `revisions` are those of RevisionQuerySet.from_now_on."""
    found = []
    in_order = sorted(revisions, key=lambda one: (one.page_id, one.go_live_at, one.number))
    for _, group in groupby(in_order, key=lambda one: one.page_id):
        of_page = list(group)
        for revision, following in zip(of_page, [*of_page[1:], None], strict=True):
            ends = [revision.expire_at, revision.withdrawn_at]
            ends.append(following.go_live_at if following else None)
            end = min(filter(None, ends), default=None)
            if end is None or end > max(now, revision.go_live_at):
                found.append(Span(revision, revision.go_live_at, end))
    return found


def spans_to_come(page: Page, now: datetime) -> list[Span]:
    return spans_of(page.revisions.from_now_on(now), now)


def refuse_shared_addresses(page: Page, ours: Sequence[Span], now: datetime) -> None:
    """Two pages are never public at one address, neither now nor on a later day. `ours` are its spans to come."""
    addressed = [span for span in ours if span.revision.path]
    paths = {span.revision.path for span in addressed}
    rivals = Revision.objects.filter(path__in=paths).exclude(page=page)
    # Asked for apart: hardly ever is there one.
    pages = set(rivals.values_list("page_id", flat=True))
    if not pages:
        return
    theirs = spans_of(Revision.objects.filter(page__in=pages).from_now_on(now), now)
    for span in addressed:
        for other in theirs:
            if other.revision.path == span.revision.path and other.meets(span):
                raise ValidationError(_taken(other, now))


def _taken(other: Span, now: datetime) -> str:
    path = other.revision.path
    if other.begins <= now:
        return f"Another page is public at {path}: “{other.title}”."
    return f"Another page is scheduled at {path} for {in_words(other.begins)}: “{other.title}”."


def refuse_missing_fragments(page: Page, ours: Sequence[Span], now: datetime) -> None:
    """A shared text is public for as long as a page that includes it. `ours` are the page's spans to come."""
    for span in ours:
        included = span.fragments
        for fragment in Page.objects.filter(pk__in=included) if included else ():
            if not _covers(_fragment_spans(fragment, now), span, now):
                raise ValidationError(_absent(fragment, span, now))
    if page.revisions.filter(path="").exists():
        _refuse_to_leave(page, now)


def _refuse_to_leave(fragment: Page, now: datetime) -> None:
    cover = _fragment_spans(fragment, now)
    if any(span.begins <= now and span.ends is None for span in cover):
        return
    others = Revision.objects.exclude(page=fragment).from_now_on(now)
    including = [span for span in spans_of(others, now) if fragment.pk in span.fragments]
    left = sorted({f"“{span.title}”" for span in including if not _covers(cover, span, now)})
    if left:
        raise ValidationError(
            f"“{fragment.title}” stands on {', '.join(left)}. Take it out there and publish that first."
        )


def _fragment_spans(fragment: Page, now: datetime) -> list[Span]:
    return spans_of(fragment.revisions.filter(path="").from_now_on(now), now)


def _covers(cover: Sequence[Span], span: Span, now: datetime) -> bool:
    """Whether the spans of `cover`, which are in order, leave no gap in `span` from `now` on."""
    reached = max(span.begins, now)
    for part in cover:
        if part.begins <= reached and part.is_public_after(reached):
            if part.ends is None:
                return True
            reached = part.ends
    return not span.is_public_after(reached)


def _absent(fragment: Page, span: Span, now: datetime) -> str:
    begins = max(span.begins, now)
    if any(
        part.begins <= begins and part.is_public_after(begins)
        for part in _fragment_spans(fragment, now)
    ):
        return f"The shared text “{fragment.title}” ends while “{span.title}” is public."
    when = "" if span.begins <= now else f" on {in_words(begins)}"
    return f"The shared text “{fragment.title}” is not public{when}. Publish it first."
