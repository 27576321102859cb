"""Addresses that lead nowhere any more, and where their pages are now. Looked up only when nothing else answers."""

from datetime import datetime

from pages.models import OldPath, Page, Revision


class Gone:
    """There was a page, and it is no longer public."""


def find(path: str, now: datetime) -> str | Gone | None:
    """The page's address today, never one that leads on; None when nothing was ever there."""
    named = OldPath.objects.filter(path=path).select_related("page").first()
    if named:
        return _address(named.page, path, now)
    last = Revision.objects.ever_at(path, now).select_related("page").first()
    return _address(last.page, path, now) if last else None


def _address(page: Page | None, asked: str, now: datetime) -> str | Gone | None:
    live = page.revisions.live(now).with_address().first() if page else None
    if live is None:
        return Gone()
    # Published between the look that found nothing and this one.
    return live.path if live.path != asked else None
