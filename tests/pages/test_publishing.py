"""The verbs: publish freezes, unpublish takes back."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from pages.models import Block, Page, Pending, Revision, Source
from pages.models.revision import snapshot_hash
from tests.pages.drafts import PARAGRAPH, draft, public, source

pytestmark = pytest.mark.django_db


def test_publishing_the_same_again_makes_no_revision(owner: User) -> None:
    page = draft()
    first = page.publish(by=owner, note="First")
    assert page.publish(by=owner, note="Again") == first
    assert (first.number, first.note, first.created_by) == (1, "First", owner)


def test_each_publication_has_the_next_number(owner: User) -> None:
    page = public()
    for number in (2, 3):
        page.title = f"Title {number}"
        page.save()
        assert page.publish(by=owner).number == number


def test_publishing_works_on_what_is_saved_not_on_what_somebody_holds(owner: User) -> None:
    held = draft(title="Old")
    Page.objects.filter(pk=held.pk).update(title="New")
    assert held.publish(by=owner).snapshot["title"] == "New"


def test_clock_of_another_host_that_is_ahead_brings_no_old_text_back(owner: User) -> None:
    here = timezone.now()
    ahead = here + timedelta(seconds=3)
    page = draft(title="Published on the host that is ahead")
    page.publish(by=owner, now=ahead)
    page.title = "Published later, here"
    page.save()
    page.publish(by=owner, now=here)
    live = page.revisions.live(ahead).get()
    assert live.snapshot["title"] == "Published later, here"


def test_page_taken_back_where_the_clock_is_behind_stays_away(owner: User) -> None:
    here = timezone.now()
    ahead = here + timedelta(seconds=3)
    page = public(title="Old", now=here - timedelta(days=1))
    page.title = "New"
    page.save()
    page.publish(by=owner, now=ahead)
    page.unpublish(by=owner, now=here)
    for moment in (here, ahead):
        assert not page.revisions.live(moment).exists()


def test_revision_that_waits_for_its_day_does_not_hold_back_a_publication(owner: User) -> None:
    page = public()
    waiting = page.revisions.get()
    monday = timezone.now() + timedelta(days=3)
    Revision.objects.create(
        page=page,
        number=2,
        path=waiting.path,
        snapshot=waiting.snapshot,
        hash="2",
        created_at=timezone.now(),
        go_live_at=monday,
    )
    page.title = "Today"
    page.save()
    assert page.publish(by=owner, pending=Pending.KEEP).go_live_at < monday
    assert page.live_revision is not None
    assert page.live_revision.snapshot["title"] == "Today"


def test_snapshot_holds_the_whole_page() -> None:
    source("study-1", "A study")
    source("study-2")
    other = draft("other")
    page = draft(
        "walking",
        ("text", "Heading", "<p>Words[@study-1]</p>"),
        title="Walking",
        summary="Summary",
        related=[other],
    )
    revision = page.publish(by=None)
    assert revision.snapshot == {
        "format": 1,
        "kind": "guide",
        "slug": "walking",
        "path": "/guides/walking/",
        "title": "Walking",
        "menu_title": "Walking",
        "summary": "Summary",
        "image": None,
        "blocks": [
            {
                "kind": "text",
                "heading": "Heading",
                "anchor": "heading",
                "body": "<p>Words[@study-1]</p>",
            }
        ],
        "sources": {"study-1": {"text": "A study", "url": ""}},
        "related": [other.pk],
    }
    revision.refresh_from_db()
    assert revision.hash == snapshot_hash(revision.snapshot)


def test_source_changed_later_leaves_the_public_page_as_it_was() -> None:
    study = source("study-1", "Old words")
    page = public("walking", ("text", "H", "<p>Words[@study-1]</p>"))
    study.text = "New words"
    study.save()
    live = page.live_revision
    assert live is not None
    assert live.snapshot["sources"]["study-1"]["text"] == "Old words"


def test_page_without_text_is_refused(owner: User) -> None:
    page = Page.objects.create(kind="guide", slug="empty", title="Empty", summary="Empty")
    with pytest.raises(ValidationError, match="has no text yet"):
        page.publish(by=owner)


def test_unknown_source_is_refused(owner: User) -> None:
    page = draft("walking", ("text", "H", "<p>[@nobody]</p>"))
    with pytest.raises(ValidationError, match="nobody"):
        page.publish(by=owner)


def test_address_of_the_site_itself_is_refused(owner: User) -> None:
    for slug in ("admin", "request-a-consultation"):
        with pytest.raises(ValidationError, match="taken by the site itself"):
            draft(slug, kind="plain").publish(by=owner)


def test_address_of_another_public_page_is_refused(owner: User) -> None:
    first = public("first")
    first.slug = "renamed"
    first.save()
    second = draft("first")
    with pytest.raises(ValidationError, match="Another page is public"):
        second.publish(by=owner)
    first.publish(by=owner)
    second.publish(by=owner)


def test_refused_publication_leaves_the_public_page_as_it_was(owner: User) -> None:
    page = public()
    before = page.live_revision
    page.blocks.update(body="<p>[@nobody]</p>")
    with pytest.raises(ValidationError):
        page.publish(by=owner)
    assert page.live_revision == before


def test_taking_back_says_who_and_when(owner: User) -> None:
    page = public()
    now = timezone.now()
    page.unpublish(by=owner, now=now)
    revision = page.revisions.get()
    assert (revision.withdrawn_at, revision.withdrawn_by) == (now, owner)
    page.unpublish(by=owner)
    assert page.revisions.get().withdrawn_at == now


def test_revision_can_t_be_changed_or_deleted() -> None:
    revision = public().revisions.get()
    revision.snapshot["title"] = "Another past"
    with pytest.raises(TypeError, match="can't be changed"):
        revision.save()
    with pytest.raises(TypeError, match="can't be changed"):
        revision.save(update_fields=["withdrawn_at", "snapshot"])
    with pytest.raises(TypeError, match="can't be deleted"):
        revision.delete()


def test_page_that_was_public_can_t_be_deleted() -> None:
    with pytest.raises(models.ProtectedError):
        public().delete()


def test_page_that_is_scheduled_can_t_be_deleted(owner: User) -> None:
    page = draft()
    page.publish(by=owner, go_live_at=timezone.now() + timedelta(days=1))
    with pytest.raises(models.ProtectedError, match="taken from readers, not deleted"):
        page.delete()


def test_cited_source_can_t_be_deleted() -> None:
    study = source("study-1")
    page = draft("walking", ("text", "H", "<p>[@study-1]</p>"))
    with pytest.raises(models.ProtectedError):
        study.delete()
    block = page.blocks.get()
    block.body = PARAGRAPH
    block.save()
    study.delete()
    assert not Source.objects.exists()


def test_database_refuses_a_second_page_at_an_address() -> None:
    draft("walking")
    with pytest.raises(IntegrityError), transaction.atomic():
        draft("walking")


def test_block_names_what_is_wrong() -> None:
    page = draft()
    for fields, name in (
        ({"heading": "H", "body": "<p>[@nobody]</p>"}, "body"),
        ({"heading": "H [@nobody]"}, "heading"),
        ({"heading": ""}, "heading"),
        ({"heading": "H", "kind": "video"}, "kind"),
    ):
        with pytest.raises(ValidationError) as caught:
            Block(page=page, **fields).full_clean()
        assert name in caught.value.message_dict


def test_revisions_of_one_page_do_not_hide_another_s() -> None:
    for slug in ("one", "two"):
        page = public(slug)
        page.title += "!"
        page.save()
        page.publish(by=None)
    live = Revision.objects.live(timezone.now()).order_by("path")
    assert [(revision.path, revision.number) for revision in live] == [
        ("/guides/one/", 2),
        ("/guides/two/", 2),
    ]


@pytest.mark.once
@pytest.mark.parametrize("slug", ["home", "privacy", "urgent-help"])
def test_what_readers_can_t_do_without_is_never_taken_back(owner: User, slug: str) -> None:
    page = public(slug, kind="plain")
    with pytest.raises(ValidationError, match="not taken from readers"):
        page.unpublish(by=owner)
    assert page.live_revision is not None
