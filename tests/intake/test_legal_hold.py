"""A request that must be kept, whatever its retention rule says."""

import pytest
from django.contrib.auth.models import User

from intake.models import Enquiry
from intake.models.errors import NotAllowed
from tests.intake.mail_rows import bare_enquiry

pytestmark = pytest.mark.django_db


def test_it_is_held_with_a_reason_until_it_is_released(owner: User) -> None:
    enquiry = bare_enquiry()
    with pytest.raises(NotAllowed, match="Say why"):
        enquiry.hold("  ", by=owner)
    enquiry.hold("The college asked for it.", by=owner)
    held = Enquiry.objects.get()
    assert (held.held_by, held.hold_reason) == (owner, "The college asked for it.")
    with pytest.raises(NotAllowed, match="already"):
        held.hold("Again", by=owner)
    held.release(by=owner)
    released = Enquiry.objects.get()
    assert (released.held_at, released.held_by, released.hold_reason) == (None, None, "")
    with pytest.raises(NotAllowed, match="is not on legal hold"):
        released.release(by=owner)
    # The reason may name the patient, so it stands in no event.
    assert [(e.kind, e.detail) for e in released.events.all()] == [("held", ""), ("released", "")]
