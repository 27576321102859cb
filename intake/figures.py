"""What waits: the numbers on the desk's first page, and what is wrong with the mail."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.urls import reverse

from intake import canary, mail_state
from intake.models import Enquiry, OutgoingEmail

State = OutgoingEmail.State


@dataclass(frozen=True)
class Figure:
    count: int
    label: str
    path: str
    is_loud: bool = False


def figures(user: User) -> list[Figure]:
    """Only those of which `user` may see the rows. Three queries."""
    found = []
    if user.has_perm("intake.view_enquiry"):
        queue = reverse("admin:intake_enquiry_changelist")
        waiting, spam = Enquiry.objects.waiting().count(), Enquiry.objects.suspected().count()
        found += [
            Figure(
                waiting, _of(waiting, "request waits", "requests wait"), f"{queue}?view=waiting"
            ),
            Figure(spam, _of(spam, "suspected spam", "suspected spam"), f"{queue}?view=spam"),
        ]
    if user.has_perm("intake.view_outgoingemail"):
        mails = reverse("admin:intake_outgoingemail_changelist")
        unsent = OutgoingEmail.objects.filter(
            state__in=[State.PENDING_REVIEW, State.DEAD, State.RETRY_WAIT]
        ).exclude(kind=OutgoingEmail.Kind.CANARY)
        count = unsent.aggregate(
            review=Count("pk", filter=Q(state=State.PENDING_REVIEW, returned_at__isnull=True)),
            dead=Count("pk", filter=Q(state=State.DEAD)),
            again=Count("pk", filter=Q(state=State.RETRY_WAIT)),
            returned=Count("pk", filter=Q(author=user, returned_at__isnull=False)),
        )
        review, dead, again = count["review"], count["dead"], count["again"]
        found += [
            Figure(
                review,
                _of(review, "email needs review", "emails need review"),
                f"{mails}?view=review",
            ),
            Figure(
                dead,
                _of(dead, "email could not be sent", "emails could not be sent"),
                f"{mails}?view=dead",
                is_loud=dead > 0,
            ),
        ]
        if again:
            waits = _of(again, "email waits for another try", "emails wait for another try")
            found.append(Figure(again, waits, f"{mails}?view=again", is_loud=True))
        if returned := count["returned"]:
            yours = _of(returned, "email was returned to you", "emails were returned to you")
            found.append(Figure(returned, yours, f"{mails}?view=returned", is_loud=True))
    return found


def mail_notices(user: User) -> dict[str, Any]:
    """What must be said above everything that is about e-mail."""
    if not user.has_perm("intake.view_outgoingemail"):
        return {
            "mail_is_files": False,
            "mail_queue": None,
            "worker_problem": "",
            "canary_problem": "",
        }
    return {
        "mail_is_files": settings.MAIL_IS_FILES,
        "mail_queue": mail_state.queue_state(),
        "worker_problem": mail_state.worker_problem(),
        "canary_problem": canary.problem(),
    }


def _of(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
