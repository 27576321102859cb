from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from pages.models import GlossaryTerm

if TYPE_CHECKING:
    GlossaryModelAdmin = admin.ModelAdmin[GlossaryTerm]
else:
    GlossaryModelAdmin = admin.ModelAdmin


@admin.register(GlossaryTerm)
class GlossaryTermAdmin(GlossaryModelAdmin):
    list_display = ["term", "other_forms", "explanation"]
    search_fields = ["term", "variants", "explanation"]
    actions = None
    fieldsets = [
        (
            None,
            {
                "fields": ["term", "variants", "explanation"],
                "description": "Explained where a page first uses it. What is saved here readers see at once, on"
                " every page.",
            },
        )
    ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "explanation":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display
    def other_forms(self, term: GlossaryTerm) -> str:
        return ", ".join(term.forms[1:])
