"""What `dump_content` wrote, read into an empty site: same ids, same hashes."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction

from pages.dump import FORMAT, TABLES, DumpError, Row, is_user
from pages.models import (
    Block,
    ClaimRule,
    ContentVersion,
    Page,
    RelatedPage,
    Revision,
    Synonym,
)
from pages.models.revision import snapshot_hash

# Rows that a new site has.
MADE_BY_MIGRATIONS = (ClaimRule, Synonym)
BEFORE_PAGES = ("sources", "images", "renditions")
Made = TypeVar("Made", bound=models.Model)
FILE = re.compile(r"([0-9a-f]{64})\.(avif|webp|jpg)")


def load_dump(folder: Path) -> str:
    """Everything or nothing; returns what was loaded, in words. Raises DumpError."""
    try:
        about = _read(folder / "dump.json")
        if about["format"] != FORMAT:
            raise DumpError(f"This dump has format {about['format']}; this release reads {FORMAT}.")
        return _load(folder)
    except (OSError, KeyError, TypeError, ValueError, ValidationError, DatabaseError) as error:
        raise DumpError(f"{folder} is no whole dump: {error}") from error


@transaction.atomic
def _load(folder: Path) -> str:
    _refuse_full()
    # Every file is checked before it is put where the site serves it from.
    files = [_checked(path) for path in sorted(folder.glob("media/*"))]
    accounts = dict(User.objects.values_list("username", "pk"))
    for model in MADE_BY_MIGRATIONS:
        model._default_manager.all().delete()
    for name in BEFORE_PAGES:
        _load_table(folder, name, accounts)
    pages = [_read(path) for path in sorted(folder.glob("pages/*.json"))]
    revisions = [_read(path) for path in sorted(folder.glob("revisions/*.json"))]
    _load_pages(pages, accounts)
    for row in revisions:
        _load_revision(row, accounts)
    for name in TABLES:
        if name not in BEFORE_PAGES:
            _load_table(folder, name, accounts)
    _refuse_other_hashes(pages)
    _leave_to_staff(revisions, accounts)
    _set_sequences()
    ContentVersion.bump()
    for path in files:
        _put(path)
    return f"{len(pages)} pages, {len(revisions)} revisions, {len(files)} files of pictures loaded"


def _refuse_full() -> None:
    kinds: list[type[models.Model]] = [Page, *TABLES.values()]
    for model in kinds:
        if model not in MADE_BY_MIGRATIONS and model._default_manager.exists():
            raise DumpError(
                f"There is a {model._meta.verbose_name} already; a dump is loaded into an empty site only."
            )


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _load_table(folder: Path, name: str, accounts: dict[str, int]) -> None:
    for row in _read(folder / f"{name}.json"):
        # As it was: not cleaned anew, not dated today.
        _made(TABLES[name], row, accounts).save_base(raw=True, force_insert=True)


def _made(model: type[Made], row: Row, accounts: dict[str, int]) -> Made:
    """Accounts that are not here are left out, and with them the time at which they did something."""
    made = model()
    for field in model._meta.concrete_fields:
        value = row[field.attname]
        if is_user(field):
            value = accounts.get(value)
        setattr(made, field.attname, field.to_python(value))
    for field in filter(is_user, model._meta.concrete_fields):
        when = field.name.removesuffix("by") + "at"
        paired = any(other.name == when and other.null for other in model._meta.concrete_fields)
        if paired and getattr(made, field.attname) is None:
            setattr(made, when, None)
    return made


def _load_pages(rows: list[Row], accounts: dict[str, int]) -> None:
    for row in rows:
        _made(Page, row, accounts).save(force_insert=True)
    for row in rows:
        # Not by `save`, which would clean the text by today's rules.
        blocks = Block.objects.bulk_create(_made(Block, block, accounts) for block in row["blocks"])
        for block in blocks:
            block.sync_citations(is_new=True)
        for other in row["related"]:
            RelatedPage.objects.create(from_page_id=row["id"], to_page_id=other)


def _load_revision(row: Row, accounts: dict[str, int]) -> None:
    revision = _made(Revision, row, accounts)
    if snapshot_hash(revision.snapshot) != revision.hash:
        raise DumpError(f"The revision {revision} is not what its hash says; nothing was loaded.")
    revision.save(force_insert=True)


def _refuse_other_hashes(rows: list[Row]) -> None:
    for row in rows:
        page = Page.objects.get(pk=row["id"])
        if row["hash"] and snapshot_hash(page.draft_snapshot()) != row["hash"]:
            raise DumpError(f"The draft of “{page}” is not what its hash says; nothing was loaded.")


def _leave_to_staff(rows: list[Row], accounts: dict[str, int]) -> None:
    """What an account that is not here published would pass for shipped text, which a new release may replace."""
    theirs = [row["page_id"] for row in rows if row["created_by_id"] not in (None, *accounts)]
    Page.objects.filter(pk__in=theirs).update(shipped_hash="")


def _set_sequences() -> None:
    """PostgreSQL counts ids apart from the rows."""
    loaded: list[type[models.Model]] = [Page, Block, RelatedPage, Revision, *TABLES.values()]
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), loaded):
            cursor.execute(sql)


def _checked(path: Path) -> Path:
    name = FILE.fullmatch(path.name)
    if not name or hashlib.sha256(path.read_bytes()).hexdigest() != name[1]:
        raise DumpError(f"The picture {path.name} is not what its name says; nothing was loaded.")
    return path


def _put(path: Path) -> None:
    """Whole or not at all. A file that is there has the same bytes: its name says so."""
    target = settings.MEDIA_DIR / path.name
    if not target.exists():
        settings.MEDIA_DIR.mkdir(parents=True, exist_ok=True)
        making = target.with_suffix(".making")
        shutil.copyfile(path, making)
        making.replace(target)
