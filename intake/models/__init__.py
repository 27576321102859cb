from intake.models.email import OutgoingEmail
from intake.models.enquiry import Enquiry, EnquiryEvent
from intake.models.queue import MailPolicy, MailQueue

__all__ = ["Enquiry", "EnquiryEvent", "MailPolicy", "MailQueue", "OutgoingEmail"]
