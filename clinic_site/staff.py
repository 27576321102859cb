"""Accounts of staff. Nobody gives, takes or touches more rights than they have."""

from typing import TYPE_CHECKING, Any

import django.contrib.auth.admin  # noqa: F401  # registers what is replaced below
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToManyField, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse

from clinic_site.sign_in import queue_password_link

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[User]
    ModelForm = forms.ModelForm[User]
else:
    ModelAdmin, ModelForm = admin.ModelAdmin, forms.ModelForm


# To sign for what a page says is a clinician's; the owner names who may, and may not do it.
GIVEN_BUT_NOT_HELD = Q(content_type__app_label="pages", codename="approve_page")


def rights(user: User) -> set[int]:
    """What the account may do once it is active: Django says "nothing" of one that is disabled."""
    found = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    return set(found.values_list("pk", flat=True))


def rights_beyond(actor: User) -> QuerySet[Permission]:
    """What `actor` may not give, nor touch in others."""
    return Permission.objects.exclude(pk__in=rights(actor)).exclude(GIVEN_BUT_NOT_HELD)


def may_manage(actor: User, user: User) -> bool:
    if actor.is_superuser:
        return True
    beyond = rights_beyond(actor).filter(pk__in=rights(user))
    return not user.is_superuser and not beyond.exists()


def groups_within(actor: User) -> QuerySet[Group]:
    """The groups that hold no right which `actor` may not give."""
    if actor.is_superuser:
        return Group.objects.all()
    return Group.objects.exclude(permissions__in=rights_beyond(actor))


class StaffForm(ModelForm):
    email = forms.EmailField(
        label="Email address",
        max_length=254,
        help_text="The link to set a password goes there. Not shared with another account.",
    )

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "is_active", "groups"]
        help_texts = {
            "username": "To sign in with: letters, digits and @ . + - _ only.",
            "is_active": "Untick it when somebody leaves: they are signed out at once."
            " What they did stays in the records.",
            "groups": "What the person may see and do.",
        }

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        others = User.objects.exclude(pk=self.instance.pk)
        if others.filter(username__iexact=username).exists():
            raise forms.ValidationError("An account with this user name exists already.")
        return username

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        is_active = values.get("is_active", self.instance.is_active)
        email = values.get("email")
        others = User.objects.filter(is_active=True).exclude(pk=self.instance.pk)
        if is_active and email and others.filter(email__iexact=email).exists():
            self.add_error("email", "Another active account has this email address.")
        return values


class StaffAdmin(ModelAdmin):
    form = StaffForm
    actions = None
    list_display = ("username", "full_name", "email", "its_groups", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("-is_active", "username")
    readonly_fields = ("last_login", "date_joined")
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "admin/auth/user/account.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in {"is_active__exact", "groups__id__exact", "groups__isnull"}

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage(_actor(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        person = {"fields": ["username", "first_name", "last_name", "email"]}
        if obj is None:
            link = "A link to set a password is emailed to the person. Nobody else learns it."
            return [(None, {**person, "description": link}), ("Rights", {"fields": ["groups"]})]
        return [
            (None, person),
            ("Rights", {"fields": ["is_active", "groups"]}),
            ("Dates", {"fields": ["last_login", "date_joined"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is not None and obj == request.user:
            # Nobody locks themselves out, or the clinic with them.
            return (*self.readonly_fields, "is_active", "groups")
        return self.readonly_fields

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = groups_within(_actor(request))
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            queue_password_link(obj)
            messages.info(request, f"A link to set a password goes to {obj.email}.")

    def get_urls(self) -> list[URLPattern]:
        link = self.admin_site.admin_view(self.send_link)
        return [path("<int:pk>/send-link/", link, name="auth_user_send_link"), *super().get_urls()]

    def send_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if not user.is_active or not user.email:
            messages.error(request, "A link needs an active account with an email address.")
        elif queue_password_link(user):
            messages.success(request, f"A link to set a password goes to {user.email}.")
        else:
            messages.error(request, "This account was sent enough links. Try again in an hour.")
        return redirect(reverse("admin:auth_user_change", args=[pk]))

    @admin.display(description="name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="groups", empty_value="None")
    def its_groups(self, user: User) -> str | None:
        return ", ".join(group.name for group in user.groups.all()) or None


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


admin.site.unregister([User, Group])
admin.site.register(User, StaffAdmin)
