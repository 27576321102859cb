"""One email a week to whoever owns pages that wait for a review."""

from collections import defaultdict
from datetime import datetime, time

from django.conf import settings
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from intake import outbox
from intake.models import OutgoingEmail
from pages.reviews import Review, reviews

# On Monday morning, when the week's work is planned.
READY_AT = time(7)


def queue_digests(*, now: datetime | None = None) -> int:
    """Queue what is not queued for this week yet; returns how many. To be called as often as you like, on any host.

    A page that nobody owns, or whose owner has left, is told to the clinic's owners.
    """
    now = timezone.localtime(now or timezone.now())
    year, week, day = now.isocalendar()
    if day == 1 and now.time() < READY_AT:
        return 0
    return sum(
        outbox.queue_once(
            OutgoingEmail.Kind.REVIEW_DIGEST, f"{year}-W{week:02}", user, *_text(theirs), now=now
        )
        for user, theirs in _by_owner(reviews(now)).items()
    )


def _by_owner(found: list[Review]) -> dict[User, list[Review]]:
    clinic_owners = [
        user for user in User.objects.filter(groups__name="Owner").order_by("pk") if _is_there(user)
    ]
    told: dict[User, list[Review]] = defaultdict(list)
    for review in found:
        owner = review.page.owner
        for user in [owner] if owner and _is_there(owner) else clinic_owners:
            told[user].append(review)
    return told


def _is_there(user: User) -> bool:
    return user.is_active and bool(user.email)


def _text(theirs: list[Review]) -> tuple[str, str]:
    context = {
        "pages": [(review.page.title, review.when or review.reason.label) for review in theirs],
        "link": settings.SITE_URL + reverse("admin:pages_page_reviews"),
    }
    subject = render_to_string("emails/review_digest/subject.txt", context)
    body = render_to_string("emails/review_digest/body.txt", context)
    return " ".join(subject.split()), body.strip() + "\n"
