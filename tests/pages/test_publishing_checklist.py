"""What the checklist finds stops a publication, unless somebody writes down why it is right."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from pages.models import Blocked, Page
from tests.pages.drafts import draft, source

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Page:
    """With a promise in it."""
    return draft("walking", ("text", "Promise", "<p>It is a miracle cure.</p>"))


def levels(findings: list[dict[str, str]]) -> set[str]:
    return {finding["level"] for finding in findings}


def test_finding_that_blocks_stops_it(page: Page, owner: User) -> None:
    with pytest.raises(Blocked) as caught:
        page.publish(by=owner)
    assert "block" in {finding.level for finding in caught.value.findings}
    assert not page.revisions.exists()


def test_written_reason_overrides_it_and_stays_with_what_was_found(page: Page, owner: User) -> None:
    with pytest.raises(Blocked):
        page.publish(by=owner, override_reason="  ")
    revision = page.publish(by=owner, override_reason=" It is a quotation. ")
    assert revision.override_reason == "It is a quotation."
    assert "block" in levels(revision.findings)


def test_shipped_text_is_not_stopped_but_the_findings_stay(page: Page) -> None:
    assert "block" in levels(page.publish(by=None).findings)


def test_what_no_reason_overrides_is_said_first(page: Page, owner: User) -> None:
    source("study-1")
    page.blocks.update(body="<p>It is a miracle cure.[@nobody]</p>")
    with pytest.raises(ValidationError, match="nobody"):
        page.publish(by=owner)
