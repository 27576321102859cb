"""What the desks for requests and for e-mails have in common."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from intake.models.errors import NotAllowed
from intake.sealed import CannotOpen

CANNOT_OPEN = "A part of this can’t be opened, so nothing was changed."

Row = TypeVar("Row", bound=Model)
Page = Callable[..., HttpResponse]

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Row]
else:
    ModelAdmin = admin.ModelAdmin


class Desk(ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """A list of rows that come from elsewhere and are changed by their verbs alone."""

    actions = None
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    empty_value_display = ""
    lookups: frozenset[str] = frozenset()
    """What may stand in the address. Anything else could ask about a column that is not shown."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in self.lookups


class Tabs(admin.SimpleListFilter):
    """A filter that stands above the list, where a phone shows it too."""

    title = "view"
    parameter_name = "view"
    template = "admin/includes/tabs.html"
    everything = "All"
    is_tabs = True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": self.everything}
        yield from others


def signed_in(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def require_permission(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):  # type: ignore[union-attr]  # admin_view lets only staff in
        raise PermissionDenied


def page_path(model: type[Model], pk: UUID) -> str:
    return reverse(f"admin:intake_{model._meta.model_name}_change", args=[pk])


def button(permission: str, back: str) -> Callable[[Page], Page]:
    """A view that takes a POST alone and has no page of its own: who is signed out meanwhile comes back to `back`."""

    def decorate(press: Page) -> Page:
        @never_cache
        @wraps(press)
        def view(request: HttpRequest) -> HttpResponse:
            if not admin.site.has_permission(request):
                return redirect_to_login(reverse(back), reverse("admin:login"))
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            require_permission(request, permission)
            return press(request)

        return view

    return decorate


def verb(
    model: type[Row], permission: str, page: Page
) -> Callable[[Callable[[HttpRequest, Row], str]], Page]:
    """The view of a button. What is decorated calls the verb and returns what to tell.

    A verb that is refused leads back to the page, with what was typed.
    """

    def decorate(call: Callable[[HttpRequest, Row], str]) -> Page:
        @never_cache
        @wraps(call)
        def view(request: HttpRequest, pk: UUID) -> HttpResponse:
            if not admin.site.has_permission(request):
                # Signed out meanwhile. The button has no page of its own to come back to.
                return redirect_to_login(page_path(model, pk), reverse("admin:login"))
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            require_permission(request, permission)
            row = get_object_or_404(model, pk=pk)
            try:
                told = call(request, row)
            except (NotAllowed, CannotOpen) as refusal:
                is_sealed = isinstance(refusal, CannotOpen)
                messages.error(request, CANNOT_OPEN if is_sealed else str(refusal))
                response = page(request, pk)
                response.status_code = 409
                return response
            messages.success(request, told)
            return redirect(page_path(model, pk))

        return view

    return decorate
