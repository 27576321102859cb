from typing import TYPE_CHECKING

from django.contrib import admin

from pages.models import OldPath

if TYPE_CHECKING:
    OldPathModelAdmin = admin.ModelAdmin[OldPath]
else:
    OldPathModelAdmin = admin.ModelAdmin


@admin.register(OldPath)
class OldPathAdmin(OldPathModelAdmin):
    list_display = ["path", "leads_to"]
    list_select_related = ["page"]
    search_fields = ["path"]
    actions = None
    fieldsets = [
        (
            None,
            {
                "fields": ["path", "page"],
                "description": "For addresses of the site before this one. When one of our own pages moves, its old"
                " address leads to the new one by itself.",
            },
        )
    ]

    @admin.display
    def leads_to(self, old: OldPath) -> str:
        return str(old.page) if old.page else "Nowhere: readers are told that it is gone"
