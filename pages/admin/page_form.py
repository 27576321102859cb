"""What the editing screen asks about the page itself, and which pages to read next."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey
from django.http import HttpRequest

from pages.admin.blocks import LoadedFormSet
from pages.admin.choices import LoadedChoice
from pages.admin.clash import Conflict
from pages.admin.desk import signed_in
from pages.admin.fragments import is_fragment
from pages.admin.together import seen, state_of
from pages.html import one_kind_of_line_end
from pages.models import Page, RelatedPage

if TYPE_CHECKING:
    PageModelForm = forms.ModelForm[Page]
    RelatedTabular = admin.TabularInline[RelatedPage, Page]
else:
    PageModelForm = forms.ModelForm
    RelatedTabular = admin.TabularInline

WIDE = {"class": "vLargeTextField"}


class Carried(forms.CharField):
    """Goes along with the form; nobody changes it."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


# A shared text has neither an address nor a place in search engines.
OF_A_SHARED_TEXT = {
    "slug": ("Key", "Lower-case words with hyphens. For staff; readers never see it."),
    "summary": ("What it is for", "For staff; readers never see it."),
}


class PageForm(PageModelForm):
    seen_version = Carried(required=False)
    seen = Carried(required=False)
    conflict: Conflict | None = None
    """Somebody else saved the page since this form was opened: it is shown again, not saved."""

    class Meta:
        widgets = {
            "title": forms.TextInput(attrs=WIDE),
            "summary": forms.Textarea(attrs=WIDE | {"rows": 3}),
            "staff_note": forms.Textarea(attrs=WIDE | {"rows": 5}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            self.initial["seen_version"] = self.instance.version
            self.initial["seen"] = seen(state_of(self.instance))
        if is_fragment(self.instance):
            # Who may only look has none of them.
            for name in OF_A_SHARED_TEXT.keys() & self.fields.keys():
                self.fields[name].label, self.fields[name].help_text = OF_A_SHARED_TEXT[name]
        if self.instance.pk and "kind" in self.fields:
            # What is included in pages, and what is one, can't become the other.
            kind: Any = self.fields["kind"]
            kind.choices = [
                (value, label) for value, label in Page.Kind.choices if value != Page.Kind.FRAGMENT
            ]

    def clean_staff_note(self) -> str:
        # As the shipped text has it: a page that was only opened and saved has not changed.
        return one_kind_of_line_end(self.cleaned_data["staff_note"])

    def clean(self) -> dict[str, Any] | None:
        if self.conflict:
            raise ValidationError("Nothing is saved yet. Read what changed, then save again.")
        return super().clean()


class RelatedFormSet(LoadedFormSet):
    offers = ("to_page",)


class RelatedInline(RelatedTabular):
    """Who may edit the page may edit these."""

    model = RelatedPage
    formset = RelatedFormSet
    fk_name = "from_page"
    extra = 1
    verbose_name_plural = "Read next: pages that this one leads on to"

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        with_address = Page.objects.exclude(kind=Page.Kind.FRAGMENT)
        kwargs |= {"form_class": LoadedChoice, "queryset": with_address}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return signed_in(request).has_perm("pages.view_page")

    def has_change_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return signed_in(request).has_perm("pages.change_page")

    def has_add_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return self.has_change_permission(request, obj)
