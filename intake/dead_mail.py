"""Emails that could not be sent are told to the owners."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from intake import mail_state, messages, outbox
from intake.models import MailQueue, OutgoingEmail

Kind = OutgoingEmail.Kind
# The first would tell of itself. The second has a line of its own wherever it fails.
NOT_COUNTED = (Kind.DEAD_NOTICE, Kind.CANARY)


@transaction.atomic
def tell_owners(*, now: datetime | None = None) -> bool:
    """Once from the first that could not be sent until none is left. To be called as often as you like."""
    now = now or timezone.now()
    dead = OutgoingEmail.objects.filter(state=OutgoingEmail.State.DEAD)
    count = dead.exclude(kind__in=NOT_COUNTED).count()
    queue = MailQueue.objects.filter(pk=mail_state.queue_state().pk)
    if not count:
        queue.filter(dead_told_at__isnull=False).update(dead_told_at=None)
        return False
    # One row changed: we are the one who tells.
    if not queue.filter(dead_told_at__isnull=True).update(dead_told_at=now):
        return False
    name = now.isoformat()
    return outbox.queue_for_owners(Kind.DEAD_NOTICE, name, *messages.dead_notice(count), now=now)
