"""How the mail queue as a whole is going: whether it is paused, whether a worker works, what could not be sent."""

import re
from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from intake.models import MailQueue, OutgoingEmail

State, Kind = OutgoingEmail.State, OutgoingEmail.Kind

WORKER_SILENT_AFTER = timedelta(seconds=60)


def queue_state() -> MailQueue:
    return MailQueue.objects.get_or_create(pk=MailQueue.ONLY_ID)[0]


def pause(answer: str) -> None:
    """Nobody sends until staff resume. What the server answered is shown in the clear, so it holds no address."""
    reason = " ".join(re.sub(r"\S*@\S*", "…", answer.replace("\0", "")).split())
    queue_state().pause(reason or "The mail server gave no reason.", now=timezone.now())


def heartbeat() -> None:
    MailQueue.objects.filter(pk=MailQueue.ONLY_ID).update(worker_seen_at=Now())


def worker_problem() -> str:
    """Empty while some worker has said within a minute, by the database's clock, that it works."""
    seen = MailQueue.objects.filter(
        pk=MailQueue.ONLY_ID, worker_seen_at__gt=Now() - WORKER_SILENT_AFTER
    )
    return "" if seen.exists() else "no mail worker has been seen for a minute"


def queue_problem() -> str:
    state = MailQueue.objects.filter(pk=MailQueue.ONLY_ID).first()
    return "paused" if state and state.is_paused else ""


def dead_count() -> int:
    """Without the test requests', which have a line of their own."""
    return OutgoingEmail.objects.filter(state=State.DEAD).exclude(kind=Kind.CANARY).count()
