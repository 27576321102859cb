"""Choosing another row in a form: one reading for all forms of a screen, and pictures that can be seen."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms.models import ModelChoiceIteratorValue
from django.urls import reverse

from pages.models import Image
from pages.templatetags.pictures import cropped

if TYPE_CHECKING:
    LoadedChoiceBase = forms.ModelChoiceField[Model]
else:
    LoadedChoiceBase = forms.ModelChoiceField


class LoadedChoice(LoadedChoiceBase):
    """Its rows are read once for all forms of a formset, not once a form."""

    rows: dict[str, Model] = {}

    def offer(self, rows: dict[str, Model]) -> None:
        self.rows = rows
        named = ((ModelChoiceIteratorValue(row.pk, row), str(row)) for row in rows.values())
        self.choices = [("", "Choose one"), *named]

    def to_python(self, value: Any) -> Model | None:
        if value in self.empty_values:
            return None
        try:
            return self.rows[str(value)]
        except KeyError:
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice") from None


class PictureSelect(forms.Select):
    """Each option says where a small file of its picture is; `editor-pictures.js` shows the chosen one."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if image := getattr(value, "instance", None):
            option["attrs"]["data-picture"] = small_file(image)
        return option


def small_file(image: Image) -> str:
    """Its address; empty for a picture without files."""
    picture = cropped(image.as_snapshot(), "whole")
    return reverse("media", args=[picture.smallest["file"]]) if picture else ""


def pictures() -> QuerySet[Image]:
    """What a `PictureSelect` offers."""
    return Image.objects.prefetch_related("renditions")
