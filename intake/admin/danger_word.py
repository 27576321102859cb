"""The words that raise the flag of danger: the owner's list."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from intake import danger
from intake.models import DangerWord

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[DangerWord]
    ModelForm = forms.ModelForm[DangerWord]
else:
    ModelAdmin, ModelForm = admin.ModelAdmin, forms.ModelForm

FEWEST_LETTERS = 3
TOO_SHORT = "Write at least three letters or digits: a shorter one stands in nearly every request."


class DangerWordForm(ModelForm):
    def clean_phrase(self) -> str:
        phrase: str = self.cleaned_data["phrase"]
        if sum(sign.isalnum() for sign in danger.as_sought(phrase)) < FEWEST_LETTERS:
            raise ValidationError(TOO_SHORT)
        return phrase


@admin.register(DangerWord)
class DangerWordAdmin(ModelAdmin):
    """What changes here counts for what patients send from then on; flags that are set stay."""

    form = DangerWordForm
    list_display = ("phrase", "is_active")
    list_editable = ("is_active",)
    list_filter = ("is_active",)
    search_fields = ("phrase",)
    actions = None
    list_per_page = 200

    def save_model(self, request: HttpRequest, obj: DangerWord, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(danger.forget)

    def delete_model(self, request: HttpRequest, obj: DangerWord) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(danger.forget)
