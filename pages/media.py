"""Pictures under `/media/<sha256>.<format>`. A name stands for its bytes, so they may be kept for ever."""

import os

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

CONTENT_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """The address lets only names of ours through: no path leads out of the folder."""
    try:
        file = (settings.MEDIA_DIR / name).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response: HttpResponseBase
    if request.method == "HEAD":
        with file:
            response = HttpResponse(
                headers={"Content-Length": str(os.fstat(file.fileno()).st_size)}
            )
    else:
        response = FileResponse(file)
    response.headers["Content-Type"] = CONTENT_TYPES[name.rpartition(".")[2]]
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
