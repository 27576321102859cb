from typing import TYPE_CHECKING

from django.contrib import admin

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

    @admin.display
    def other_forms(self, term: GlossaryTerm) -> str:
        return ", ".join(term.forms[1:])
