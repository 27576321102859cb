"""The desk where a page is written. What is saved here is the draft; only *publish* reaches readers."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.views.decorators.http import require_POST, require_safe

from pages.admin.desk import log, signed_in
from pages.models import Block, Page, RelatedPage, Revision
from pages.models.revision import snapshot_hash
from pages.views import render_draft

if TYPE_CHECKING:
    BlockModelForm = forms.ModelForm[Block]
    PageModelForm = forms.ModelForm[Page]
    BlockTabular = admin.StackedInline[Block, Page]
    PageModelAdmin = admin.ModelAdmin[Page]
    RelatedTabular = admin.TabularInline[RelatedPage, Page]
    RevisionTabular = admin.TabularInline[Revision, Page]
else:
    BlockModelForm = PageModelForm = forms.ModelForm
    BlockTabular = admin.StackedInline
    PageModelAdmin = admin.ModelAdmin
    RelatedTabular = RevisionTabular = admin.TabularInline


WIDE = {"class": "vLargeTextField"}


class PageForm(PageModelForm):
    class Meta:
        widgets = {
            "title": forms.TextInput(attrs=WIDE),
            "summary": forms.Textarea(attrs=WIDE | {"rows": 3}),
            "staff_note": forms.Textarea(attrs=WIDE | {"rows": 5}),
        }


class BlockForm(BlockModelForm):
    class Meta:
        widgets = {
            "heading": forms.TextInput(attrs=WIDE),
            "body": forms.Textarea(attrs=WIDE | {"rows": 10}),
        }
        help_texts = {
            "body": "Paragraphs, lists, links and tables as HTML; cite a source with [@key]. Leave out the clinic’s"
            " telephone and e-mail: they may change. Write “call us” with a link to /contact/ instead."
        }


class BlockInline(BlockTabular):
    model = Block
    fk_name = "page"
    form = BlockForm
    extra = 0
    fields = ["ordering", "kind", "heading", "body"]
    verbose_name_plural = "Blocks: the parts of the page, in the order of their numbers"


class RelatedInline(RelatedTabular):
    """Who may edit the page may edit these."""

    model = RelatedPage
    fk_name = "from_page"
    extra = 1
    verbose_name_plural = "Read next: pages that this one leads on to"

    def has_view_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return signed_in(request).has_perm("pages.view_page")

    def has_change_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return signed_in(request).has_perm("pages.change_page")

    def has_add_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return self.has_change_permission(request, obj)


class RevisionInline(RevisionTabular):
    """What was published, when, and by whom. Nobody can change that."""

    model = Revision
    fields = ["number", "published", "by", "note", "taken_back"]
    readonly_fields = ["number", "published", "by", "note", "taken_back"]
    ordering = ["-number"]
    can_delete = False
    verbose_name_plural = "Published so far"

    def has_add_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        return super().get_queryset(request).select_related("created_by", "withdrawn_by")

    @admin.display
    def published(self, revision: Revision) -> str:
        return moment(revision.go_live_at)

    @admin.display
    def by(self, revision: Revision) -> str:
        return str(revision.created_by or "with the site")

    @admin.display
    def taken_back(self, revision: Revision) -> str:
        if not revision.withdrawn_at:
            return ""
        return f"{moment(revision.withdrawn_at)} by {revision.withdrawn_by}"


class PublicFilter(admin.SimpleListFilter):
    title = "public"
    parameter_name = "public"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Public"), ("no", "Not public")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Page]) -> QuerySet[Page]:
        live = Exists(Revision.objects.live(timezone.now()).filter(page=OuterRef("pk")))
        return queryset.filter({"yes": live, "no": ~live}.get(self.value() or "", Q()))


def state(page: Page) -> str:
    """What readers see of the page, and whether the draft says something else."""
    live = page.live_revision
    if live is None:
        return "Not public"
    since = f"Public since {moment(live.go_live_at)}"
    same = draft_hash(page) == live.hash
    return since if same else f"{since}; the draft differs from what is public"


def draft_hash(page: Page) -> str:
    """Empty when the draft can't be published."""
    try:
        return snapshot_hash(page.draft_snapshot())
    except ValidationError:
        return ""


def moment(when: datetime) -> str:
    return date_format(timezone.localtime(when), "DATETIME_FORMAT")


@admin.register(Page)
class PageAdmin(PageModelAdmin):
    list_display = ["title", "kind", "address", "state"]
    list_filter = ["kind", PublicFilter]
    search_fields = ["title", "slug", "menu_title"]
    # A page that readers have seen is never deleted, so there is nothing to do to many at once.
    actions = None
    form = PageForm
    fields = ["kind", "title", "menu_title", "slug", "summary", "staff_note"]
    inlines = [BlockInline, RelatedInline, RevisionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Page]:
        return super().get_queryset(request).prefetch_related("blocks", "related_links")

    def get_readonly_fields(self, request: HttpRequest, obj: Page | None = None) -> list[str]:
        return ["kind", "slug"] if obj and obj.has_fixed_address else []

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Page | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ["title"]}

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        was_public = obj is not None and obj.revisions.exists()
        return super().has_delete_permission(request, obj) and not was_public

    def view_on_site(self, page: Page) -> str | None:
        live = page.live_revision
        return live.path if live else None

    @admin.display(ordering="slug")
    def address(self, page: Page) -> str:
        return page.path

    @admin.display(description="for readers")
    def state(self, page: Page) -> str:
        return state(page)

    def get_urls(self) -> list[URLPattern]:
        buttons = {"preview": preview, "publish": publish, "unpublish": unpublish}
        return [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"pages_page_{name}")
            for name, view in buttons.items()
        ] + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context: dict[str, Any] = {}
        if page := self.get_object(request, object_id):
            live = page.live_revision
            context = {
                "state": state(page),
                "is_public": live is not None,
                "moves_from": live.path if live and live.path != page.path else "",
                "publish_form": PublishForm(initial={"seen": draft_hash(page)})
                if signed_in(request).has_perm("pages.publish_page")
                else None,
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


class PublishForm(forms.Form):
    note = forms.CharField(max_length=200, required=False)
    # What the page's form showed: another draft is not published unread.
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)


@require_safe
@permission_required("pages.view_page", raise_exception=True)
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft as readers would see it. `admin_view` has it stored nowhere."""
    page = get_object_or_404(Page, pk=pk)
    try:
        response = render_draft(request, page)
    except ValidationError as error:
        return _back(request, page, error)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@permission_required("pages.publish_page", raise_exception=True)
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=pk)
    before = page.live_revision
    form = PublishForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError([text for data in form.errors.values() for text in data])
        revision = page.publish(
            by=signed_in(request),
            note=form.cleaned_data["note"],
            seen=form.cleaned_data["seen"],
        )
    except ValidationError as error:
        return _back(request, page, error)
    if revision == before:
        messages.info(request, "Readers see just this text already, so nothing was published.")
    else:
        log(request, page, f"Published as number {revision.number}.")
        # Later than now when the clock of the host that published last is ahead of this one.
        late = revision.go_live_at > timezone.now()
        when = f"from {moment(revision.go_live_at)}" if late else "now"
        messages.success(request, f"Published. Readers see it {when} at {revision.path}")
    return _back(request, page)


@require_POST
@permission_required("pages.publish_page", raise_exception=True)
def unpublish(request: HttpRequest, pk: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=pk)
    if page.live_revision is None:
        messages.info(request, "The page is not public.")
        return _back(request, page)
    try:
        page.unpublish(by=signed_in(request))
    except ValidationError as error:
        return _back(request, page, error)
    log(request, page, "Taken from the public.")
    messages.success(request, "Readers no longer see this page. The draft is as it was.")
    return _back(request, page)


def _back(
    request: HttpRequest, page: Page, error: ValidationError | None = None
) -> HttpResponseRedirect:
    for text in in_words(error) if error else []:
        messages.error(request, text)
    return redirect("admin:pages_page_change", page.pk)


def in_words(error: ValidationError) -> list[str]:
    """Each problem with the name of its field, as the form has it."""
    if not hasattr(error, "error_dict"):
        return error.messages
    labels = {field.name: capfirst(field.verbose_name) for field in Page._meta.fields}
    return [
        f"{labels[name]}: {text}" if name in labels else text
        for name, texts in error.message_dict.items()
        for text in texts
    ]
