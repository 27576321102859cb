"""What these screens say: moments, states and errors in words, and the frame around each screen."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst

from pages.admin.desk import signed_in
from pages.models import Page, Revision
from pages.models.draft import Draft, read_drafts
from pages.models.revision import snapshot_hash


def moment(when: datetime) -> str:
    """In the clinic's time, and with its name."""
    local = timezone.localtime(when)
    return f"{date_format(local, 'j F Y, H:i')} {local.tzname()}"


def zone() -> str:
    """Whose time is typed and shown, like “Toronto time”."""
    place = timezone.get_current_timezone_name().rpartition("/")[2].replace("_", " ")
    return f"{place} time"


def draft_hash(page: Page) -> str:
    """Empty when the draft can't be published."""
    return hash_of(read_drafts([page])[page.pk])


def hash_of(draft: Draft) -> str:
    try:
        return snapshot_hash(draft.snapshot())
    except ValidationError:
        return ""


def state(live: Revision | None, draft: str) -> str:
    """What readers see of the page, and whether the draft, by its hash, says something else."""
    if live is None:
        return "Not public"
    since = f"Public since {moment(live.go_live_at)}"
    if live.expire_at:
        since += f", until {moment(live.expire_at)}"
    return since if draft == live.hash else f"{since}; the draft differs from what is public"


def in_words(error: ValidationError) -> list[str]:
    """Each problem with the name of its field, as the page's form has it."""
    if not hasattr(error, "error_dict"):
        return error.messages
    labels = {field.name: capfirst(field.verbose_name) for field in Page._meta.fields}
    return [
        f"{labels[name]}: {text}" if name in labels else text
        for name, texts in error.message_dict.items()
        for text in texts
    ]


def tell(request: HttpRequest, error: ValidationError) -> None:
    for text in in_words(error):
        messages.error(request, text)


def back_to(name: str, page: Page) -> HttpResponseRedirect:
    return redirect(f"admin:pages_page_{name}", page.pk)


def screen(request: HttpRequest, page: Page, title: str, here: str) -> dict[str, Any]:
    """What each screen about a page has in its context; `here` is the tab that it stands under."""
    live, draft = page.live_revision, draft_hash(page)
    return {
        **admin.site.each_context(request),
        "title": title,
        "page": page,
        "here": here,
        "live": live,
        "draft_hash": draft,
        "state": state(live, draft),
        "zone": zone(),
        "may_edit": signed_in(request).has_perm("pages.change_page"),
        "may_publish": signed_in(request).has_perm("pages.publish_page"),
    }
