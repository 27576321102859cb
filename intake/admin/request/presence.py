"""Who else has a request open."""

from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from intake.admin import desk
from intake.admin.request.clash import listed, name_of
from intake.models import Enquiry, Viewing


def presence(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Posted by js/desk-presence.js while the page is visible; says who else is there and which version is current.

    A page that asks by itself keeps nobody signed in.
    """
    desk.require_permission(request, "intake.view_enquiry")
    request.asks_by_itself = True  # type: ignore[attr-defined]  # for StaffSessionMiddleware
    enquiry = get_object_or_404(Enquiry.objects.only("version"), pk=pk)
    others = seen_by(enquiry, desk.signed_in(request))
    return JsonResponse({"others": others, "version": enquiry.version})


def seen_by(enquiry: Enquiry, user: User) -> str:
    """Note that `user` has it open, and say who else has. Two queries."""
    now = timezone.now()
    Viewing.objects.bulk_create(
        [Viewing(enquiry=enquiry, user=user, seen_at=now)],
        update_conflicts=True,
        unique_fields=["enquiry", "user"],
        update_fields=["seen_at"],
    )
    others = (
        Viewing.objects.filter(enquiry=enquiry, seen_at__gt=now - Viewing.FRESH)
        .exclude(user=user)
        .select_related("user")
        .order_by("user__username")
    )
    names = [name_of(viewing.user) for viewing in others]
    if not names:
        return ""
    return f"{listed(names)} {'have' if len(names) > 1 else 'has'} this request open too."
