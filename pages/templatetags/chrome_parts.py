"""The parts of a page that are the same for every reader of an address: rendered once, as long as the clinic's words
and menus stay what they are.
"""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pages.chrome import Chrome

register = template.Library()


@register.simple_tag(takes_context=True)
def chrome_part(context: Context, name: str) -> SafeString:
    """Like `include`, of a template that shows nothing but `chrome` and `path`. Jinja's templates call it, too."""
    # Whoever changes templates wants to see it at once.
    part = _rendered.__wrapped__ if settings.DEBUG else _rendered
    return part(name, context["chrome"], context.get("path", ""))


# Some for every address; the chrome counts as the same when its words are.
@lru_cache(maxsize=2048)
def _rendered(name: str, chrome: Chrome, path: str) -> SafeString:
    return render_to_string(name, {"chrome": chrome, "path": path})
