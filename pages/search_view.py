"""The page at /search/. What patients type is kept nowhere: not in a cache, not in a log."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from pages.search.find import search
from pages.surroundings import surroundings_now

# Nobody reads on after these.
MOST_PAGES = 10


@require_safe
@cache_control(no_store=True)
def search_page(request: HttpRequest) -> HttpResponse:
    results = search(request.GET.get("q", ""), limit=MOST_PAGES)
    context = {"chrome": surroundings_now().chrome, "results": results, "query": results.query}
    response = HttpResponse(render_to_string("pages/search.html", context))
    response.headers["X-Robots-Tag"] = "noindex"
    return response
