"""What a browser sends along: forms in UTF-8, and no files but a picture that staff add."""

from collections.abc import Callable, Iterable
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils.http import parse_header_parameters

from clinic_site.errors import bad_request
from clinic_site.staff_session import is_staff_area
from pages.images import NO_ROOM

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    Upload = UploadedFile[bytes]
else:
    Upload = UploadedFile

UNREADABLE = "text/plain; charset=unreadable"
MAX_PICTURE_BYTES = 20 * 1024 * 1024
PICTURE_TOO_BIG = "The file is larger than 20 MB. Export the picture again, smaller."


def readable_content_type(application: "WSGIApplication") -> "WSGIApplication":
    """A header that Django can't parse, `charset*=idna''x`, would fail before any of its middleware."""

    def checked(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except (ValueError, LookupError):
            environ["CONTENT_TYPE"] = UNREADABLE
        return application(environ, start_response)

    return checked


def readable_bodies(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """400 for a body that can't be read, before the CSRF check or a view trips over it.

    Python knows encodings, such as rot13 or zlib, that make no text of bytes.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        try:
            if may_send_a_picture(request):
                request.upload_handlers = [OnePicture(request)]
            if charset.lower() not in {"utf-8", "utf8"}:
                raise LookupError("another encoding than ours")
            _ = request.POST
        except (LookupError, UnicodeError, UnreadablePostError) as error:
            return bad_request(request, error)
        return get_response(request)

    return middleware


def may_send_a_picture(request: HttpRequest) -> bool:
    """Asked before the body is read, so that nobody else's file is ever written down."""
    if request.method != "POST" or not is_staff_area(request):
        return False
    if request.path != reverse("admin:pages_image_add"):
        return False
    user = get_user(request)
    return isinstance(user, User) and user.is_staff and user.has_perm("pages.add_image")


class NoUploads(FileUploadHandler):
    """No other form asks for a file, so none is kept, not even on its way to a refusal."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


class SentPicture(Upload):
    """Has no name on the disk, so that nothing is left of it, however the process ends."""

    problem = ""
    """Why it was not kept, in words for who sent it."""


class OnePicture(FileUploadHandler):
    """Keeps the first file of the field `picture`, and only as much of it as we take."""

    sent: SentPicture | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != "picture" or self.sent:
            raise SkipFile
        self.sent = SentPicture(name=self.file_name)
        try:
            self.sent.file = nameless_file()
        except OSError:
            self.sent.problem = NO_ROOM

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.sent is not None  # `new_file` made it
        if self.sent.problem or not self.sent.file:
            return
        try:
            if start + len(raw_data) > MAX_PICTURE_BYTES:
                self.sent.problem = PICTURE_TOO_BIG
                self.sent.file.truncate(0)
            else:
                self.sent.file.write(raw_data)
                self.sent.file.flush()
        except OSError:
            self.sent.problem = NO_ROOM

    def file_complete(self, file_size: int) -> SentPicture | None:
        assert self.sent is not None  # `new_file` made it
        self.sent.size = file_size
        return self.sent

    def upload_interrupted(self) -> None:
        if self.sent and self.sent.file:
            self.sent.close()


def nameless_file() -> IO[bytes]:
    folder = settings.UPLOAD_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return TemporaryFile(dir=folder, buffering=0)
