"""Makes an image's files: `python -I image_maker.py new` or `… wide X Y`, the picture on standard input.

A process of its own that imports nothing of the site. A picture made to do harm meets limits of memory and time here,
and what a decoder took is given back when it ends. It writes one line of JSON, then the bytes of each file it names.
"""

import hashlib
import io
import json
import mmap
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from PIL import Image, ImageCms, UnidentifiedImageError
from PIL.Image import Resampling, Transpose

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF"]
MAX_PIXELS = 25_000_000
LEAST_SIDE = 100
LONGEST_TO_SHORTEST = 5
READING_CPU_SECONDS = 1.7
# What codecs take while they work: so much, and so much for each pixel that the file's head claims.
WORKING_BYTES, WORKING_BYTES_A_PIXEL = 256_000_000, 24

MASTER_WIDTH = 1600
WHOLE_WIDTHS, WIDE_WIDTHS = (360, 720, 1080), (600, 1200)
WIDE = 1.91
# Qualities are tried in turn until the file is small enough, so that a page with a picture stays below 100 KiB.
QUALITIES = {"avif": (60, 50, 40, 28), "webp": (78, 66, 54, 40), "jpg": (80, 70, 58, 45)}
ENOUGH_BYTES = {"avif": 50_000, "webp": 56_000, "jpg": 80_000}
ORIENTATION = 0x0112
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
SWAPS_SIDES = {5, 6, 7, 8}

Size = tuple[int, int]
File = tuple[dict[str, Any], bytes]


class Refused(Exception):
    """The picture can't be used; the argument is a key of `pages.images.REFUSALS`."""


# Reading


def limit_memory(pixels: int) -> None:
    """A file whose head claims less than it holds ends here."""
    limit = WORKING_BYTES + WORKING_BYTES_A_PIXEL * pixels
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def opened(file: BinaryIO) -> Image.Image:
    """Its head is read, no pixel is decoded."""
    try:
        image = Image.open(file, formats=FORMATS)
        frames = getattr(image, "n_frames", 1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("pixels") from None
    except UnidentifiedImageError:
        raise Refused("unknown") from None
    except Exception:
        raise Refused("damaged") from None
    short, long = sorted(image.size)
    if short * long > MAX_PIXELS:
        raise Refused("pixels")
    if short < LEAST_SIDE:
        raise Refused("small")
    if long > short * LONGEST_TO_SHORTEST:
        raise Refused("narrow")
    # MPO is what Pillow calls a JPEG with a second picture behind it, as many telephones write it.
    if frames > 1 and image.format != "MPO":
        raise Refused("moves")
    return image


def orientation_of(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # a camera's mistake in its notes is no fault of the picture
        return 1


def is_cut_off(image: Image.Image, file: BinaryIO) -> bool:
    """Whether a JPEG has no end. Its decoder would find out last, with everything in memory."""
    if image.format not in {"JPEG", "MPO"}:
        return False
    start_of_scan = file.tell()
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b"\xff\xd9", start_of_scan) < 0


def decoded(image: Image.Image) -> tuple[Image.Image, Size]:
    """The picture upright, at most MASTER_WIDTH wide, in sRGB, with nothing else; and its size as it was."""
    try:
        orientation = orientation_of(image)
        width, height = image.size
        shown = (height, width) if orientation in SWAPS_SIDES else (width, height)
        scale = min(1.0, MASTER_WIDTH / shown[0])
        smaller = (max(1, round(width * scale)), max(1, round(height * scale)))
        profile = image.info.get("icc_profile")
        image.draft(None, smaller)
        picture = with_eight_bits(image)
        image.close()
        picture = picture.resize(smaller, Resampling.LANCZOS, reducing_gap=2.0)
        picture = in_srgb(picture, profile)
    except MemoryError:
        raise Refused("memory") from None
    except Exception:
        raise Refused("damaged") from None
    if orientation in TURNS:
        picture = picture.transpose(TURNS[orientation])
    return bare(picture), shown


def with_eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert({"P": "RGB", "1": "L", "LA": "RGBA"}.get(image.mode, image.mode))


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode=mode
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a profile that is broken, or of another kind of colour
        if converted:
            return converted
    return image.convert(mode)


def bare(image: Image.Image) -> Image.Image:
    """Pixels and nothing else: no place, no camera, no profile; no transparency that is not used."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    return Image.frombytes(image.mode, image.size, image.tobytes())


# Writing


def widths_up_to(width: int, wanted: tuple[int, ...]) -> list[int]:
    """Never wider than the picture; its own width instead of a step that it all but reaches."""
    widest = min(width, wanted[-1])
    return [step for step in wanted if step < widest * 0.9] + [widest]


def wide_crop(image: Image.Image, x: int, y: int) -> Image.Image:
    """The largest part that is 1.91 to 1, with the point (in per cent) as near its middle as can be."""
    width = min(image.width, round(image.height * WIDE))
    height = min(image.height, round(image.width / WIDE))
    left = min(max(round(image.width * x / 100 - width / 2), 0), image.width - width)
    top = min(max(round(image.height * y / 100 - height / 2), 0), image.height - height)
    return image.crop((left, top, left + width, top + height))


def on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def encoded(image: Image.Image, form: str, quality: int) -> bytes:
    file = io.BytesIO()
    if form == "avif":
        image.save(file, "AVIF", quality=quality, speed=6)
    elif form == "webp":
        image.save(file, "WEBP", quality=quality, method=4)
    else:
        on_white(image).save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return file.getvalue()


def small_enough(image: Image.Image, form: str, first: int) -> tuple[bytes, int]:
    """The file, and at which of its qualities it was small enough; tried from the `first`."""
    last = len(QUALITIES[form]) - 1
    for number in range(first, last):
        data = encoded(image, form, QUALITIES[form][number])
        if len(data) <= ENOUGH_BYTES[form]:
            return data, number
        if len(data) > 2 * ENOUGH_BYTES[form]:
            break  # the steps between would only take time
    return encoded(image, form, QUALITIES[form][last]), last


def renditions(image: Image.Image, crop: str, wanted: tuple[int, ...]) -> Iterator[File]:
    # A larger one is never small enough at a quality at which a smaller one was not.
    first = dict.fromkeys(QUALITIES, 0)
    for width in widths_up_to(image.width, wanted):
        height = max(1, round(image.height * width / image.width))
        resized = image.resize((width, height), Resampling.LANCZOS)
        for form in QUALITIES:
            about = {"crop": crop, "format": form, "width": width, "height": height}
            data, first[form] = small_enough(resized, form, first[form])
            yield about, data


def make_new(picture: Image.Image, size: Size) -> tuple[dict[str, Any], list[File]]:
    """The files of an upload: the master, from which other crops can be made, and all renditions."""
    digest = hashlib.sha256(f"{picture.mode} {picture.size} ".encode() + picture.tobytes())
    master = ({"crop": "master", "format": "webp"}, encoded(picture, "webp", 92))
    files = [master, *renditions(picture, "whole", WHOLE_WIDTHS), *make_wide(picture, 50, 50)]
    return {"sha256": digest.hexdigest(), "width": size[0], "height": size[1]}, files


def make_wide(picture: Image.Image, x: int, y: int) -> list[File]:
    return list(renditions(wide_crop(picture, x, y), "wide", WIDE_WIDTHS))


def make(file: BinaryIO, arguments: list[str]) -> tuple[dict[str, Any], list[File]]:
    # On the clock of the processor, which stops while others have their turn. Then the process ends.
    signal.setitimer(signal.ITIMER_PROF, READING_CPU_SECONDS)
    image = opened(file)
    if is_cut_off(image, file):
        raise Refused("damaged")
    limit_memory(image.width * image.height)
    picture, size = decoded(image)
    signal.setitimer(signal.ITIMER_PROF, 0)
    if arguments[0] == "new":
        return make_new(picture, size)
    return {}, make_wide(picture, int(arguments[1]), int(arguments[2]))


def main() -> None:
    files: list[File] = []
    try:
        with open(0, "rb") as file:
            answer, files = make(file, sys.argv[1:])
    except Refused as refused:
        answer = {"refusal": refused.args[0]}
    except MemoryError:
        answer = {"refusal": "memory"}
    answer["files"] = [about | {"bytes": len(data)} for about, data in files]
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    for _, data in files:
        sys.stdout.buffer.write(data)


if __name__ == "__main__":
    main()
