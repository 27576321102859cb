from typing import TYPE_CHECKING

from django.contrib import admin

from pages.models import Synonym

if TYPE_CHECKING:
    SynonymModelAdmin = admin.ModelAdmin[Synonym]
else:
    SynonymModelAdmin = admin.ModelAdmin


@admin.register(Synonym)
class SynonymAdmin(SynonymModelAdmin):
    list_display = ["typed_words", "found_words"]
    search_fields = ["typed", "finds"]
    actions = None
    fieldsets = [
        (
            None,
            {
                "fields": ["typed", "finds"],
                "description": "Whoever types one side in the search also finds the other. It counts at once.",
            },
        )
    ]

    @admin.display(description="people type")
    def typed_words(self, synonym: Synonym) -> str:
        return ", ".join(synonym.typed_lines)

    @admin.display(description="and find")
    def found_words(self, synonym: Synonym) -> str:
        return ", ".join(synonym.found_lines)
