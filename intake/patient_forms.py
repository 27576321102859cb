from collections.abc import Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms

from intake.forms import ConsultationForm, clean_text
from intake.models import Enquiry
from intake.patient import LONGEST_TYPED


class ReferenceForm(forms.Form):
    reference = forms.CharField(
        label="Your reference",
        help_text="Eight letters and numbers, from the page you saw after you sent your request or from our email.",
        error_messages={"required": "Enter your reference"},
        # Whatever is typed gets the same answer, so nothing but an empty field is refused.
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "maxlength": LONGEST_TYPED,
            }
        ),
    )

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.attrs = {"novalidate": "novalidate"}
        helper.add_input(Submit("send", "Send me a link"))
        return helper

    def clean_reference(self) -> str:
        return clean_text(self.cleaned_data["reference"])


class ContactForm(ConsultationForm):
    """How to reach the patient: the request form's own questions about it, with its own checks."""

    def __init__(self, data: Mapping[str, Any] | None, *, now: Mapping[str, Any]) -> None:
        initial = {**now, "may_leave_message": "yes" if now["may_leave_message"] else "no"}
        if data is not None:
            data = {name: clean_text(data.get(name, "")) for name in Enquiry.CONTACT}
        super().__init__(data, initial=initial)
        self.fields = {name: self.fields[name] for name in Enquiry.CONTACT}

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.add_input(Submit("save", "Save"))
        return helper

    @property
    def answers(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in Enquiry.CONTACT}
