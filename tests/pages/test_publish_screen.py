"""Eddie, an editor, looks at the checklist and publishes; Ada, a clinician, approves."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pages.models import Clinic, Page, Reviewer
from pages.models.revision import snapshot_hash
from tests.conftest import signed_in, staff
from tests.pages.drafts import draft, html_of, public, words
from tests.pages.publishing_desk import desk, press, reviewer, say, typed

pytestmark = pytest.mark.django_db
PROMISE = "Ketamine is a miracle cure and it is guaranteed."


@pytest.fixture
def editor(db: None) -> Client:
    return signed_in(staff("eddie", "Editor"))


@pytest.fixture
def ada(db: None) -> User:
    user = staff("ada", "Clinician")
    reviewer(user)
    return user


@pytest.fixture
def clinician(ada: User) -> Client:
    return signed_in(ada)


# The checklist


@pytest.mark.once
def test_each_finding_leads_to_its_block(editor: Client) -> None:
    page = say(draft(), PROMISE)
    html = html_of(editor, desk("checklist", page))
    assert "Stops the publication" in html
    assert f'href="/admin/pages/page/{page.pk}/change/#what-it-is"' in html


@pytest.mark.once
def test_draft_that_is_no_page_yet_says_why_and_has_no_button(editor: Client) -> None:
    page = say(draft(), "[@nobody]")
    html = html_of(editor, desk("checklist", page))
    assert "cites a source that does not exist: nobody" in html
    assert "Publish the saved draft" not in html


@pytest.mark.once
def test_finding_that_stops_is_overridden_with_a_written_reason_only(editor: Client) -> None:
    page = say(draft(), PROMISE)
    assert press(editor, "publish", page) == ["Not published: the checklist stops it."]
    assert page.live_revision is None
    press(editor, "publish", page, override_reason="A quotation from a law.")
    live = page.live_revision
    assert live is not None
    assert live.override_reason == "A quotation from a law."
    assert any(finding["level"] == "block" for finding in live.findings)


@pytest.mark.once
def test_what_was_typed_survives_a_refusal(editor: Client) -> None:
    page = say(draft(), PROMISE)
    data = {"note": "Better words", "seen": ""}
    html = editor.post(desk("publish", page), data).content.decode()
    assert 'value="Better words"' in html
    assert "changed since this page was opened" in html
    assert typed(html) == ""  # nothing is published that was not read


# Publishing


def test_publishing_says_where_and_from_when(editor: Client) -> None:
    page = draft()
    [text] = press(editor, "publish", page, note="First", note_is_public="on")
    assert text == "Published. Readers see it now at /guides/walking/"
    live = page.live_revision
    assert live is not None
    assert (live.note, live.note_is_public) == ("First", True)
    assert press(editor, "publish", page) == [
        "Readers see just this text already, so nothing was published."
    ]


@pytest.mark.once
def test_dates_are_typed_in_the_clinic_s_time(editor: Client) -> None:
    page = draft()
    [text] = press(
        editor,
        "publish",
        page,
        go_live_at="2099-07-01T09:00",
        expire_at="2099-12-01T18:30",
    )
    assert text == (
        "Scheduled. Readers see it from 1 July 2099, 09:00 EDT at /guides/walking/,"
        " until 1 December 2099, 18:30 EST"
    )
    revision = page.revisions.get()
    assert revision.go_live_at.isoformat() == "2099-07-01T13:00:00+00:00"
    html = html_of(editor, desk("checklist", page))
    assert "goes live on 1 July 2099, 09:00 EDT" in html
    assert "Toronto time" in html


@pytest.mark.once
@pytest.mark.parametrize("when", ["2020-01-01T09:00", "tomorrow", "2099-03-08T02:30"])
def test_moment_that_can_t_be_is_refused_beside_its_field(editor: Client, when: str) -> None:
    """The last one falls into the hour that summer time leaves out."""
    page = draft()
    html = editor.post(desk("publish", page), {"go_live_at": when}).content.decode()
    assert "errorlist" in html
    assert f'value="{when}"' in html
    assert not page.revisions.exists()


@pytest.mark.once
def test_correction_asks_what_becomes_of_the_scheduled_change(editor: Client) -> None:
    page = public()
    later = timezone.now() + timedelta(days=3)
    say(page, "What comes on Monday.").publish(by=None, go_live_at=later, note="For Monday")
    say(page, "A correction.")
    html = words(html_of(editor, desk("checklist", page)))
    assert "What happens with the change that is scheduled?" in html
    assert "“For Monday”" in html
    [text] = press(editor, "publish", page)
    assert "is scheduled for" in text
    assert page.revisions.count() == 2
    press(editor, "publish", page, pending="cancel")
    assert not page.revisions.scheduled(timezone.now()).exists()


@pytest.mark.once
def test_scheduled_change_is_cancelled(editor: Client) -> None:
    page = public()
    later = timezone.now() + timedelta(days=3)
    say(page, "What comes on Monday.").publish(by=None, go_live_at=later)
    [text] = press(editor, "cancel_scheduled", page, 2)
    assert text.startswith("Cancelled. Number 2 will not go live on ")
    [text] = press(editor, "cancel_scheduled", page, 2)
    assert "no longer scheduled" in text


@pytest.mark.once
def test_unpublishing_leaves_the_draft(editor: Client, client: Client) -> None:
    page = public()
    assert "no longer see" in press(editor, "unpublish", page)[0]
    assert page.live_revision is None
    assert press(editor, "unpublish", page) == ["The page is not public."]


# Approval


@pytest.mark.once
def test_clinician_approves_what_they_read(clinician: Client, editor: Client) -> None:
    page = draft()
    html = html_of(clinician, desk("checklist", page))
    assert "I have read this and approve it" in html
    assert f'src="{desk("preview", page)}"' in html
    assert "Publish the saved draft" not in html
    [text] = press(clinician, "approve", page)
    assert text.startswith("Approved.")
    told = words(html_of(editor, desk("checklist", page)))
    assert "Dr. Ada Okafor , Psychiatrist, approved this text" in told


@pytest.mark.once
def test_one_changed_letter_voids_the_approval(clinician: Client, editor: Client) -> None:
    page = draft()
    press(clinician, "approve", page)
    say(page, "Some words to reat.")
    assert "Nobody has approved this text" in html_of(editor, desk("checklist", page))
    [text] = press(clinician, "approve", page, seen="another")
    assert "changed since" in text


@pytest.mark.once
def test_public_text_is_reviewed_again_while_a_draft_is_under_way(clinician: Client) -> None:
    page = public()
    live = page.live_revision
    assert live is not None
    say(page, "A draft that is not done.")
    html = html_of(clinician, desk("checklist", page) + "?text=live")
    assert f'src="{desk("revision", page, 1)}?at=' in html
    assert f'name="seen" value="{live.hash}"' in html
    press(clinician, "approve", page, seen=live.hash)
    assert page.approval_for(live.hash) is not None
    assert page.approval_for(snapshot_hash(page.draft_snapshot())) is None
    assert "Read and approve it again" in html_of(clinician, desk("checklist", page) + "?text=live")


@pytest.mark.once
def test_page_that_needs_an_approval_is_not_published_without(
    clinician: Client, editor: Client
) -> None:
    clinic = Clinic(name="Clinic", approval_required=True)
    clinic.urgent_help_checked_on = timezone.localdate()
    clinic.save()
    page = draft("walking", ("text", "What it is", "<p>It is a miracle cure.</p>"))
    assert press(editor, "publish", page, override_reason="It is urgent.")
    assert page.live_revision is None
    # No reason stands in for an approval, so none is asked for.
    html = html_of(editor, desk("checklist", page))
    assert "A clinician has to approve this text first" in words(html)
    assert 'name="override_reason"' not in html
    say(page, "Some words to read.")
    press(clinician, "approve", page)
    press(editor, "publish", page)
    assert page.live_revision is not None


@pytest.mark.once
def test_only_an_active_reviewer_approves(clinician: Client, editor: Client) -> None:
    page = draft()
    assert "I have read this" not in html_of(editor, desk("checklist", page))
    assert editor.post(desk("approve", page)).status_code == 403
    Reviewer.objects.update(is_active=False)
    assert "I have read this" not in html_of(clinician, desk("checklist", page))
    assert press(clinician, "approve", page) == ["Only a reviewer can approve what a page says."]


# Who may

BUTTONS = [
    *("publish", "unpublish", "cancel_scheduled"),
    *("restore", "use_newest", "share", "revoke_share"),
]


def address(name: str, page: Page) -> str:
    numbered = {"cancel_scheduled", "restore", "revoke_share", "revision"}
    return desk(name, page, *([1] if name in numbered else []))


@pytest.mark.once
@pytest.mark.parametrize("name", [*BUTTONS, "approve"])
def test_buttons_are_refused_to_all_others(
    anonymous: Client,
    client_without_group: Client,
    receptionist_client: Client,
    clinician: Client,
    editor: Client,
    name: str,
) -> None:
    page = public()
    path = address(name, page)
    assert anonymous.post(path).headers["Location"].startswith("/admin/login/")
    others = [client_without_group, receptionist_client]
    for client in [*others, editor if name == "approve" else clinician]:
        assert client.post(path).status_code == 403
    allowed = clinician if name == "approve" else editor
    assert allowed.get(path).status_code == 405
    missing = path.replace(f"/{page.pk}/", "/0/", 1)
    assert allowed.post(missing).status_code == 404
    assert page.live_revision is not None


@pytest.mark.once
@pytest.mark.parametrize(
    "name", ["checklist", "history", "compare", "preview", "preview_frame", "revision"]
)
def test_screens_are_for_who_may_see_pages(
    anonymous: Client, receptionist_client: Client, clinician: Client, editor: Client, name: str
) -> None:
    path = address(name, public())
    assert anonymous.get(path).status_code == 302
    assert receptionist_client.get(path).status_code == 403
    for client in (clinician, editor):
        response = client.get(path)
        assert response.status_code == 200
        assert "no-store" in response.headers["Cache-Control"]
        assert client.post(path).status_code == 405
