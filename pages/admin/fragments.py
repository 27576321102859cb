"""Which page is a shared text, and where it appears."""

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from pages.models import Page, Revision


def is_fragment(page: Page | None) -> bool:
    return page is not None and page.kind == Page.Kind.FRAGMENT


def pages_with(fragment: Page) -> list[Page]:
    """Whose drafts include it, or what readers see of them."""
    live = {
        revision.page_id
        for revision in _live_that_may_include(fragment)
        if any(block.get("fragment") == fragment.pk for block in revision.snapshot["blocks"])
    }
    drafts = fragment.included_by.values_list("page", flat=True)
    return list(Page.objects.filter(pk__in=live | set(drafts)).order_by("title"))


def _live_that_may_include(fragment: Page) -> list[Revision]:
    """Found by the letters of their snapshots: SQLite can't look for a part of a list in JSON."""
    live = Revision.objects.live(timezone.now())
    letters = live.annotate(letters=Cast("snapshot", TextField()))
    return list(letters.filter(letters__contains=f'"fragment": {fragment.pk}'))
