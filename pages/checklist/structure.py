"""What a page needs beside its words: headings in order, pictures that say what they show, a review."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pages.checklist.findings import Finding
from pages.checklist.text import Passage, headings
from pages.checklist.words import phrase
from pages.models import Approval, Block, Clinic, Image, Page
from pages.models.revision import snapshot_hash

FILE_NAME = re.compile(
    r".*\.(jpe?g|png|webp|avif|gif|heic|tiff?)|(img|dsc|image|photo)[-_ ]?\d+", re.IGNORECASE
)
SUMMARY_LENGTH = 160


def check_summary(snapshot: dict[str, Any]) -> Iterator[Finding]:
    if snapshot["kind"] == Page.Kind.FRAGMENT:  # nobody sees it
        return
    length = len(snapshot["summary"].strip())
    if not length:
        yield Finding(
            "block",
            "no-summary",
            "Write a summary: one or two sentences that say what the page is about.",
        )
    elif length > SUMMARY_LENGTH:
        yield Finding(
            "info",
            "long-summary",
            f"Shorten the summary: it has {length} characters, and search engines cut it after {SUMMARY_LENGTH}.",
        )


def check_pictures(snapshot: dict[str, Any]) -> Iterator[Finding]:
    pictures = list(pictures_of(snapshot))
    silent = {image["id"] for image, alt, _ in pictures if not alt.strip()}
    decorative: set[int] = set()
    if silent:
        decorative = set(
            Image.objects.filter(pk__in=silent, is_decorative=True).values_list("pk", flat=True)
        )
    for image, alt, anchor in pictures:
        if not alt.strip() and image["id"] not in decorative:
            yield Finding(
                "block",
                "no-alt-text",
                "Say what the picture shows, for people who can't see it; or mark it as decorative.",
                anchor,
            )
        elif FILE_NAME.fullmatch(alt.strip()):
            yield Finding(
                "block",
                "alt-is-file-name",
                f"“{alt.strip()}” is the name of a file. Say in a sentence what the picture shows.",
                anchor,
            )


def pictures_of(snapshot: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Each picture with the text that readers get for it, and where it stands."""
    if image := snapshot["image"]:
        yield image, image["alt"], ""
    for block in snapshot["blocks"]:
        if image := block.get("image"):
            yield image, block.get("alt") or image["alt"], block["anchor"]


def check_headings(passages: Iterable[Passage]) -> Iterator[Finding]:
    seen: dict[tuple[str, ...], str] = {}
    above, block = "", ""
    for heading in headings(list(passages)):
        is_new_block = heading.element == "heading" or heading.anchor != block
        if heading.element == "h4" and (is_new_block or above == "heading"):
            yield Finding(
                "warn",
                "heading-order",
                f"“{heading.text}” is a small heading with no larger one above it. Make it the larger kind.",
                heading.anchor,
            )
        # The same small heading may stand in two blocks: Do, Don't.
        place = () if heading.element == "heading" else (heading.anchor,)
        key = (*place, *phrase(heading.text))
        if key in seen:
            yield Finding(
                "warn",
                "equal-headings",
                f"Two headings say “{heading.text}”. Change one, so that readers can tell them apart.",
                heading.anchor,
            )
        seen[key] = heading.text
        above, block = heading.element, heading.anchor


def check_review(snapshot: dict[str, Any], page: Page | None, today: date) -> Iterator[Finding]:
    """Who signed for exactly these words."""
    if snapshot["kind"] not in Page.REVIEWED_KINDS:
        return
    signed = (
        page.approvals.filter(hash=snapshot_hash(snapshot)) if page else Approval.objects.none()
    )
    approval = signed.first()
    if approval is None:
        is_required = Clinic.objects.filter(approval_required=True).exists()
        yield Finding(
            "block" if is_required else "warn",
            "no-reviewer",
            "No clinician has approved these words. Ask a reviewer to read them and approve.",
        )
    elif approval.is_due(today):
        yield Finding(
            "warn",
            "review-due",
            f"The approval by {approval.reviewer_name} is past its date. Ask for a new one.",
        )


def check_shared_texts(snapshot: dict[str, Any], public: Iterable[int]) -> Iterator[Finding]:
    known = set(public)
    for block in snapshot["blocks"]:
        if block["kind"] == Block.Kind.FRAGMENT and block["fragment"] not in known:
            yield Finding(
                "block",
                "shared-text-not-public",
                "This shared text is not public when readers see the page, so nothing would stand here. Publish it"
                " first, or remove the block.",
                block["anchor"],
            )
