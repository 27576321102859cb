"""How staff get in: the link that sets a password, and what is said to whom was locked out."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.cache import never_cache

from intake import messages, outbox
from intake.lookups import email_lookup
from intake.models import OutgoingEmail

LINKS_AN_HOUR = 3


@transaction.atomic
def queue_password_link(user: User) -> bool:
    """E-mail the account a link to set its password; False when it got enough of them lately.

    A user who was never saved stands for "nobody": as much is done, and nothing is left of it.
    """
    # One at a time for each account, so that the count below is right.
    is_known = User.objects.select_for_update().filter(pk=user.pk).exists()
    lately = OutgoingEmail.objects.filter(
        kind=OutgoingEmail.Kind.PASSWORD_RESET,
        recipient_lookup=email_lookup(user.email),
        created_at__gt=timezone.now() - timedelta(hours=1),
    ).count()
    is_new = not user.has_usable_password()
    text = messages.password_link(user.get_username(), _link(user), is_new=is_new)
    email = outbox.queue_password_link(user, *text)
    if not is_known or lately >= LINKS_AN_HOUR:
        email.delete()
        return False
    return True


def _link(user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    # From the configuration: a Host header is what the asker says it is.
    return settings.SITE_URL + reverse("password_reset_confirm", args=[uid, token])


class StaffPasswordResetForm(PasswordResetForm):
    """The same answer whether there is such an account or not, after as much work."""

    email = forms.EmailField(
        label="Email address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def get_users(self, email: str) -> list[User]:
        """Active staff; a new account has no password yet, and gets its first one this way."""
        return list(User.objects.filter(is_active=True, is_staff=True, email__iexact=email))

    def save(self, *args: Any, **kwargs: Any) -> None:
        address = self.cleaned_data["email"]
        nobody = User(pk=0, username=address[:150], email=address)
        for user in self.get_users(address) or [nobody]:
            queue_password_link(user)


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Too many wrong passwords",
        "subtitle": None,
        "minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60),
    }
    return render(request, "admin/locked_out.html", context, status=429)


_look = {
    "extra_context": {
        "site_header": admin.site.site_header,
        "site_title": admin.site.site_title,
        "subtitle": None,
    }
}
password_reset = [
    path(
        "admin/password_reset/",
        never_cache(
            auth_views.PasswordResetView.as_view(form_class=StaffPasswordResetForm, **_look)
        ),
        name="admin_password_reset",
    ),
    path(
        "admin/password_reset/done/",
        never_cache(auth_views.PasswordResetDoneView.as_view(**_look)),
        name="password_reset_done",
    ),
    path(
        "admin/reset/<uidb64>/<token>/",
        never_cache(auth_views.PasswordResetConfirmView.as_view(**_look)),
        name="password_reset_confirm",
    ),
    path(
        "admin/reset/done/",
        never_cache(auth_views.PasswordResetCompleteView.as_view(**_look)),
        name="password_reset_complete",
    ),
]
