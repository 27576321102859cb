"""The forms of a request's page. Each keeps what was typed through every refusal."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils import timezone

from intake.attempts import LONGEST_NOTE as LONGEST_ATTEMPT_NOTE
from intake.models import CannedReply, ContactAttempt
from intake.notes import LONGEST_NOTE

MINUTES = "%Y-%m-%dT%H:%M"


def new_row() -> uuid.UUID:
    return uuid.uuid4()


class RowField(forms.UUIDField):
    """Hidden: the key of the row to be made, so that a form sent twice makes one."""

    def __init__(self) -> None:
        super().__init__(
            initial=new_row,
            widget=forms.HiddenInput,
            error_messages={"required": "Load the page again.", "invalid": "Load the page again."},
        )


class MomentField(forms.DateTimeField):
    """A time that came twice, because clocks went back, is the earlier one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
            error_messages={"invalid": "Enter a date and a time"},
            **options,
        )

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            if error.code != "ambiguous_timezone" or not error.params:
                raise
            typed: datetime = error.params["datetime"]
        earlier = timezone.make_aware(typed)
        if timezone.make_naive(earlier.astimezone(UTC)) != typed:
            raise forms.ValidationError("Clocks skipped this time that night. Enter another")
        return earlier


class NoteForm(forms.Form):
    row = RowField()
    text = forms.CharField(
        label="Note to colleagues",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"required": "Write the note first", "max_length": "This note is too long"},
    )

    def __init__(self, data: Any = None, *, names: list[str] | None = None) -> None:
        super().__init__(data, auto_id="note_%s")
        told = "The patient doesn’t see it."
        if names:
            told += (
                f" Tell a colleague by email with @name: {', '.join(f'@{name}' for name in names)}."
            )
        self.fields["text"].help_text = told


class AttemptForm(forms.Form):
    row = RowField()
    method = forms.ChoiceField(
        label="How",
        choices=ContactAttempt.Method.choices,
        error_messages={"required": "Choose how you tried"},
    )
    outcome = forms.ChoiceField(
        label="What came of it",
        choices=[("", "Choose what came of it"), *ContactAttempt.Outcome.choices],
        error_messages={"required": "Choose what came of it"},
    )
    at = MomentField(label="When", required=False, help_text="Empty: just now.")
    next_try_at = MomentField(label="Next try", required=False)
    note = forms.CharField(
        label="What was said",
        required=False,
        max_length=LONGEST_ATTEMPT_NOTE,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        error_messages={"max_length": "This is too long"},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        method: str = "",
        suggestion: datetime | None = None,
        may_leave_message: bool = True,
    ) -> None:
        super().__init__(data, initial={"method": method}, auto_id="attempt_%s")
        if not may_leave_message:
            self.fields["outcome"].help_text = "Leave no message with this person."
        told = "Empty: we suggest one when nobody was reached"
        if suggestion:
            told += f", now {timezone.localtime(suggestion):%a %-d %b, %H:%M}"
        self.fields["next_try_at"].help_text = f"{told}."


def canned_choices() -> Iterator[tuple[str, str]]:
    yield "", "Choose a text"
    for reply in CannedReply.objects.filter(is_active=True):
        yield str(reply.pk), reply.title


class ReplyForm(forms.Form):
    row = RowField()
    canned = forms.ChoiceField(label="Begin with", required=False, choices=canned_choices)
    subject = forms.CharField(
        label="Subject",
        max_length=200,
        help_text="Anyone who looks at the phone may read it, so it says nothing about the clinic or health.",
        error_messages={
            "required": "Enter a subject",
            "max_length": "Write at most 200 characters",
        },
    )
    body = forms.CharField(
        label="Text",
        strip=False,
        max_length=5000,
        help_text="Email is not private: leave out what the patient wrote.",
        widget=forms.Textarea(attrs={"rows": 12, "dir": "auto"}),
        error_messages={"required": "Enter a text", "max_length": "Write at most 5,000 characters"},
    )

    def __init__(self, data: Any = None, *, subject: str, is_fixed: bool) -> None:
        super().__init__(data, initial={"subject": subject})
        if is_fixed:
            field = self.fields["subject"]
            # Django then takes the initial value, whatever is sent.
            field.disabled = True
            field.help_text = (
                "It can’t be changed: this person did not say that we may leave a message."
            )

    def clean_subject(self) -> str:
        return " ".join(self.cleaned_data["subject"].split())

    def clean_body(self) -> str:
        # Browsers send CR LF.
        body: str = self.cleaned_data["body"].replace("\r\n", "\n")
        if not body.strip():
            raise forms.ValidationError("Enter a text")
        return body
