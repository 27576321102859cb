"""All content to files, and into an empty site again."""

import hashlib
import shutil
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from pages import old_paths
from pages.dump import dump
from pages.models import (
    Block,
    ClaimRule,
    Clinic,
    ContentVersion,
    GlossaryTerm,
    Image,
    NavItem,
    OldPath,
    Page,
    Pending,
    Rendition,
    Revision,
    Source,
    Synonym,
)
from pages.models.revision import snapshot_hash
from tests.pages.drafts import draft, html_of, public, source

pytestmark = pytest.mark.django_db

PIXELS = b"pixels"
FILE = f"{hashlib.sha256(PIXELS).hexdigest()}.webp"
NOW = timezone.now()


@pytest.fixture
def site(clinic: Clinic, owner: User, tmp_path: Path, settings: Settings) -> Page:
    """A page with everything; it has moved, and its next version is scheduled."""
    settings.MEDIA_DIR = tmp_path / "media"
    settings.MEDIA_DIR.mkdir()
    (settings.MEDIA_DIR / FILE).write_bytes(PIXELS)
    image = Image.objects.create(sha256="1" * 64, title="A", alt="A", width=9, height=9)
    Rendition.objects.create(
        image=image,
        crop="whole",
        format="webp",
        width=9,
        height=9,
        sha256=FILE.removesuffix(".webp"),
        bytes=6,
    )
    source("study-1", "A study")
    fragment = public("safety", kind="fragment", now=NOW - timedelta(days=2))
    other = public("other", now=NOW - timedelta(days=2))
    page = draft("walking", ("text", "A", "<p>é[@study-1]</p>"), related=[other], image=image)
    Block.objects.create(page=page, ordering=20, kind="figure", image=image, alt="Here")
    Block.objects.create(page=page, ordering=30, kind="fragment", fragment=fragment)
    page.publish(by=None, now=NOW - timedelta(days=1))
    page.slug = "moved"
    page.save()
    page.publish(by=owner, override_reason="Test", now=NOW - timedelta(hours=1))
    page.title = "Next"
    page.save()
    page.publish(
        by=owner,
        override_reason="Test",
        go_live_at=NOW + timedelta(days=1),
        expire_at=NOW + timedelta(days=2),
    )
    Source.objects.update(text="A study, corrected")
    page.restore(page.revisions.get(number=2), by=owner)
    line = NavItem.objects.create(page=page, menu="header", label="Walk")
    NavItem.objects.create(page=other, menu="header", parent=line)
    GlossaryTerm.objects.create(term="Dose", variants="doses", explanation="How much.")
    ClaimRule.objects.all()[3].delete()
    OldPath.objects.create(path="/ancient/", page=page)
    clinic.confirm_hours(by=owner)
    return page


def said() -> dict[str, Any]:
    """All that a dump keeps, by table."""
    tables = {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in (Clinic, Source, Image, Rendition, NavItem, GlossaryTerm, ClaimRule, Synonym)
    }
    live = Revision.objects.live(NOW) | Revision.objects.scheduled(NOW)
    return tables | {
        "drafts": [
            (snapshot_hash(page.draft_snapshot()), page.pinned, page.version)
            for page in Page.objects.order_by("pk")
        ],
        "revisions": list(live.order_by("pk").values()),
    }


def dumped(folder: Path) -> Path:
    call_command("dump_content", str(folder), stdout=StringIO())
    return folder


def empty() -> None:
    """Of every row, as a new site's tables are but for what migrations made."""
    rows = [model for model in apps.get_app_config("pages").get_models() if not model._meta.proxy]
    with connection.cursor() as cursor:
        for model in rows:
            if model is not ContentVersion:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")


def load(folder: Path) -> str:
    output = StringIO()
    call_command("load_content", "--from", str(folder), stdout=output)
    return output.getvalue()


def test_everything_comes_back_hash_for_hash(site: Page, tmp_path: Path, client: Client) -> None:
    folder, before, html = dumped(tmp_path / "dump"), said(), html_of(client, "/guides/moved/")
    empty()
    (tmp_path / "media" / FILE).unlink()
    assert load(folder) == "3 pages, 4 revisions, 1 files of pictures loaded\n"
    after = said()
    for name, rows in before.items():
        assert after[name] == rows, name
    assert html_of(client, "/guides/moved/") == html
    assert (tmp_path / "media" / FILE).read_bytes() == PIXELS


@pytest.mark.once
def test_former_addresses_still_lead_on(site: Page, tmp_path: Path) -> None:
    folder = dumped(tmp_path / "dump")
    empty()
    load(folder)
    for path in ("/ancient/", "/guides/walking/"):
        assert old_paths.find(path, timezone.now()) == "/guides/moved/"


def test_site_goes_on_after_the_load(site: Page, owner: User, tmp_path: Path) -> None:
    folder = dumped(tmp_path / "dump")
    empty()
    load(folder)
    Page.objects.filter(pk=site.pk).update(summary="New.")
    revision = site.publish(by=owner, override_reason="Test", pending=Pending.KEEP)
    assert revision.number == 4
    assert public("another").pk > site.pk


@pytest.mark.once
def test_accounts_that_are_not_there_are_left_out(site: Page, owner: User, tmp_path: Path) -> None:
    folder = dumped(tmp_path / "dump")
    empty()
    User.objects.filter(pk=owner.pk).update(username="renamed")
    load(folder)
    assert set(Revision.objects.values_list("created_by", flat=True)) == {None}
    clinic, page = Clinic.objects.get(), Page.objects.get(pk=site.pk)
    assert (clinic.hours_confirmed_at, clinic.hours_confirmed_by) == (None, None)
    assert (page.edited_at, page.edited_by) == (None, None)


def test_folder_with_something_in_it_is_left_alone(clinic: Clinic, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    with pytest.raises(CommandError, match="is not empty"):
        call_command("dump_content", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.once
def test_dump_that_fails_leaves_no_folder(
    site: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Page.objects.filter(pk=site.pk).update(pinned={"images": {"1": {}}})
    with pytest.raises(KeyError):
        dump(tmp_path / "here" / "dump")
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.once
def test_site_that_has_pages_is_left_alone(site: Page, tmp_path: Path) -> None:
    folder = dumped(tmp_path / "dump")
    with pytest.raises(CommandError, match="into an empty site only"):
        load(folder)


@pytest.mark.once
def test_dump_that_was_tampered_with_or_torn_loads_nothing(site: Page, tmp_path: Path) -> None:
    whole = dumped(tmp_path / "dump")
    empty()
    harms: dict[str, Callable[[Path], object]] = {
        "letter": lambda dump: change(dump / "revisions" / f"{site.pk}-2.json", "About", "Around"),
        "draft": lambda dump: change(dump / "pages" / f"{site.pk}.json", "About", "Around"),
        "picture": lambda dump: (dump / "media" / FILE).write_bytes(b"others"),
        "file": lambda dump: (dump / "sources.json").unlink(),
        "folder": shutil.rmtree,
    }
    for name, harm in harms.items():
        folder = tmp_path / name
        shutil.copytree(whole, folder)
        harm(folder)
        with pytest.raises(CommandError):
            load(folder)
        assert not Page.objects.exists(), name
        assert not Image.objects.exists(), name


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
