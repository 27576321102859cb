"""Two editors on one page: who saves second loses nothing, nor does who saved first.

The form carries the number of the save it was made from and a digest of each field as it was then. When the page was
saved meanwhile, nothing is written. The form comes back: with what the other changed where this editor did not, with
this editor's own words where they wrote, and with both versions of each field where both did.
"""

import hashlib
import json
from typing import Any

from django.http import QueryDict
from django.utils.html import strip_tags
from django.utils.text import Truncator, capfirst

from pages.admin.clash import Conflict, both_wrote, said
from pages.models import Block, Page, RelatedPage

PAGE_FIELDS = [
    *("kind", "title", "menu_title", "slug", "summary", "image"),
    *("owner", "review_interval_months", "staff_note"),
]
WORDS = ["heading", "body", "image", "alt", "fragment"]
BLOCK_FIELDS = [*WORDS, "ordering"]
LABELS = {"body": "text", "alt": "alternative text", "fragment": "shared text"}
READ_NEXT = "related_links"
# Field → what it says. The page's fields have their own names, a block's are `<pk>.<name>`, a page to read next is
# `related_links.<pk>`.
State = dict[str, str]


def state_of(page: Page) -> State:
    """The page as it is saved."""
    state = {name: _as_sent(getattr(page, _column(name))) for name in PAGE_FIELDS}
    rows: Any = Block.objects.filter(page=page).values()
    for row in rows:
        state |= {f"{row['id']}.{name}": _as_sent(row[_column(name)]) for name in BLOCK_FIELDS}
        state[f"{row['id']}.kind"] = row["kind"]
    links = RelatedPage.objects.filter(from_page=page).values_list("pk", "to_page")
    return state | {f"{READ_NEXT}.{pk}": str(to_page) for pk, to_page in links}


def seen(state: State) -> str:
    """The digest that the form carries."""
    return json.dumps({key: _short(value) for key, value in state.items()}, separators=(",", ":"))


def _column(name: str) -> str:
    return f"{name}_id" if name in {"image", "fragment", "owner"} else name


def _as_sent(value: Any) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def _short(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:10]


def is_stale(page: Page, data: QueryDict) -> bool:
    return data.get("seen_version") != str(page.version)


class Merge:
    """Brings what was sent and what is saved together."""

    def __init__(self, page: Page, data: QueryDict, prefixes: list[str]) -> None:
        self.page = page
        self.data: Any = data.copy()
        self.prefixes = prefixes
        self.theirs = state_of(page)
        self.seen = _read(data.get("seen", ""))
        who = (
            page.edited_by.get_full_name() or str(page.edited_by) if page.edited_by else "Somebody"
        )
        self.conflict = Conflict(who, page.edited_at)

    def run(self) -> Any:
        """What the form shows. `conflict` then says how it came about."""
        for name in PAGE_FIELDS:
            if name in self.data:
                field: Any = Page._meta.get_field(name)
                label = capfirst(str(field.verbose_name))
                self.data[name] = self._settled(name, self.data[name], label)
        for prefix in self.prefixes:
            self._merge_blocks(prefix)
        if f"{READ_NEXT}-TOTAL_FORMS" in self.data:
            self._merge_read_next()
        self.data["seen_version"] = str(self.page.version)
        self.data["seen"] = seen(self.theirs)
        return self.data

    def _they_changed(self, key: str) -> bool:
        return _short(self.theirs[key]) != self.seen.get(key)

    def _i_changed(self, key: str, mine: str) -> bool:
        return _short(_as_sent(mine)) != self.seen.get(key)

    def _settled(self, key: str, mine: str, label: str) -> str:
        theirs = self.theirs[key]
        if not self._they_changed(key) or theirs == _as_sent(mine):
            return mine
        is_order = key.endswith(".ordering")
        if self._i_changed(key, mine):
            if not is_order:
                self.conflict.both.append(both_wrote(label, _field_of(key), theirs, mine))
            return mine
        if not is_order:
            self.conflict.taken.append(label)
        return theirs

    def _merge_blocks(self, prefix: str) -> None:
        kept, new = [], []
        sent = self._sent(prefix, ["page", "region", *BLOCK_FIELDS])
        for row in sent:
            pk = row.get("id", "")
            if not pk:
                new.append(row)
            elif f"{pk}.kind" in self.theirs:
                kept.append(self._merged_block(pk, row))
            elif rescued := self._rescued(pk, row):
                new.append(rescued)
        had = {row.get("id") for row in sent}
        kept += [
            self._added_by_them(pk)
            for pk in self._pks(prefix)
            if pk not in had and f"{pk}.kind" not in self.seen
        ]
        self._write(prefix, kept, new)

    def _pks(self, kind: str) -> list[str]:
        return [
            key.partition(".")[0]
            for key, value in self.theirs.items()
            if key.endswith(".kind") and value == kind
        ]

    def _sent(self, prefix: str, names: list[str]) -> list[dict[str, str]]:
        """The fields of each form of a formset as they were sent."""
        count = self.data.get(f"{prefix}-TOTAL_FORMS", "")
        rows = []
        for number in range(min(int(count), 1_000) if count.isdecimal() else 0):
            keys = {name: f"{prefix}-{number}-{name}" for name in ["id", "DELETE", *names]}
            rows.append({name: self.data[key] for name, key in keys.items() if key in self.data})
        return rows

    def _merged_block(self, pk: str, row: dict[str, str]) -> dict[str, str]:
        name_of = _name(self.theirs, pk)
        merged = dict(row)
        for name in BLOCK_FIELDS:
            if name in row:
                label = f"{name_of}, {LABELS.get(name, name)}"
                merged[name] = self._settled(f"{pk}.{name}", row[name], label)
        if row.get("DELETE") and any(self._they_changed(f"{pk}.{name}") for name in WORDS):
            del merged["DELETE"]
            self.conflict.taken.append(f"{name_of}: you removed it, they changed it; it is kept")
        return merged

    def _rescued(self, pk: str, row: dict[str, str]) -> dict[str, str] | None:
        """A block that they removed: kept as a new one if this editor wrote in it."""
        name_of = _shown(row.get("heading", "")) or "A block"
        wrote = any(self._i_changed(f"{pk}.{name}", row[name]) for name in WORDS if name in row)
        if row.get("DELETE"):
            return None
        self.conflict.taken.append(
            f"{name_of}: they removed it, you changed it; yours is kept"
            if wrote
            else f"{name_of}: removed"
        )
        return {**row, "id": ""} if wrote else None

    def _added_by_them(self, pk: str) -> dict[str, str]:
        self.conflict.taken.append(f"{_name(self.theirs, pk)}: added")
        fields = {name: self.theirs[f"{pk}.{name}"] for name in BLOCK_FIELDS}
        return {"id": pk, "page": str(self.page.pk), "region": "main", **fields}

    def _merge_read_next(self) -> None:
        kept, new = [], []
        sent = self._sent(READ_NEXT, ["from_page", "to_page"])
        for row in sent:
            key, mine = f"{READ_NEXT}.{row.get('id', '')}", row.get("to_page", "")
            if key in self.theirs:
                kept.append({**row, "to_page": self._settled(key, mine, "Read next")})
            elif not row.get("id") or self._i_changed(key, mine):
                new.append({**row, "id": ""})
            elif not row.get("DELETE"):
                self.conflict.taken.append(f"Read next, “{said('to_page', mine)}”: removed")
        had = {f"{READ_NEXT}.{row.get('id')}" for row in sent}
        for key, to_page in self.theirs.items():
            if key.startswith(f"{READ_NEXT}.") and key not in had and key not in self.seen:
                pk = key.partition(".")[2]
                kept.append({"id": pk, "from_page": str(self.page.pk), "to_page": to_page})
                self.conflict.taken.append(f"Read next, “{said('to_page', to_page)}”: added")
        # What both added stands there once.
        there = {row["to_page"] for row in kept}
        self._write(READ_NEXT, kept, [row for row in new if row.get("to_page") not in {*there, ""}])

    def _write(self, prefix: str, kept: list[dict[str, str]], new: list[dict[str, str]]) -> None:
        for key in [key for key in self.data if key.startswith(f"{prefix}-")]:
            del self.data[key]
        rows = kept + new
        self.data[f"{prefix}-TOTAL_FORMS"] = str(len(rows))
        self.data[f"{prefix}-INITIAL_FORMS"] = str(len(kept))
        for number, row in enumerate(rows):
            for name, value in row.items():
                self.data[f"{prefix}-{number}-{name}"] = value


def _read(digest: str) -> dict[str, str]:
    """Empty for a digest that is none: every field then counts as changed by both."""
    try:
        found = json.loads(digest)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _field_of(key: str) -> str:
    """The name of the field that a key of the state is about."""
    return "to_page" if key.startswith(f"{READ_NEXT}.") else key.rpartition(".")[2]


def _name(state: State, pk: str) -> str:
    return (
        _shown(state[f"{pk}.heading"])
        or _shown(state[f"{pk}.body"])
        or Block.Kind(state[f"{pk}.kind"]).label
    )


def _shown(html: str) -> str:
    words = Truncator(strip_tags(html)).chars(50)
    return f"“{words}”" if words else ""
