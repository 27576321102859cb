"""From an uploaded file to an `Image` and the files that readers get.

The files are on disk, each under its own hash, before a row names them: a crash leaves files without rows, never rows
without files.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from pages.models import Page, Revision
from pages.models.image import Image, Rendition

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NO_ROOM = (
    "There is no room to keep the picture: the site’s disk is full, or can’t be written."
    " Tell who looks after the site."
)
MAKER = Path(__file__).with_name("image_maker.py")
MAKING_SECONDS = 60
REFUSALS = {
    "unknown": "This is not a JPEG, PNG, WebP or AVIF picture, whatever its name says, or it is damaged.",
    "damaged": "The picture is damaged, or a part of it is missing. Export it again, then choose it again.",
    "pixels": "The picture has more than 25 million pixels. Make it smaller first: 3000 pixels across are plenty.",
    "small": "The picture is too small: each side needs at least 100 pixels.",
    "narrow": "The picture is very long and narrow. Crop it first: the long side at most five times the short one.",
    "moves": "The picture moves. Choose one that stands still.",
    "memory": "The picture takes too much memory to open. Export it again, smaller, as a JPEG.",
    "time": "The picture takes too long to open. Export it again, smaller, as a JPEG.",
}


@dataclass(frozen=True)
class MadeFile:
    crop: str
    format: str
    data: bytes
    width: int = 0
    height: int = 0

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def name(self) -> str:
        return f"{self.sha256}.{self.format}"

    def as_rendition(self, image: Image) -> Rendition:
        return Rendition(
            image=image,
            crop=self.crop,
            format=self.format,
            width=self.width,
            height=self.height,
            sha256=self.sha256,
            bytes=len(self.data),
        )


@dataclass(frozen=True)
class MadeImage:
    sha256: str
    width: int
    height: int
    master: bytes
    renditions: tuple[MadeFile, ...]


# Making


def make(upload: IO[bytes]) -> MadeImage:
    """The files of a new picture. Raises ValidationError, in words for who chose it."""
    answer, (master, *renditions) = _run(upload, "new")
    return MadeImage(
        str(answer["sha256"]),
        int(answer["width"]),
        int(answer["height"]),
        master.data,
        tuple(renditions),
    )


def _run(source: IO[bytes], *arguments: str) -> tuple[dict[str, str | int], list[MadeFile]]:
    source.seek(0)
    try:
        ended = subprocess.run(
            [sys.executable, "-I", MAKER, *arguments],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=MAKING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValidationError(REFUSALS["time"]) from None
    head, _, data = ended.stdout.partition(b"\n")
    if ended.returncode:
        # A signal: its time is up, or its decoder broke down.
        raise ValidationError(REFUSALS["time" if ended.returncode < 0 else "damaged"])
    answer = json.loads(head)
    if "refusal" in answer:
        raise ValidationError(REFUSALS[answer["refusal"]])
    return answer, list(_files(answer["files"], data))


def _files(described: list[dict[str, str | int]], data: bytes) -> Iterable[MadeFile]:
    start = 0
    for about in described:
        end = start + int(about["bytes"])
        yield MadeFile(
            str(about["crop"]),
            str(about["format"]),
            data[start:end],
            int(about.get("width", 0)),
            int(about.get("height", 0)),
        )
        start = end


# Keeping


def _own_folder(sha256: str) -> Path:
    """What belongs to one image and readers never get: its master, and the names of all files made of it."""
    return settings.MEDIA_DIR / "masters" / sha256


def keep_files(sha256: str, renditions: Iterable[MadeFile], master: bytes = b"") -> None:
    """On disk when this returns. Raises ValidationError when there is no room."""
    own = _own_folder(sha256)
    try:
        settings.MEDIA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        if master:
            _write(own / "master.webp", master)
        # Named before they are there, so that deleting the image finds them all.
        names = [made.name for made in renditions]
        _write(own / "files", "\n".join(sorted({*_names(sha256), *names})).encode())
        for made in renditions:
            _write(settings.MEDIA_DIR / made.name, made.data)
    except OSError:
        raise ValidationError(NO_ROOM) from None


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing, also when the power fails."""
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _names(sha256: str) -> list[str]:
    try:
        return (_own_folder(sha256) / "files").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []


def forget_files(sha256: str) -> None:
    """Of an image that is deleted: nobody is to see it any more, were it a mistake."""
    shared = {
        rendition.file_name
        for rendition in Rendition.objects.filter(
            sha256__in=[name.partition(".")[0] for name in _names(sha256)]
        )
    }
    for name in {*_names(sha256)} - shared:
        (settings.MEDIA_DIR / name).unlink(missing_ok=True)
    own = _own_folder(sha256)
    for path in (own / "files", own / "master.webp"):
        path.unlink(missing_ok=True)
    if own.is_dir():
        own.rmdir()


# Rows


@transaction.atomic
def add_image(image: Image, made: MadeImage, *, by: "User") -> Image:
    """Save a new image whose files are kept already. Raises IntegrityError when the same picture is there."""
    image.sha256, image.width, image.height = made.sha256, made.width, made.height
    image.uploaded_by = by
    image.save(force_insert=True)
    Rendition.objects.bulk_create(file.as_rendition(image) for file in made.renditions)
    return image


def move_focal_point(image: Image, x: int, y: int) -> None:
    """Make the wide crops anew around another point. The old files stay: published pages show them."""
    try:
        with open(_own_folder(image.sha256) / "master.webp", "rb") as master:
            _, renditions = _run(master, "wide", str(x), str(y))
    except OSError:
        raise ValidationError("The picture’s own file can’t be read.") from None
    keep_files(image.sha256, renditions)
    with transaction.atomic():
        locked = Image.objects.select_for_update().get(pk=image.pk)
        locked.focal_x, locked.focal_y = x, y
        locked.save(update_fields=["focal_x", "focal_y"])
        locked.renditions.filter(crop=Rendition.Crop.WIDE).delete()
        Rendition.objects.bulk_create(file.as_rendition(locked) for file in renditions)


@transaction.atomic
def delete_image(image: Image) -> None:
    """Raises ProtectedError when a draft shows it; whether a revision does is for `pages_with` to say."""
    sha256 = image.sha256
    image.delete()
    transaction.on_commit(lambda: forget_files(sha256))


def pages_with(image: Image) -> QuerySet[Page]:
    """Every page whose draft shows the image, or that was ever published with it."""
    shown = Q(image=image) | Q(blocks__image=image)
    # A snapshot names the files it shows; those of the whole picture never change.
    whole = image.renditions.filter(crop=Rendition.Crop.WHOLE).first()
    if whole:
        revisions = Revision.objects.annotate(text=Cast("snapshot", TextField()))
        shown |= Q(Exists(revisions.filter(page=OuterRef("pk"), text__contains=whole.file_name)))
    return Page.objects.filter(shown).distinct()
