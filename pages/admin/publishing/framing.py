"""Which of our pages are shown in a frame, and which show one. Everything else is framed by nobody."""

from collections.abc import Callable
from typing import Any, cast

from csp.decorators import csp_replace, csp_update
from django.http import HttpResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin

View = Callable[..., HttpResponse]


def shows_frames(view: View) -> View:
    """A screen of the desk with a frame for one of our own pages."""
    decorated: Any = csp_update({"frame-src": ["'self'"]})(view)
    return cast(View, decorated)


def is_framed(view: View) -> View:
    """A page that a screen of the desk may show in a frame."""
    decorated: Any = csp_replace({"frame-ancestors": ["'self'"]})(view)
    return cast(View, xframe_options_sameorigin(decorated))
