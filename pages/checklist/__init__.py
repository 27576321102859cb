"""What the desk says about a page before it is published. The same snapshot gives the same findings."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from pages.checklist.citations import check_citations
from pages.checklist.claims import check_claims
from pages.checklist.figures import check_figures
from pages.checklist.findings import LEVELS, Finding
from pages.checklist.links import check_links, check_related, read_public
from pages.checklist.reading import check_reading
from pages.checklist.restored import check_restored
from pages.checklist.structure import (
    check_headings,
    check_pictures,
    check_review,
    check_shared_texts,
    check_summary,
)
from pages.checklist.text import read_text
from pages.models import ClaimRule, Page

__all__ = ["Finding", "check"]


def check(
    snapshot: dict[str, Any], *, page: Page | None = None, at: datetime | None = None
) -> list[Finding]:
    """What blocks first; then in the page's order. `page` is what knows its approvals and what was restored.

    `at` is when readers will see it; what else is public then counts. Queries: the claim rules; the public pages it
    points to with the shared texts; for a reviewed kind the approval, and whether one is required; if a picture has no
    text, whether it is decorative; for a restored page the newest sources and pictures.
    """
    order = {"": 0} | {block["anchor"]: n for n, block in enumerate(snapshot["blocks"], start=1)}
    found = dict.fromkeys(_findings(snapshot, page, at or timezone.now()))
    return sorted(found, key=lambda item: (LEVELS.index(item.level), order.get(item.anchor, 0)))


def _findings(snapshot: dict[str, Any], page: Page | None, at: datetime) -> Iterator[Finding]:
    text = read_text(snapshot)
    public = read_public(snapshot, text.links, at)
    yield from check_summary(snapshot)
    yield from check_review(snapshot, page, timezone.localdate(at))
    yield from check_pictures(snapshot)
    yield from check_headings(text.passages)
    yield from check_shared_texts(snapshot, public.by_page)
    yield from check_claims(text.passages, _active_rules())
    yield from check_citations(snapshot, text.passages)
    yield from check_restored(snapshot, page)
    yield from check_figures(text.passages)
    yield from check_links(snapshot, text.links, public, at)
    yield from check_related(snapshot, public)
    yield from check_reading(text.passages)


def _active_rules() -> Iterable[ClaimRule]:
    return ClaimRule.objects.filter(is_active=True)
