"""What comes out of a picture that is uploaded, whatever went in."""

import io
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from django.core.exceptions import ValidationError
from PIL import Image as Pillow
from PIL import ImageCms

from pages import image_maker
from pages.images import REFUSALS, MadeFile, MadeImage, make
from tests.pages.pictures import drawn, file_of, opened, photo

pytestmark = pytest.mark.once
RED, BLUE = (200, 30, 30), (30, 30, 200)


def made_of(data: bytes) -> MadeImage:
    """By the process that makes them."""
    with TemporaryFile() as file:
        file.write(data)
        return make(file)


def read(data: bytes) -> Pillow.Image:
    """What the files are made of."""
    picture, _ = image_maker.decoded(image_maker.opened(io.BytesIO(data)))
    return picture


def one(made: MadeImage, crop: str, form: str) -> MadeFile:
    """The widest."""
    found = [file for file in made.renditions if (file.crop, file.format) == (crop, form)]
    return max(found, key=lambda file: file.width)


def colour(picture: Pillow.Image, x: float, y: float) -> tuple[int, ...]:
    picture = picture.convert("RGB")
    value = picture.getpixel((int(x * picture.width), int(y * picture.height)))
    assert isinstance(value, tuple)
    return value


def is_near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_each_format_is_read(form: str) -> None:
    assert is_near(colour(read(file_of(drawn(), form)), 0.2, 0.5), RED)


def test_small_picture_becomes_all_three_formats_at_its_own_width() -> None:
    made = made_of(file_of(drawn(), "WEBP"))
    assert (made.width, made.height) == (300, 200)
    sizes = {(file.crop, file.format): opened(file.data).size for file in made.renditions}
    assert set(sizes) == {
        (crop, form) for crop in ("whole", "wide") for form in ("avif", "webp", "jpg")
    }
    assert set(sizes.values()) == {(300, 200), (300, 157)}
    assert is_near(colour(opened(one(made, "whole", "avif").data), 0.2, 0.5), RED)


def test_widths_never_go_beyond_the_picture() -> None:
    wanted = (360, 720, 1080)
    assert image_maker.widths_up_to(5000, wanted) == [360, 720, 1080]
    assert image_maker.widths_up_to(900, wanted) == [360, 720, 900]
    assert image_maker.widths_up_to(730, wanted) == [360, 730]
    assert image_maker.widths_up_to(120, wanted) == [120]


def test_nothing_is_left_of_place_camera_and_profile() -> None:
    exif = Pillow.Exif()
    exif[0x010E], exif[0x0110] = "secret words", "secret camera"
    exif.get_ifd(0x8825)[2] = (43.0, 39.0, 0.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = file_of(
        drawn(),
        "JPEG",
        exif=exif,
        xmp=b"<x:xmpmeta>secret place",
        comment=b"secret",
        icc_profile=profile,
    )
    made = made_of(data)
    for written in [made.master, *(file.data for file in made.renditions)]:
        assert b"secret" not in written
        assert not opened(written).getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(opened(written).info)


@pytest.mark.parametrize(
    ("orientation", "left", "right"),
    [(2, BLUE, RED), (3, BLUE, RED), (6, RED, RED), (8, BLUE, BLUE)],
)
def test_picture_stands_as_the_camera_was_held(
    orientation: int, left: tuple[int, ...], right: tuple[int, ...]
) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    picture = read(file_of(drawn(), "JPEG", exif=exif))
    assert picture.size == ((200, 300) if orientation > 4 else (300, 200))
    assert is_near(colour(picture, 0.1, 0.1), left)
    assert is_near(colour(picture, 0.9, 0.1), right)


def test_nothing_becomes_white_in_jpeg_only() -> None:
    picture = drawn(mode="RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 150, 200))
    picture = read(file_of(picture))
    jpeg = opened(image_maker.encoded(picture, "jpg", 80))
    assert is_near(colour(jpeg, 0.2, 0.5), (255, 255, 255))
    assert is_near(colour(jpeg, 0.8, 0.5), BLUE)
    for form in ("avif", "webp"):
        assert opened(image_maker.encoded(picture, form, 60)).mode == "RGBA"


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "I;16", "CMYK"])
def test_every_kind_of_pixel_is_read(mode: str) -> None:
    white = Pillow.new("L", (300, 200), 255)
    picture = Pillow.new(mode, (300, 200), 65535) if mode == "I;16" else white.convert(mode)
    found = read(file_of(picture, "JPEG" if mode == "CMYK" else "PNG"))
    assert is_near(colour(found, 0.5, 0.5), (255, 255, 255))


def test_broken_colour_profile_is_left_out() -> None:
    picture = read(file_of(drawn(), "JPEG", icc_profile=b"no profile"))
    assert is_near(colour(picture, 0.2, 0.5), RED)


def test_wide_crop_keeps_the_focal_point_in_view() -> None:
    picture = Pillow.new("RGB", (200, 300), "white")
    picture.paste(BLUE, (0, 200, 200, 300))
    assert image_maker.wide_crop(picture, 50, 100).getpixel((100, 52)) == BLUE
    assert image_maker.wide_crop(picture, 50, 0).getpixel((100, 52)) == (255, 255, 255)


def test_photograph_stays_below_its_share_of_a_page() -> None:
    """A page of text is 40 KiB, and with a picture 100 KiB."""
    data, _ = image_maker.small_enough(photo(1080, 720), "avif", 0)
    assert 20_000 < len(data) < 52_000


# What can't be used


def png(width: int, height: int, rows: bytes) -> bytes:
    """With a head that says what it likes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def moving(form: str) -> bytes:
    return file_of(drawn(), form, save_all=True, append_images=[drawn().rotate(180)])


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def noise(form: str, **options: object) -> bytes:
    return file_of(Pillow.effect_noise((600, 400), 90).convert("RGB"), form, **options)


# Made when asked for: drawing them all takes longer than any test.
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (lambda: png(50_000, 50_000, bytes(10_000_000)), "pixels"),
    "one pixel too many": (lambda: png(5_001, 5_000, b""), "pixels"),
    "a head without a body": (lambda: png(5_000, 5_000, b""), "damaged"),
    "a GIF": (lambda: file_of(drawn(), "GIF"), "unknown"),
    "a TIFF": (lambda: file_of(drawn(), "TIFF"), "unknown"),
    "a drawing in words": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unknown"),
    "a page": (lambda: b"<!DOCTYPE html><script>alert(1)</script>", "unknown"),
    "a head of a PNG before a page": (
        lambda: b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        "unknown",
    ),
    "half a JPEG": (lambda: cut(noise("JPEG")), "damaged"),
    "half a JPEG in steps": (lambda: cut(noise("JPEG", progressive=True)), "damaged"),
    "half a PNG": (lambda: cut(noise("PNG")), "damaged"),
    "half a WebP": (lambda: cut(noise("WEBP")), "damaged"),
    "half an AVIF": (lambda: cut(noise("AVIF")), "unknown"),
    "a moving PNG": (lambda: moving("PNG"), "moves"),
    "a moving WebP": (lambda: moving("WEBP"), "moves"),
    "a moving AVIF": (lambda: moving("AVIF"), "moves"),
    "too small": (lambda: file_of(drawn(300, 99)), "small"),
    "a strip": (lambda: file_of(drawn(1000, 150)), "narrow"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_can_t_be_used_says_why(name: str) -> None:
    data, key = BAD[name]
    with pytest.raises(image_maker.Refused, match=key):
        read(data())


def test_refusal_of_the_process_is_in_words() -> None:
    data, key = BAD["a bomb"]
    with pytest.raises(ValidationError) as refused:
        made_of(data())
    assert refused.value.messages == [REFUSALS[key]]


MEASURE = """
import json, resource, subprocess, sys
ended = subprocess.run([sys.executable, "-I", "pages/image_maker.py", "new"],
    stdin=open(sys.argv[1], "rb"), stdout=subprocess.PIPE)
head = json.loads(ended.stdout.partition(b"\\n")[0]) if not ended.returncode else {"code": ended.returncode}
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([head.get("refusal"), used.ru_maxrss, used.ru_utime + used.ru_stime]))
"""


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png(50_000, 50_000, bytes(10_000_000)), id="a bomb"),
        pytest.param(png(5_000, 5_000, bytes(40_000_000)), id="a picture without its end"),
        pytest.param(
            cut(
                file_of(Pillow.new("RGB", (5000, 4990), 9), "JPEG", progressive=True, subsampling=0)
            ),
            id="a JPEG without its end",
        ),
    ],
)
def test_large_one_that_can_t_be_used_takes_little(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(data)
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "picture")],
        capture_output=True,
        check=True,
        timeout=30,
    )
    why, kibibytes, seconds = json.loads(told.stdout)
    assert why in {"pixels", "damaged"}
    assert kibibytes < 150_000
    assert seconds < 2
