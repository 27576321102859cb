"""What the owner decided for each kind of email. Every change is an entry of the admin's log, with from and to."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from django.utils.html import format_html

from intake.admin.changes import changes_told
from intake.models import MailPolicy, OutgoingEmail

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[MailPolicy]
    ModelForm = forms.ModelForm[MailPolicy]
else:
    ModelAdmin, ModelForm = admin.ModelAdmin, forms.ModelForm

Kind = OutgoingEmail.Kind
# The others go to the person they are about.
WITH_RECIPIENTS = {
    Kind.REFERRAL: "Whom a reviewer can choose besides the care team’s mailbox and staff.",
    Kind.TRIAGE_NOTICE: "Who gets each notice besides the triage desk’s mailbox.",
    Kind.OVERDUE_NOTICE: "Who gets each notice besides the triage desk’s mailbox and the owners.",
}
MOST_RECIPIENTS = 20


class MailPolicyForm(ModelForm):
    class Meta:
        model = MailPolicy
        fields = ["needs_review", "recipients", "may_hold_details"]

    def clean_needs_review(self) -> bool:
        # The form leaves `kind` out, and with it Django leaves out the constraint that reads it.
        wanted: bool = self.cleaned_data["needs_review"]
        candidate = MailPolicy(kind=self.instance.kind, needs_review=wanted)
        try:
            candidate.validate_constraints(exclude={"id"})
        except ValidationError as error:
            raise ValidationError(error.messages) from None
        return wanted

    def clean_recipients(self) -> str:
        found = MailPolicy(recipients=self.cleaned_data["recipients"]).addresses
        if len(found) > MOST_RECIPIENTS:
            raise ValidationError(f"Enter at most {MOST_RECIPIENTS} addresses.")
        for address in found:
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(f"“{address}” is no email address.") from None
        return "\n".join(dict.fromkeys(found))


@admin.register(MailPolicy)
class MailPolicyAdmin(ModelAdmin):
    form = MailPolicyForm
    actions = None
    list_display = ("email", "needs_review", "may_hold_details")
    readonly_fields = ("email",)

    def get_fields(self, request: HttpRequest, obj: MailPolicy | None = None) -> list[Any]:
        recipients = ["recipients"] if obj and obj.kind in WITH_RECIPIENTS else []
        return ["email", "needs_review", *recipients, "may_hold_details"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj and obj.kind in WITH_RECIPIENTS:
            kwargs["help_texts"] = {
                "recipients": f"{WITH_RECIPIENTS[obj.kind]} One address on each line."
            }
        return super().get_form(request, obj, change, **kwargs)

    @admin.display(description="email")
    def email(self, policy: MailPolicy) -> str:
        return format_html("{}", Kind(policy.kind).label)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        return changes_told(form)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: MailPolicy | None = None) -> bool:
        return False
