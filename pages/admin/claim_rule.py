from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import get_text_list

from pages.checklist.claims import ClaimRules
from pages.checklist.patterns import PatternError, compiled
from pages.checklist.text import read_text, without_citations
from pages.checklist.words import phrase
from pages.models import ClaimRule, Revision

if TYPE_CHECKING:
    ClaimRuleModelAdmin = admin.ModelAdmin[ClaimRule]
    ClaimRuleModelForm = forms.ModelForm[ClaimRule]
else:
    ClaimRuleModelAdmin = admin.ModelAdmin
    ClaimRuleModelForm = forms.ModelForm

NAMED_FIRST = 3
# About a second's work.
MOST_READ = 200


class ClaimRuleForm(ClaimRuleModelForm):
    class Meta:
        widgets = {"advice": forms.TextInput(attrs={"class": "vLargeTextField"})}
        help_texts = {
            "exceptions": "Phrases in which it is allowed, one on a line, with the word itself: no promise of a cure."
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        text = self.cleaned_data.get("text", "")
        if self.cleaned_data.get("is_pattern"):
            self._check_pattern(text)
        elif text and not any(map(str.isalnum, "".join(phrase(text)))):
            self.add_error("text", "Write at least one letter or digit.")
        return cleaned

    def _check_pattern(self, text: str) -> None:
        try:
            compiled(text)
        except PatternError as error:
            self.add_error("text", ValidationError(str(error)))


@admin.register(ClaimRule)
class ClaimRuleAdmin(ClaimRuleModelAdmin):
    form = ClaimRuleForm
    list_display = ["text", "looked_for", "language", "level", "is_active"]
    list_filter = ["language", "level", "is_active"]
    search_fields = ["text", "advice"]
    actions = None
    fieldsets = [
        (
            None,
            {
                "fields": ["text", "is_pattern", "language", "level", "is_active"],
                "description": "The checklist looks for these words before a page is published, whatever its"
                " language. Public pages stay as they are until they are published again.",
            },
        ),
        ("When it is found", {"fields": ["advice", "exceptions"]}),
    ]

    @admin.display(description="looked for as", ordering="is_pattern")
    def looked_for(self, rule: ClaimRule) -> str:
        return "Pattern" if rule.is_pattern else "Words"

    def save_model(self, request: HttpRequest, obj: ClaimRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        messages.info(request, _where_it_stands(obj))


def _where_it_stands(rule: ClaimRule) -> str:
    if not rule.is_active:
        return f"“{rule}” is not in use: the checklist does not look for it."
    titles, is_part = live_titles_with(rule)
    those = f" Only the {MOST_READ} that went live last were read." if is_part else ""
    if not titles:
        return f"No public page has “{rule}” now.{those}"
    more = len(titles) - NAMED_FIRST
    names = titles[:NAMED_FIRST] + ([f"{more} more"] if more > 0 else [])
    pages = "1 public page has" if len(titles) == 1 else f"{len(titles)} public pages have"
    return f"{pages} “{rule}” now: {get_text_list(names, 'and')}.{those}"


def live_titles_with(rule: ClaimRule) -> tuple[list[str], bool]:
    """Names of the live pages and shared texts on which the rule finds something, and whether some were not read."""
    ready = ClaimRules([rule])
    live = Revision.objects.live(timezone.now()).order_by("-go_live_at", "-pk")
    read = list(live.values_list("snapshot", flat=True)[: MOST_READ + 1])
    titles = [
        snapshot["menu_title"]
        for snapshot in read[:MOST_READ]
        if any(
            ready.matches(without_citations(sentence))
            for passage in read_text(snapshot).passages
            for sentence in passage.sentences
        )
    ]
    return sorted(titles), len(read) > MOST_READ
