"""The parts of a page on its editing screen: one form for each kind of block, with its own fields only."""

from collections import Counter
from collections.abc import Collection
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from content_editor.admin import ContentEditorInline
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model, QuerySet
from django.forms.widgets import Media, Script
from django.http import HttpRequest
from django_prose_editor.widgets import prose_editor_admin_media

from pages.admin.choices import LoadedChoice, PictureSelect, pictures
from pages.admin.desk import signed_in
from pages.html import clean_html
from pages.models import Block, Page
from pages.models.blocks import (
    KIND_OF,
    CallToActionBlock,
    DoDontBlock,
    FigureBlock,
    FragmentBlock,
    KeyPointsBlock,
    QuestionBlock,
    StepsBlock,
    TableBlock,
    TextBlock,
    UrgentBlock,
)

if TYPE_CHECKING:
    FormSetBase = forms.BaseInlineFormSet[Any, Page, Any]
    BlockModelForm = forms.ModelForm[Block]
    BlockStacked = admin.StackedInline[Block, Page]
else:
    FormSetBase = forms.BaseInlineFormSet
    BlockModelForm = forms.ModelForm
    BlockStacked = ContentEditorInline

WIDE = {"class": "vLargeTextField"}


# What fell away


class _Pieces(HTMLParser):
    """Counts the elements and attributes of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[f"<{tag}>"] += 1
        for name, value in attrs:
            self.found[self._attribute(tag, name, value or "")] += 1

    def _attribute(self, tag: str, name: str, value: str) -> str:
        return f"the link to {value[:60]}" if (tag, name) == ("a", "href") else f"{name} of <{tag}>"


def fallen_away(written: str, cleaned: str) -> list[str]:
    """What `clean_html` took out, in words; nothing of an element that went with all it had."""
    lost = _Pieces(written).found - _Pieces(cleaned).found
    elements = {name for name in lost if name.startswith("<")}
    return sorted(
        name for name in lost if name in elements or name.rpartition(" of ")[2] not in elements
    )


# Fields


class RichText(forms.Textarea):
    """A text area that `editor-prose.js` makes into an editor. `tools` names its tool bar there."""

    def __init__(self, tools: str = "text") -> None:
        super().__init__({"data-prose": tools, "rows": 8, **WIDE})

    @property
    def media(self) -> Any:
        return prose_media()


@cache
def prose_media() -> Any:
    """Put together once, not for each text area of a page."""
    scripts: list[Any] = [Script("js/editor-prose.js", type="module")]
    return prose_editor_admin_media + Media(js=scripts)


class BodyField(forms.CharField):
    def __init__(self, label: str = "Text", tools: str = "text", **options: Any) -> None:
        super().__init__(label=label, widget=RichText(tools), required=False, **options)

    def to_python(self, value: Any) -> str:
        # A browser ends lines with two characters; that alone is no change.
        return str(super().to_python(value)).replace("\r\n", "\n")


class RowField(forms.IntegerField):
    """The block that a form is of: the page's own, already read with the others."""

    def __init__(self, pk: int | None) -> None:
        super().__init__(required=False, initial=pk, widget=forms.HiddenInput)
        self.pk = pk

    def validate(self, value: Any) -> None:
        if value != self.pk:
            raise ValidationError("Somebody has removed this block meanwhile.")


# Forms


class BlockForm(BlockModelForm):
    # A page has one column; the editor's script wants to be told which.
    region = forms.CharField(initial="main", required=False, widget=forms.HiddenInput)
    body = BodyField()
    removed: list[str]

    class Meta:
        widgets = {"heading": forms.TextInput(attrs=WIDE), "alt": forms.TextInput(attrs=WIDE)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.removed = []
        self.instance.kind = KIND_OF[self._meta.model]
        # The checklist's lines lead to it.
        self.fields["ordering"].widget.attrs["data-anchor"] = self.instance.anchor
        for name in {"image", "fragment"} & set(self.fields):
            self.fields[name].required = True
            self.fields[name].help_text = ""

    def clean_body(self) -> str:
        written: str = self.cleaned_data["body"]
        cleaned = clean_html(written)
        self.removed = fallen_away(written, cleaned)
        return cleaned

    def _post_clean(self) -> None:
        # A block as it was is not asked for its sources again: forty of them would be forty queries.
        if self.has_changed():
            super()._post_clean()  # type: ignore[misc]  # Django's own hook, not in its stubs


class QuestionForm(BlockForm):
    body = BodyField("Answer")

    class Meta(BlockForm.Meta):
        labels = {"heading": "Question"}
        help_texts = {"heading": ""}


class HeadingForm(BlockForm):
    class Meta(BlockForm.Meta):
        help_texts = {"heading": ""}


class TableForm(HeadingForm):
    body = BodyField("Text and table", "table")


class FigureForm(BlockForm):
    body = BodyField("Caption", "line", help_text="Shown below the picture; may be empty.")

    class Meta(BlockForm.Meta):
        labels = {"alt": "Alternative text"}


class FragmentForm(BlockForm):
    body = None  # type: ignore[assignment]  # how Django takes a field out of a form


class LoadedFormSet(FormSetBase):
    """What its forms offer to choose from is read once."""

    offers: Collection[str] = ()

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name in {*self.offers} & set(form.fields):
            form.fields[name].offer(self._rows(name, form.fields[name].queryset))

    def _rows(self, name: str, queryset: QuerySet[Model]) -> dict[str, Model]:
        loaded: dict[str, dict[str, Model]] = self.__dict__.setdefault("_loaded", {})
        if name not in loaded:
            loaded[name] = {str(row.pk): row for row in queryset}
        return loaded[name]


class BlockFormSet(LoadedFormSet):
    offers = ("image", "fragment")
    moved: list[Block]

    @classmethod
    def get_default_prefix(cls) -> str:
        return str(cls._kind())

    @classmethod
    def _kind(cls) -> Block.Kind:
        assert cls.model is not None  # the factory sets it
        return KIND_OF[cls.model]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["id"] = RowField(form.instance.pk)

    def clean(self) -> None:
        super().clean()
        kind = self._kind()
        used = [form for form in self.forms if form.has_changed() or form.instance.pk]
        if used and self.instance.kind == Page.Kind.FRAGMENT and kind in NOT_IN_FRAGMENTS:
            raise ValidationError(f"A shared text can’t have a block “{kind.label}”.")

    def save(self, commit: bool = True) -> list[Block]:
        self.moved = []
        saved = super().save(commit)
        Block.objects.bulk_update(self.moved, ["ordering"])
        return saved

    def save_existing(self, form: Any, obj: Block, commit: bool = True) -> Block:
        """A block that only moved is written at once with all that did: one that is put first moves forty."""
        if set(form.changed_data) <= {"ordering", "region"}:
            self.moved.append(obj)
            return obj
        saved: Block = super().save_existing(form, obj, commit)
        return saved


# The kinds


class BlockInline(BlockStacked):
    """Who may edit blocks may edit those of any kind."""

    # What the editor's script shows in front of the kind's name.
    icon: str
    extra = 0
    fk_name = "page"
    form: type[BlockForm] = HeadingForm
    formset: Any = BlockFormSet
    exclude = ["region"]  # The form has its own.
    fields = ["region", "ordering", "heading", "body"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Block]:
        rows: QuerySet[Block] = super().get_queryset(request)
        chosen = {"image", "fragment"} & set(self.fields)
        return rows.select_related(*chosen) if chosen else rows

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs["form_class"] = LoadedChoice
        if db_field.name == "image":
            kwargs |= {"queryset": pictures(), "widget": PictureSelect}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return signed_in(request).has_perm("pages.view_block")

    def has_add_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return signed_in(request).has_perm("pages.add_block")

    def has_change_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return signed_in(request).has_perm("pages.change_block")

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return signed_in(request).has_perm("pages.delete_block")


class TextInline(BlockInline):
    model = TextBlock
    icon = "notes"


class KeyPointsInline(BlockInline):
    model = KeyPointsBlock
    icon = "vpn_key"


class StepsInline(BlockInline):
    model = StepsBlock
    icon = "format_list_numbered"


class DoDontInline(BlockInline):
    model = DoDontBlock
    icon = "rule"


class UrgentInline(BlockInline):
    model = UrgentBlock
    icon = "warning"


class QuestionInline(BlockInline):
    model = QuestionBlock
    form = QuestionForm
    icon = "help_outline"


class TableInline(BlockInline):
    model = TableBlock
    form = TableForm
    icon = "grid_on"


class CallToActionInline(BlockInline):
    model = CallToActionBlock
    icon = "event_available"


class FigureInline(BlockInline):
    model = FigureBlock
    form = FigureForm
    icon = "image"
    fields = ["region", "ordering", "image", "alt", "body"]


class FragmentInline(BlockInline):
    model = FragmentBlock
    form = FragmentForm
    icon = "content_paste"
    fields = ["region", "ordering", "fragment"]


INLINES: list[type[BlockInline]] = [
    *(TextInline, KeyPointsInline, StepsInline, DoDontInline, UrgentInline),
    *(QuestionInline, TableInline, CallToActionInline, FigureInline, FragmentInline),
]
# A shared text is words only: what includes it has the pictures.
NOT_IN_FRAGMENTS = {Block.Kind.FIGURE, Block.Kind.FRAGMENT}
