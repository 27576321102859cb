from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import template
from django.urls import reverse

register = template.Library()

# A browser takes the first that it knows.
TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}


@dataclass(frozen=True)
class Source:
    type: str
    srcset: str


@dataclass(frozen=True)
class Picture:
    sources: tuple[Source, ...]
    fallback: dict[str, Any]
    """The largest JPEG."""
    smallest: dict[str, Any]

    @property
    def is_tall(self) -> bool:
        return bool(self.fallback["height"] > self.fallback["width"])


@register.filter
def cropped(image: dict[str, Any], crop: str) -> Picture | None:
    """The files of an image (its snapshot) for `<picture>`; None when there are none."""
    order = list(TYPES)
    found = [rendition for rendition in image["renditions"] if rendition["crop"] == crop]
    found.sort(key=lambda rendition: (order.index(rendition["format"]), rendition["width"]))
    if not found:
        return None
    sources = tuple(
        Source(TYPES[form], ", ".join(_candidate(rendition) for rendition in group))
        for form, group in groupby(found, lambda rendition: str(rendition["format"]))
    )
    fallback = found[-1]
    smallest = next(rendition for rendition in found if rendition["format"] == fallback["format"])
    return Picture(sources, fallback, smallest)


def _candidate(rendition: dict[str, Any]) -> str:
    return f"{reverse('media', args=[rendition['file']])} {rendition['width']}w"
