from intake.models.access import AccessEvent, RetentionPass
from intake.models.desk import Desk, RetentionRule, Tombstone
from intake.models.email import OutgoingEmail
from intake.models.email_version import EmailVersion
from intake.models.enquiry import Enquiry
from intake.models.event import EnquiryEvent
from intake.models.name_word import NameWord
from intake.models.patient_link import LinkWish, PatientLink
from intake.models.queue import MailPolicy, MailQueue
from intake.models.work import CannedReply, ContactAttempt, DangerWord, Note, Viewing

__all__ = [
    "AccessEvent",
    "CannedReply",
    "ContactAttempt",
    "DangerWord",
    "Desk",
    "EmailVersion",
    "Enquiry",
    "EnquiryEvent",
    "LinkWish",
    "MailPolicy",
    "MailQueue",
    "NameWord",
    "Note",
    "OutgoingEmail",
    "PatientLink",
    "RetentionPass",
    "RetentionRule",
    "Tombstone",
    "Viewing",
]
