"""Who saw which patient's data is written down before it is shown; when it can't be, nothing is shown."""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import User
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.http import HttpRequest

from intake.models import AccessEvent, Enquiry, OutgoingEmail

logger = logging.getLogger(__name__)


class NotWrittenDown(Exception):
    """Left to rise, it becomes a 503 that shows nothing (`clinic_site.errors.fail_closed`)."""


def write_down(
    request: HttpRequest,
    action: str,
    enquiries: Iterable[Enquiry] = (),
    *,
    purpose: str,
    email: OutgoingEmail | None = None,
    seen_hash: str = "",
    look: UUID | None = None,
) -> None:
    """Write an AccessEvent for each request that is about to be shown to whoever is signed in.

    Call it in the view, outside any transaction, before the response is made. `purpose` is in our words: which
    page, view or search, never what was typed. Raises NotWrittenDown; don't catch it.
    """
    assert isinstance(request.user, User)  # admin_view lets nobody else in
    try:
        with transaction.atomic(durable=True):  # nothing that comes later can take it back
            AccessEvent.record(
                request.user,
                action,
                enquiries,
                purpose=purpose,
                email=email,
                seen_hash=seen_hash,
                look=look,
            )
    except DatabaseFailure as failure:
        logger.error("An access could not be written down (%s)", type(failure).__name__)
        raise NotWrittenDown from None
