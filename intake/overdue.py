"""The second notice: a mail server may have swallowed the first, and no request is to be forgotten with it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from intake import notices, outbox
from intake.models import Enquiry, EnquiryEvent


@transaction.atomic
def tell_again(*, now: datetime | None = None) -> int:
    """Tell of the requests that nobody answered in time, each once; how many. To be called as often as you like.

    One notice stands for all that became overdue since the last. What comes too soon after it waits for the next.
    """
    now = now or timezone.now()
    untold = Enquiry.objects.waiting().filter(reply_by__lt=now, second_notice_at__isnull=True)
    if not untold.exists():
        return 0
    # From here to the commit there is one who tells.
    outbox.lock_policies()
    found = list(untold.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    if not found or not notices.queue_overdue_notice(len(found), now=now):
        return 0
    Enquiry.objects.filter(pk__in=found).update(second_notice_at=now)
    kind = EnquiryEvent.Kind.SECOND_NOTICE
    EnquiryEvent.objects.bulk_create(
        [EnquiryEvent(enquiry_id=pk, kind=kind, at=now) for pk in found], batch_size=500
    )
    return len(found)
