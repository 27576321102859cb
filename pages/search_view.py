"""The page at /search/. What patients type is kept nowhere: not in a cache, not in a log."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from pages.chrome import read_chrome
from pages.search.find import search

# Nobody reads on after these.
MOST_PAGES = 10


@require_safe
@cache_control(no_store=True)
def search_page(request: HttpRequest) -> HttpResponse:
    results = search(request.GET.get("q", ""), limit=MOST_PAGES)
    chrome, _ = read_chrome()
    context = {"chrome": chrome, "results": results, "query": results.query}
    response = render(request, "pages/search.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
