"""Pictures to upload in tests, and images that are there already."""

import io
from typing import Any

from PIL import Image as Pillow
from PIL import ImageChops, ImageFilter

from pages.images import MadeFile
from pages.models import Image, Rendition


def drawn(width: int = 300, height: int = 200, mode: str = "RGB") -> Pillow.Image:
    """Left half red, right half blue: which way round it is can be seen."""
    picture = Pillow.new("RGB", (width, height), (200, 30, 30))
    picture.paste((30, 30, 200), (width // 2, 0, width, height))
    return picture.convert(mode)


def photo(width: int, height: int) -> Pillow.Image:
    """Soft shapes and a camera's grain: as hard to compress as a photograph."""
    shapes = [
        Pillow.effect_noise((width // 60, height // 60), 120)
        .resize((width, height), Pillow.Resampling.BICUBIC)
        .filter(ImageFilter.GaussianBlur(3))
        for _ in "RGB"
    ]
    grain = Pillow.effect_noise((width, height), 7)
    return Pillow.merge("RGB", [ImageChops.add(one, grain, 1, -128) for one in shapes])


def file_of(picture: Pillow.Image, form: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def opened(data: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(data))


def image(title: str = "Hills", **fields: Any) -> Image:
    """One that is there, without its files."""
    fields = {"sha256": title.encode().hex().ljust(64, "0"), "alt": f"{title}."} | fields
    made = Image.objects.create(title=title, width=300, height=200, **fields)
    for crop, height in (("whole", 200), ("wide", 157)):
        for form in Rendition.Format.values:
            data = f"{title} {crop} {form}".encode()
            MadeFile(crop, form, data, 300, height).as_rendition(made).save()
    return made
