"""A request deleted by hand, as docs/operate.md says and the privacy notice promises."""

import pytest

from intake.models import Enquiry, EnquiryEvent, OutgoingEmail
from tests.intake.mail_rows import ask

pytestmark = pytest.mark.django_db


def test_deleting_a_request_leaves_nothing_of_it() -> None:
    reference = ask().reference
    Enquiry.objects.filter(reference=reference).delete()
    assert not Enquiry.objects.exists()
    assert not EnquiryEvent.objects.exists()
    assert not OutgoingEmail.objects.filter(enquiry__isnull=False).exists()
