from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User

from intake.models import MailPolicy, OutgoingEmail


def recipients() -> list[tuple[str, str]]:
    """Who may get a referral: the care team's mailbox, staff who can open the request, and whom the owner added."""
    found = {settings.REFERRAL_EMAIL: f"Care team’s mailbox ({settings.REFERRAL_EMAIL})"}
    readers = User.objects.with_perm(
        "intake.view_enquiry", backend="django.contrib.auth.backends.ModelBackend"
    )
    staff = readers.filter(is_staff=True).exclude(email="")
    for user in staff.order_by("username"):
        found.setdefault(user.email, f"{user.get_full_name() or user.username} ({user.email})")
    for address in MailPolicy.objects.get(kind=OutgoingEmail.Kind.REFERRAL).addresses:
        found.setdefault(address, address)
    return list(found.items())


class ReferralForm(forms.Form):
    recipient = forms.ChoiceField(
        label="Who gets it",
        error_messages={
            "required": "Choose who gets it",
            "invalid_choice": "Choose somebody from the list",
        },
    )
    urgency = forms.ChoiceField(
        label="How urgent it is",
        choices=OutgoingEmail.Urgency.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how urgent it is",
            "invalid_choice": "Choose from the list",
        },
    )
    note = forms.CharField(
        label="Note to the care team",
        required=False,
        max_length=500,
        help_text="Do not put in what the patient wrote, or who they are: email is not private."
        " They read that in the request itself. Up to 500 characters.",
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"max_length": "Write at most 500 characters"},
    )

    def __init__(self, data: Mapping[str, Any] | None, *, email: OutgoingEmail) -> None:
        now = {"recipient": email.recipient, "urgency": email.urgency, "note": email.note}
        super().__init__(data, initial=now)
        choice = self.fields["recipient"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = recipients()
        if email.recipient not in dict(recipients()):
            choice.choices = [("", "Choose who gets it"), *recipients()]

    def clean_note(self) -> str:
        return _lines(self.cleaned_data["note"])


class TextForm(forms.Form):
    subject = forms.CharField(
        label="Subject",
        max_length=200,
        help_text="Anyone who looks at the phone may read it.",
        error_messages={
            "required": "Enter a subject",
            "max_length": "Write at most 200 characters",
        },
    )
    body = forms.CharField(
        label="Text",
        strip=False,
        max_length=5000,
        help_text="Do not put in what the patient wrote: email is not private.",
        widget=forms.Textarea(attrs={"rows": 16, "dir": "auto"}),
        error_messages={"required": "Enter a text", "max_length": "Write at most 5,000 characters"},
    )

    def __init__(self, data: Mapping[str, Any] | None, *, email: OutgoingEmail) -> None:
        super().__init__(data, initial={"subject": email.subject, "body": email.body})
        if email.subject_is_fixed:
            self.fields["subject"].disabled = True
            self.fields[
                "subject"
            ].help_text = "The patient wants no message left, so it stays as it is."

    def clean_body(self) -> str:
        return _lines(self.cleaned_data["body"])


def _lines(text: str) -> str:
    """Browsers send CR LF."""
    return text.replace("\r\n", "\n")
