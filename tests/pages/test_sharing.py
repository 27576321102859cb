"""A link to a draft for somebody without an account."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from pages.models import PreviewLink
from tests.pages.drafts import draft

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def test_link_works_until_it_expires(owner: User) -> None:
    link, token = draft().share(by=owner, days=2, label="Dr. B", now=NOW)
    for moment, works in ((NOW, True), (NOW + timedelta(days=2), False)):
        assert PreviewLink.objects.with_token(token).usable(moment).exists() is works
    assert (link.label, link.created_by) == ("Dr. B", owner)


def test_token_is_stored_nowhere(owner: User) -> None:
    link, token = draft().share(by=owner)
    assert len(token) >= 43
    assert token not in str(PreviewLink.objects.values().get())
    assert not PreviewLink.objects.with_token(link.token_digest).exists()


def test_link_that_was_revoked_works_no_more(owner: User, receptionist: User) -> None:
    link, token = draft().share(by=owner, now=NOW)
    link.revoke(by=owner, now=NOW)
    assert not PreviewLink.objects.with_token(token).usable(NOW).exists()
    link.revoke(by=receptionist)
    assert (link.revoked_at, link.revoked_by) == (NOW, owner)
