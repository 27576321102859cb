"""Jinja, for what a page has of its own: templates/jinja. The skeleton around it, forms and the desk are Django's.

Django's own templates take four times as long for it. Each template exists in one of the two languages.
"""

from datetime import date
from functools import cache
from typing import Any

from django.template.defaultfilters import linebreaksbr
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString
from jinja2 import Environment, StrictUndefined, pass_context

from pages.templatetags.chrome_parts import chrome_part
from pages.templatetags.pictures import cropped


def environment(**options: Any) -> Environment:
    """`settings.TEMPLATES` names it."""
    jinja = Environment(
        **options | {"autoescape": True, "undefined": StrictUndefined},
        # A line that holds nothing but a tag is not there.
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals |= {
        "url": reverse,
        # What a file is called is read once in a process.
        "static": cache(static),
        "chrome_part": pass_context(chrome_part),
    }
    jinja.filters |= {"cropped": cropped, "day": day, "linebreaksbr": linebreaksbr}
    return jinja


def render_part(name: str, context: dict[str, Any]) -> SafeString:
    return SafeString(render_to_string(name, context, using="jinja"))  # Jinja has escaped it


def day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
