"""Links by which somebody without an account sees the draft."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from pages.admin.desk import log, signed_in
from pages.admin.publishing.words import back_to
from pages.models import Page, PreviewLink

# In the session, until the next screen shows it: nothing else keeps the token.
NEW_LINK = "new-preview-link"


class ShareForm(forms.Form):
    label = forms.CharField(max_length=80, required=False, label="For whom")
    days = forms.TypedChoiceField(
        coerce=int,
        label="Works for",
        choices=[(1, "1 day"), (7, "7 days"), (30, "30 days")],
        initial=7,
    )


@require_POST
@permission_required("pages.add_previewlink", raise_exception=True)
def share(request: HttpRequest, pk: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=pk)
    form = ShareForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say in at most 80 letters for whom it is, and choose a time.")
        return back_to("preview_frame", page)
    link, token = page.share(by=signed_in(request), **form.cleaned_data)
    log(request, page, f"Made a preview link: {link}.")
    address = settings.SITE_URL + reverse("pages:preview", args=[token])
    request.session[f"{NEW_LINK}-{page.pk}"] = address
    return back_to("preview_frame", page)


@require_POST
@permission_required("pages.change_previewlink", raise_exception=True)
def revoke(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    found = get_object_or_404(PreviewLink.objects.select_related("page"), page=pk, pk=link)
    if found.revoked_at is None:
        found.revoke(by=signed_in(request))
        log(request, found.page, f"Revoked a preview link: {found}.")
    messages.success(request, f"“{found}” opens nothing any more.")
    return back_to("preview_frame", found.page)
