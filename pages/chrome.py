"""What stands around every page: the clinic's identity, the urgent-help line, the menus.

Each process keeps the last it saw, also as a file in the data folder, so that an error page, or the form while the
database is away, still says whom to call. A packaged default serves before anything was seen.
"""

import json
import logging
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from pages.models import Clinic, NavItem, Revision

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Identity:
    name: str = "Ketamine Therapy Clinic"
    street: str = "855 Broadview Ave, Suite 403"
    city: str = "Toronto"
    province: str = "ON"
    postal_code: str = "M4K 3Z1"
    telephone: str = "647-259-7740"
    email: str = "admin@ketaminetherapyclinic.ca"
    hours: str = ""
    """Empty until the owner has confirmed it; so are the opening times and the promise."""
    opening: tuple[tuple[str, str, str], ...] = ()
    """Weekday, opens, closes: Monday, 09:00, 17:00. A weekday may have several."""
    reply_promise: str = ""
    urgent_help_html: str = (
        '<strong>In danger:</strong> <a href="tel:911">911</a> or the nearest emergency department.'
        ' <strong>Suicidal thoughts:</strong> call or text <a href="tel:988">9-8-8</a>,'
        " any time, free, English or French."
    )
    watch_notice: str = "The form and the mailbox are not watched all the time."

    @property
    def urgent_help(self) -> SafeString:
        return mark_safe(self.urgent_help_html)  # cleaned by Clinic.save

    @property
    def telephone_link(self) -> str:
        digits = "".join(sign for sign in self.telephone if sign.isdigit())
        return f"tel:+1{digits}" if len(digits) == 10 else f"tel:+{digits}"


@dataclass(frozen=True)
class Link:
    path: str
    label: str
    title: str = ""
    summary: str = ""
    below: "tuple[Link, ...]" = ()
    """Lines of a menu that stand below this one."""


@dataclass(frozen=True)
class Chrome:
    clinic: Identity = field(default_factory=Identity)
    header: tuple[Link, ...] = ()
    footer: tuple[Link, ...] = ()


_seen: tuple[int, Chrome] = (0, Chrome())
"""When this process last learned something new (nanoseconds since 1970), and what."""


def read_chrome(*, every_page: bool = False) -> tuple[Chrome, dict[int, Link]]:
    """The chrome as it is now, and links to the public pages that a menu points to, or to all, by the page's id.

    Two queries: the clinic; the live revisions.
    """
    identity = read_identity()
    wanted = Q() if every_page else Q(page__nav_items__isnull=False)
    rows = (
        Revision.objects.live(timezone.now())
        .with_address()
        .filter(wanted)
        .order_by("page__nav_items__position", "page__nav_items__pk")
        .values_list(
            "page",
            "path",
            "snapshot__title",
            "snapshot__menu_title",
            "snapshot__summary",
            F("page__nav_items"),
            F("page__nav_items__parent"),
            F("page__nav_items__menu"),
            F("page__nav_items__label"),
        )
    )
    lines: list[MenuLine] = []
    public: dict[int, Link] = {}
    for page, path, title, menu_title, summary, item, parent, menu, label in rows:
        public[page] = Link(path, menu_title, title, summary)
        if menu:
            lines.append(MenuLine(item, parent, menu, Link(path, label or menu_title)))
    chrome = Chrome(
        clinic=identity,
        header=_nested(lines, NavItem.Menu.HEADER),
        footer=_nested(lines, NavItem.Menu.FOOTER),
    )
    _remember(chrome)
    return chrome, public


class MenuLine(NamedTuple):
    item: int
    parent: int | None
    menu: str
    link: Link


def _nested(lines: list[MenuLine], menu: str) -> tuple[Link, ...]:
    """A line whose parent's page is not public moves up: readers may still see its own."""
    lines = [line for line in lines if line.menu == menu]
    shown = {line.item for line in lines}
    return tuple(
        replace(top.link, below=tuple(line.link for line in lines if line.parent == top.item))
        for top in lines
        if top.parent not in shown
    )


def read_identity() -> Identity:
    """The clinic alone, with one query; its opening times, once they are confirmed, with another."""
    clinic = Clinic.objects.first()
    return _identity(clinic) if clinic else Identity()


def last_seen_chrome() -> Chrome:
    """The chrome without asking the database: what this process saw, or another one since."""
    seen_ns, chrome = _seen
    path = _file()
    try:
        changed_ns = path.stat().st_mtime_ns
        return _parsed(path, changed_ns) if changed_ns > seen_ns else chrome
    except (OSError, ValueError, TypeError, KeyError):
        return chrome


def _identity(clinic: Clinic) -> Identity:
    return Identity(
        name=clinic.name,
        street=clinic.street,
        city=clinic.city,
        province=clinic.province,
        postal_code=clinic.postal_code,
        telephone=clinic.telephone,
        email=clinic.email,
        hours=clinic.hours if clinic.hours_confirmed_at else "",
        opening=_opening(clinic) if clinic.hours_confirmed_at else (),
        reply_promise=clinic.reply_promise if clinic.promise_confirmed_at else "",
        urgent_help_html=clinic.urgent_help,
        watch_notice=clinic.watch_notice,
    )


def _opening(clinic: Clinic) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (row.get_weekday_display(), f"{row.opens:%H:%M}", f"{row.closes:%H:%M}")
        for row in clinic.opening_times.all()
    )


def _file() -> Path:
    return Path(settings.DATA_DIR) / "last-seen.json"


@lru_cache(maxsize=1)
def _parsed(path: Path, _changed_ns: int) -> Chrome:
    kept = json.loads(path.read_text(encoding="utf-8"))
    opening = tuple(map(tuple, kept["clinic"].pop("opening", ())))
    return Chrome(
        clinic=Identity(**kept["clinic"], opening=opening),
        header=tuple(map(_link, kept["header"])),
        footer=tuple(map(_link, kept["footer"])),
    )


def _link(kept: dict[str, Any]) -> Link:
    return Link(**{**kept, "below": tuple(map(_link, kept.get("below", ())))})


def _remember(chrome: Chrome) -> None:
    global _seen
    if last_seen_chrome() == chrome and (_file().exists() or _seen[1] == chrome):
        return
    _seen = (time.time_ns(), chrome)
    path = _file()
    temporary = ""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".last-seen-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(chrome), file)
        os.replace(temporary, path)
    except OSError:
        # A full disk must not take the page away from the reader who is here now.
        logger.warning("The last seen identity could not be kept in %s", path.name)
        with suppress(OSError):
            os.unlink(temporary)
