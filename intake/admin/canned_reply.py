"""The texts that staff begin a reply with."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from intake.models import CannedReply
from intake.replies import PLACEHOLDERS, problem_with

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[CannedReply]
    ModelForm = forms.ModelForm[CannedReply]
else:
    ModelAdmin, ModelForm = admin.ModelAdmin, forms.ModelForm


class CannedReplyForm(ModelForm):
    class Meta:
        model = CannedReply
        fields = ["title", "body", "is_active"]
        labels = {"body": "text"}
        help_texts = {
            "title": "What staff choose it by. Patients don’t see it.",
            "body": "Filled in when it is chosen: "
            + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            + ". Staff may change the text before it is sent.",
            "is_active": "Untick it to keep the text without offering it.",
        }

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"].replace("\r\n", "\n").strip()
        if problem := problem_with(body):
            raise ValidationError(problem)
        return body


@admin.register(CannedReply)
class CannedReplyAdmin(ModelAdmin):
    form = CannedReplyForm
    actions = None
    list_display = ("title", "is_active")
