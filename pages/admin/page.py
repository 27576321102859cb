"""The desk where a page is written. What is saved here is the draft; only *publish* reaches readers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from content_editor.admin import ContentEditor
from csp.constants import NONCE
from csp.decorators import csp_update
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import ForeignKey, QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.decorators import method_decorator

from pages.admin import publishing
from pages.admin.blocks import INLINES, NOT_IN_FRAGMENTS
from pages.admin.choices import PictureSelect, pictures
from pages.admin.desk import signed_in
from pages.admin.fragments import is_fragment, pages_with
from pages.admin.page_form import PageForm, RelatedInline
from pages.admin.page_list import PublicFilter, shown, with_states
from pages.admin.publishing.words import draft_hash, state
from pages.admin.together import Merge, is_stale
from pages.models import Page, Source
from pages.models.blocks import KIND_OF

if TYPE_CHECKING:
    PageModelAdmin = admin.ModelAdmin[Page]
else:
    PageModelAdmin = ContentEditor


# Where each button of the editing screen leads, once the page is saved.
LEADS_TO = {
    "_save_preview": "admin:pages_page_preview_frame",
    "_save_publish": "admin:pages_page_checklist",
}


@admin.register(Page)
class PageAdmin(PageModelAdmin):
    list_display = ["title", "kind", "address", "state", "since"]
    list_filter = ["kind", PublicFilter]
    search_fields = ["title", "slug", "menu_title"]
    # A page that readers have seen is never deleted, so there is nothing to do to many at once.
    actions = None
    form = PageForm

    class Media:
        js = [
            "js/editor-nonce.js",
            Script("js/editor.js", type="module"),
            Script("js/editor-pictures.js", type="module"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Page]:
        return super().get_queryset(request).select_related("edited_by")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Django gives a list the scripts of the form, too, and these find no form there.
        context = {"media": forms.Media(), **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = changelist.result_list
        if isinstance(rows, QuerySet):
            changelist.result_list = with_states(rows)
        return changelist

    def get_fieldsets(self, request: HttpRequest, obj: Page | None = None) -> Any:
        further = ["owner", "review_interval_months", "staff_note"]
        if not is_fragment(obj):
            further = ["menu_title", "image", *further]
        return [
            (None, {"fields": ["kind", "title", "slug", "summary"]}),
            ("Picture, owner, notes", {"fields": further, "classes": ["collapse"]}),
        ]

    def get_inlines(self, request: HttpRequest, obj: Page | None = None) -> list[Any]:
        if obj and not self.has_change_permission(request, obj):
            return []
        if is_fragment(obj):
            return [inline for inline in INLINES if KIND_OF[inline.model] not in NOT_IN_FRAGMENTS]
        return [*INLINES, RelatedInline]

    def get_form(
        self, request: HttpRequest, obj: Page | None = None, change: bool = False, **kwargs: Any
    ) -> type[PageForm]:
        form = cast(type[PageForm], super().get_form(request, obj, change, **kwargs))
        form.conflict = getattr(request, "conflict", None)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": signed_in(request).pk, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "owner":
            kwargs["queryset"] = User.objects.filter(is_staff=True, is_active=True)
        elif db_field.name == "image":
            kwargs |= {"queryset": pictures(), "widget": PictureSelect}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Page | None = None) -> list[str]:
        if is_fragment(obj):
            return ["kind"]
        return ["kind", "slug"] if obj and obj.has_fixed_address else []

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Page | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ["title"]}

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        was_public = obj is not None and obj.revisions.exists()
        return super().has_delete_permission(request, obj) and not was_public

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Approvals of a page that was never public go with it, by `Page.delete`."""
        found, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        given = [approval for page in objs for approval in page.approvals.all()]
        approvals = {f"Approval: {approval}" for approval in given}  # as Django names them
        return found, counts, perms_needed, [row for row in protected if row not in approvals]

    def view_on_site(self, page: Page) -> str | None:
        live = page.live_revision
        return live.path if live and live.path else None

    @admin.display(ordering="slug")
    def address(self, page: Page) -> str:
        return page.path

    @admin.display(description="for readers")
    def state(self, page: Page) -> str:
        return shown(page).pill

    @admin.display
    def since(self, page: Page) -> str:
        return shown(page).since

    def get_urls(self) -> list[URLPattern]:
        return publishing.urls(self.admin_site) + super().get_urls()

    # The editor's scripts import one another by names, and set styles of their own.
    @method_decorator(csp_update({"script-src": [NONCE], "style-src": [NONCE]}))
    @transaction.atomic
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST" and object_id and object_id.isdecimal():
            self._merge_with_saved(request, int(object_id))
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _merge_with_saved(self, request: HttpRequest, pk: int) -> None:
        """One saves at a time; who was second gets the form back."""
        page = Page.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        if page and is_stale(page, request.POST) and self.has_change_permission(request, page):
            merge = Merge(page, request.POST, [str(kind) for kind in KIND_OF.values()])
            request.POST = merge.run()
            request.conflict = merge.conflict  # type: ignore[attr-defined]  # for the form

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Page | None = None,
    ) -> HttpResponse:
        context |= {
            "sources": Source.objects.all(),
            "conflict": getattr(request, "conflict", None),
            "is_nav_sidebar_enabled": False,
            **(_about(obj) if obj else {}),
        }
        if obj and not self.has_change_permission(request, obj):
            # Past the library: its script counts on something to edit.
            return admin.ModelAdmin.render_change_form(
                self, request, context, add, change, form_url, obj
            )
        response: Any = super().render_change_form(
            request, context, add=add, change=change, form_url=form_url, obj=obj
        )
        nonce = str(request.csp_nonce)  # type: ignore[attr-defined]  # the middleware's
        response.context_data["media"] = response.context_data["media"].with_nonce(nonce)
        return cast(HttpResponse, response)

    def save_model(self, request: HttpRequest, obj: Page, form: Any, change: bool) -> None:
        if not change:
            obj.save()
        fields = [field.name for field in obj._meta.fields if field.name in form.cleaned_data]
        obj.mark_edited(by=signed_in(request), also=fields)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        # Past the library's own: it would copy any row that the request names.
        admin.ModelAdmin.save_related(self, request, form, formsets, change)
        for formset in formsets:
            for block in formset:
                if lost := getattr(block, "removed", []):
                    name = str(block.instance) or "A block"
                    text = f"“{name}”: readers can’t be shown everything that was in the text."
                    messages.warning(request, f"{text} Left out: {', '.join(lost)}.")

    def response_add(
        self, request: HttpRequest, obj: Page, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._lead_on(request, obj, super().response_add(request, obj, post_url_continue))

    def response_change(self, request: HttpRequest, obj: Page) -> HttpResponse:
        return self._lead_on(request, obj, super().response_change(request, obj))

    def _lead_on(self, request: HttpRequest, page: Page, other: HttpResponse) -> HttpResponse:
        for button in LEADS_TO.keys() & request.POST.keys():
            return redirect(LEADS_TO[button], page.pk)
        return other


def _about(page: Page) -> dict[str, Any]:
    """What the screen says above the form."""
    live = page.live_revision
    return {
        "state": state(live, draft_hash(page)),
        "moves_from": live.path if live and live.path != page.path else "",
        "is_fragment": is_fragment(page),
        "appears_on": pages_with(page) if is_fragment(page) else [],
    }
