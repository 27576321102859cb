from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pages.reviews import reviews


@require_safe
@permission_required("pages.view_page", raise_exception=True)
def desk(request: HttpRequest) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": "Reviews", "reviews": reviews()}
    return render(request, "admin/pages/publishing/reviews.html", context)
