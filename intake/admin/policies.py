from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from intake.models import MailPolicy, OutgoingEmail

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[MailPolicy]
    ModelForm = forms.ModelForm[MailPolicy]
else:
    ModelAdmin, ModelForm = admin.ModelAdmin, forms.ModelForm


class MailPolicyForm(ModelForm):
    class Meta:
        model = MailPolicy
        fields = ["needs_review"]

    def clean_needs_review(self) -> bool:
        # The form leaves `kind` out, and with it Django leaves out the constraint that reads it.
        wanted: bool = self.cleaned_data["needs_review"]
        candidate = MailPolicy(kind=self.instance.kind, needs_review=wanted)
        try:
            candidate.validate_constraints(exclude={"id"})
        except ValidationError as error:
            raise ValidationError(error.messages) from None
        return wanted


@admin.register(MailPolicy)
class MailPolicyAdmin(ModelAdmin):
    form = MailPolicyForm
    actions = None
    list_display = ("email", "needs_review")
    readonly_fields = ("email",)
    fields = ("email", "needs_review")

    @admin.display(description="email")
    def email(self, policy: MailPolicy) -> str:
        return str(OutgoingEmail.Kind(policy.kind).label)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: MailPolicy | None = None) -> bool:
        return False
