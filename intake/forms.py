"""The consultation request: what is asked, in which order, and what is said when an answer is missing."""

import re
from typing import Any

import phonenumbers
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from intake.lookups import REGION
from intake.models import Enquiry
from intake.submission import Answers

NOTICE_PATH = "/privacy/"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
REPLACEMENT = "\ufffd"
EMAIL_FORMAT = "Enter an email address in the correct format, like name@example.com"
PLAIN_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")


def clean_text(text: str) -> str:
    """As typed, without what nobody types: control characters go, halves of characters become U+FFFD."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return SURROGATE.sub(REPLACEMENT, CONTROL.sub("", text))


class ShortField(forms.CharField):
    """One line, at most `most` characters as a person counts them: code points."""

    def __init__(self, *, most: int, called: str, **kwargs: Any) -> None:
        self.most, self.called = most, called
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text if isinstance(self.widget, forms.Textarea) else " ".join(text.split("\n"))

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > self.most:
            raise ValidationError(
                f"Shorten {self.called} to {self.most:,} characters or fewer."
                f" It has {len(value):,} now."
            )


class ConsultationForm(forms.Form):
    # Needed or not by the way of contact that was chosen, so not labelled "(optional)".
    conditional_fields = frozenset({"email", "phone"})

    name = ShortField(
        most=100,
        called="the name",
        label="What should we call you?",
        help_text="Any name you are comfortable with.",
        error_messages={"required": "Enter the name you would like us to use"},
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    contact_method = forms.ChoiceField(
        label="How should we contact you?",
        choices=Enquiry.ContactMethod.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how we should contact you",
            "invalid_choice": "Choose email or phone",
        },
    )
    email = forms.EmailField(
        label="Email address",
        required=False,
        help_text="We use it only to answer you. Needed if you chose email.",
        error_messages={"invalid": EMAIL_FORMAT},
        # Its own check has a limit too; with two of them one slip would be told twice.
        max_length=None,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    phone = ShortField(
        most=40,
        called="the phone number",
        label="Phone number",
        required=False,
        help_text="We use it only to answer you. Needed if you chose phone.",
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "dir": "auto"}
        ),
    )
    may_leave_message = forms.TypedChoiceField(
        label="If we call and you can’t answer, may we leave a message?",
        required=False,
        choices=[("yes", "Yes"), ("no", "No")],
        initial="no",
        coerce=lambda value: value == "yes",
        empty_value=False,  # type: ignore[arg-type]  # the stubs know texts only
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose yes or no"},
    )
    best_time = forms.ChoiceField(
        label="When is a good time to call?",
        required=False,
        choices=[("", "Choose if you like"), *Enquiry.BestTime.choices],
        error_messages={"invalid_choice": "Choose a time to call from the list"},
    )
    topic = forms.ChoiceField(
        label="What is it about?",
        required=False,
        choices=[("", "Choose if you like"), *Enquiry.Topic.choices],
        error_messages={"invalid_choice": "Choose what it is about from the list"},
    )
    on_behalf_of = forms.ChoiceField(
        label="Who is the consultation for?",
        required=False,
        choices=[("", "Choose if you like"), *Enquiry.OnBehalfOf.choices],
        error_messages={"invalid_choice": "Choose who it is for from the list"},
    )
    message = ShortField(
        most=1000,
        called="your message",
        label="What would you like help with?",
        required=False,
        help_text="A few words are enough, up to 1,000 characters. Leave out what you would rather say in person.",
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )
    access_needs = ShortField(
        most=300,
        called="what would make it easier",
        label="What would make a visit or a call easier for you?",
        required=False,
        help_text="For example a ramp, an interpreter or a text message first. Up to 300 characters.",
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    notice_read = forms.BooleanField(
        label=format_html(
            'I have read <a href="{}" target="_blank" rel="noopener">how we keep what you tell us'
            " (opens in a new tab)</a>",
            NOTICE_PATH,
        ),
        error_messages={
            "required": "Tick the box to say that you have read how we keep what you tell us"
        },
    )
    notice_read.legend = "Privacy notice"  # type: ignore[attr-defined]  # for clinic/checkbox.html
    form_token = forms.CharField(required=False, widget=forms.HiddenInput)
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_id = "request-form"
        helper.attrs = {"novalidate": "novalidate"}
        shown = [name for name in self.fields if name != "website"]
        helper.layout = Layout(*shown, Field("website", template="clinic/leave_empty.html"))
        helper.add_input(Submit("send", "Send your request"))
        return helper

    def clean_email(self) -> str:
        # Quoted and encoded forms are allowed by the standard, typed by nobody, and read in different ways by
        # mail libraries: the address that is shown and approved must be the one that gets the mail.
        email: str = self.cleaned_data["email"]
        if email and (not PLAIN_LOCAL_PART.fullmatch(email.rpartition("@")[0]) or "=?" in email):
            raise ValidationError(EMAIL_FORMAT)
        return email

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if phone:
            try:
                possible = phonenumbers.is_possible_number(phonenumbers.parse(phone, REGION))
            except phonenumbers.NumberParseException:
                possible = False
            if not possible:
                raise ValidationError("Enter a phone number with its area code, like 416-555-0123")
        return phone

    def clean(self) -> dict[str, Any]:
        answers = self.cleaned_data
        method = answers.get("contact_method")
        if method == Enquiry.ContactMethod.EMAIL and not answers.get("email", "-"):
            self.add_error("email", "Enter your email address")
        if method == Enquiry.ContactMethod.PHONE and not answers.get("phone", "-"):
            self.add_error("phone", "Enter your phone number")
        return answers

    @property
    def answers(self) -> Answers:
        """What a valid form says, by the names of the enquiry's fields."""
        return {name: self.cleaned_data[name] for name in Enquiry.ANSWERS}
