from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from pages.content_files import Content, ContentError, PageText, read_content
from pages.dump import DumpError
from pages.dump_loading import load_dump
from pages.html import one_kind_of_line_end
from pages.models import (
    Block,
    Clinic,
    GlossaryTerm,
    NavItem,
    Page,
    Pending,
    RelatedPage,
    Revision,
    Source,
)
from pages.models.revision import snapshot_hash

NOTE = "Shipped text"


class Command(BaseCommand):
    help = (
        "Put the shipped text into drafts and publish it. What staff have edited, moved or taken from"
        " the public stays as they left it. The clinic, the sources, the menus and the glossary are made where they"
        " are missing and never changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from",
            dest="folder",
            type=Path,
            metavar="FOLDER",
            help="Load what dump_content wrote there instead; the site must be empty.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["folder"]:
            self._load_dump(options["folder"])
        else:
            self._load_shipped()

    def _load_dump(self, folder: Path) -> None:
        try:
            self.stdout.write(load_dump(folder))
        except DumpError as error:
            raise CommandError(str(error)) from None

    def _load_shipped(self) -> None:
        try:
            loaded = load(read_content())
        except ContentError as error:
            raise CommandError(
                f"The shipped text has mistakes, nothing was loaded:\n{error}"
            ) from None
        except ValidationError as error:
            raise CommandError(f"Nothing was loaded. {' '.join(error.messages)}") from None
        self.stdout.write(str(loaded))


@dataclass
class Loaded:
    published: list[str] = field(default_factory=list)
    draft_only: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{len(self.published)} published, {len(self.unchanged)} unchanged"]
        if self.draft_only:
            lines.append(f"draft updated, not published: {', '.join(self.draft_only)}")
        if self.left:
            lines.append(f"left as staff have edited or moved them: {', '.join(self.left)}")
        return "\n".join(lines)


@transaction.atomic
def load(content: Content, now: datetime | None = None) -> Loaded:
    """Raises ValidationError when a page can't be published; nothing is loaded then."""
    now = now or timezone.now()
    loaded = Loaded()
    _make_clinic(content)
    _make_sources(content)
    found = {key: _find_or_make(text) for key, text in content.pages.items()}
    pages = {key: page for key, (page, _) in found.items()}
    to_publish: list[Page] = []
    for key, text in content.pages.items():
        page, is_new = found[key]
        related = [pages[other].pk for other in text.related]
        shipped = text_hash(text, related)
        if not is_new and draft_hash(page) != page.shipped_hash:
            loaded.left.append(key)
        elif shipped == page.shipped_hash:
            loaded.unchanged.append(key)
        else:
            _write_draft(page, text, related)
            if (is_new or _is_public_as_shipped(page, now)) and not _waits_for_approval(page):
                to_publish.append(page)
                loaded.published.append(key)
            else:
                loaded.draft_only.append(key)
    # Last, so that pages which name each other find each other.
    for page in to_publish:
        page.publish(by=None, note=NOTE, pending=Pending.KEEP, now=now)
    _make_menus(content, pages)
    _make_glossary(content)
    return loaded


def text_hash(text: PageText, related: list[int]) -> str:
    """`related` are the ids of the pages that the file names."""
    return snapshot_hash(
        {
            "kind": text.kind,
            "slug": text.slug,
            "title": text.title,
            "menu_title": text.menu_title,
            "summary": one_kind_of_line_end(text.summary),
            "staff_note": one_kind_of_line_end(text.staff_note),
            "blocks": [
                [block.kind, block.heading, block.anchor, block.body] for block in text.blocks
            ],
            "related": related,
        }
    )


def draft_hash(page: Page) -> str:
    """The same of what the draft says now. References and other pages' addresses don't count."""
    return snapshot_hash(
        {
            "kind": page.kind,
            "slug": page.slug,
            "title": page.title,
            "menu_title": page.menu_title,
            "summary": one_kind_of_line_end(page.summary),
            "staff_note": one_kind_of_line_end(page.staff_note),
            "blocks": [
                [block.kind, block.heading, block.anchor, block.body] for block in page.blocks.all()
            ],
            "related": [link.to_page_id for link in page.related_links.all()],
        }
    )


def _make_clinic(content: Content) -> None:
    if not Clinic.objects.exists():
        clinic = Clinic(**content.clinic)
        clinic.full_clean()
        clinic.save()


def _make_sources(content: Content) -> None:
    there = set(Source.objects.values_list("key", flat=True))
    for key, fields in content.sources.items():
        if key not in there:
            source = Source(key=key, **fields)
            source.full_clean()
            source.save()


def _make_menus(content: Content, pages: dict[str, Page]) -> None:
    if NavItem.objects.exists():
        return
    for menu, lines in content.menus.items():
        for position, (key, label) in enumerate(lines, start=1):
            NavItem.objects.create(menu=menu, page=pages[key], label=label, position=position * 10)


def _make_glossary(content: Content) -> None:
    if GlossaryTerm.objects.exists():
        return
    for term, entry in content.glossary.items():
        variants = "\n".join(entry["variants"])
        made = GlossaryTerm(term=term, variants=variants, explanation=entry["explanation"])
        made.full_clean()
        made.save()


def _find_or_make(text: PageText) -> tuple[Page, bool]:
    """The page, and whether it was made here."""
    page = Page(kind=text.kind, slug=text.slug, title=text.title, summary=text.summary)
    found = Page.objects.filter(kind=text.kind, slug=text.slug).first()
    if found:
        return found, False
    # Staff gave it another address.
    moved = Revision.objects.filter(path=page.path).select_related("page").order_by("pk").first()
    if moved:
        return moved.page, False
    page.save()
    return page, True


def _is_public_as_shipped(page: Page, now: datetime) -> bool:
    """Once staff have published a page or taken it back, what the public reads is theirs to decide."""
    live = page.revisions.live(now).first()
    return live is not None and live.created_by_id is None


def _waits_for_approval(page: Page) -> bool:
    """Where approval is required, the shipped text waits for it like any other."""
    return page.needs_approval(page.draft_snapshot())


def _write_draft(page: Page, text: PageText, related: list[int]) -> None:
    page.title, page.menu_title = text.title, text.menu_title
    page.summary, page.staff_note = text.summary, text.staff_note
    page.shipped_hash = text_hash(text, related)
    page.save()
    page.blocks.all().delete()
    for number, block in enumerate(text.blocks, start=1):
        Block.objects.create(
            page=page,
            ordering=number * 10,
            kind=block.kind,
            heading=block.heading,
            anchor=block.anchor,
            body=block.body,
        )
    page.related_links.all().delete()
    for other in related:
        RelatedPage.objects.create(from_page=page, to_page_id=other)
