"""All content as files: `manage.py dump_content FOLDER` writes them, `load_content --from FOLDER` reads them.

`dump.json` says what the folder holds. Beside it: a file for each table below, `pages/` with the drafts, `revisions/`
with what is public or scheduled, `media/` with the pictures' files. Drafts and revisions carry their hashes. Rows keep
their ids, since snapshots name pages and pictures by them. Accounts are named by their user names. History, approvals
and preview links are not content and stay behind: the database's backups have them.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.utils import timezone

from pages.models import (
    Block,
    ClaimRule,
    Clinic,
    GlossaryTerm,
    Image,
    NavItem,
    OldPath,
    Page,
    Rendition,
    Revision,
    Source,
    Synonym,
)
from pages.models.revision import snapshot_hash

FORMAT = 1
# In the order in which they can be read again; pages come behind the first three.
TABLES: dict[str, type[models.Model]] = {
    "sources": Source,
    "images": Image,
    "renditions": Rendition,
    "clinic": Clinic,
    "menus": NavItem,
    "glossary": GlossaryTerm,
    "claim_rules": ClaimRule,
    "old_paths": OldPath,
    "synonyms": Synonym,
}
Row = dict[str, Any]


class DumpError(Exception):
    """What stands against it, for who runs the command."""


def dump(folder: Path, now: datetime | None = None) -> str:
    """Write everything or nothing, and return what was written, in words. Raises DumpError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DumpError(f"{folder} exists and is not empty; choose another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        told = _write(making, now or timezone.now())
        making.rename(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return told


def users() -> dict[int, str]:
    return dict(User.objects.values_list("pk", "username"))


def is_user(field: "models.Field[Any, Any]") -> bool:
    return field.related_model is User


def _write(folder: Path, now: datetime) -> str:
    with _one_moment():
        names = users()
        for name, model in TABLES.items():
            rows = [_row(row, names) for row in model._default_manager.order_by("pk")]
            if name == "old_paths":
                rows += _former_addresses(now)
            _write_json(folder / f"{name}.json", rows)
        pages = list(Page.objects.order_by("pk"))
        for page in pages:
            _write_json(folder / "pages" / f"{page.pk}.json", _page(page, names))
        revisions = list(_revisions(now))
        for revision in revisions:
            path = folder / "revisions" / f"{revision.page_id}-{revision.number}.json"
            _write_json(path, _row(revision, names))
        files = _files(pages, revisions)
    lost = [name for name in files if not _copy(settings.MEDIA_DIR / name, folder / "media")]
    counts = {"pages": len(pages), "revisions": len(revisions), "files": len(files) - len(lost)}
    _write_json(folder / "dump.json", {"format": FORMAT, "made_at": now, "counts": counts})
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{told} of pictures written" + (
        f"; missing in MEDIA_DIR: {', '.join(lost)}" if lost else ""
    )


@contextmanager
def _one_moment() -> Iterator[None]:
    """All is read as it was at one moment; SQLite's transactions are so anyway."""
    is_first = not connection.in_atomic_block
    with transaction.atomic():
        if is_first and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _row(row: models.Model, names: dict[int, str]) -> Row:
    return {
        field.attname: names.get(value) if is_user(field) else value
        for field in row._meta.concrete_fields
        for value in [getattr(row, field.attname)]
    }


def _page(page: Page, names: dict[int, str]) -> Row:
    blocks = [_row(block, names) for block in Block.objects.filter(page=page)]
    try:
        digest = snapshot_hash(page.draft_snapshot())
    except ValidationError:
        digest = ""
    related = [link.to_page_id for link in page.related_links.all()]
    return _row(page, names) | {"blocks": blocks, "related": related, "hash": digest}


def _revisions(now: datetime) -> Iterator[Revision]:
    yield from Revision.objects.live(now).order_by("page", "number")
    yield from Revision.objects.scheduled(now).order_by("page", "number")


def _former_addresses(now: datetime) -> list[Row]:
    """Known here from the revisions of the past, which stay behind."""
    known = {*OldPath.objects.values_list("path", flat=True)}
    known |= {*Revision.objects.live(now).values_list("path", flat=True)}
    past = Revision.objects.standing().with_address().filter(go_live_at__lte=now)
    # The last that was there has the last word.
    latest = dict(past.order_by("go_live_at", "number").values_list("path", "page"))
    last = OldPath.objects.aggregate(last=models.Max("pk"))["last"] or 0
    former = [(path, page) for path, page in sorted(latest.items()) if path not in known]
    return [
        {"id": last + number, "path": path, "page_id": page}
        for number, (path, page) in enumerate(former, start=1)
    ]


def _files(pages: Iterable[Page], revisions: Iterable[Revision]) -> list[str]:
    """Also of pictures as they were, which revisions and restored drafts show."""
    found = {rendition.file_name for rendition in Rendition.objects.all()}
    shown = [revision.snapshot for revision in revisions]
    for snapshot in shown:
        images = [holder.get("image") for holder in [snapshot, *snapshot["blocks"]]]
        found |= {one["file"] for image in images if image for one in image["renditions"]}
    for page in pages:
        for image in page.pinned.get("images", {}).values():
            found |= {one["file"] for one in image["renditions"]}
    return sorted(found)


def _copy(file: Path, folder: Path) -> bool:
    folder.mkdir(exist_ok=True)
    if not file.is_file():
        return False
    shutil.copyfile(file, folder / file.name)
    return True


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(value, indent=1, ensure_ascii=False, default=_as_text)
    path.write_text(text + "\n", encoding="utf-8")


def _as_text(value: Any) -> str:
    """Django's own encoder cuts a moment to milliseconds."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no place in a dump")
