"""Static files with hashed names; style sheets that import others are joined into one file."""

import logging
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

logger = logging.getLogger(__name__)

IMPORT = re.compile(r'^@import "(?P<name>[\w.-]+)" layer\((?P<layer>\w+)\);$', re.MULTILINE)


def minified(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_suffix(f".min{path.suffix}"))


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """Looks for hashed names among those collected only.

    whitenoise takes the `min` of `jquery.min.js` for a hash, and asks for a file that nobody has.
    """

    def get_static_url(self, name: str) -> str | None:
        if name not in getattr(staticfiles_storage, "hashed_files", {name: name}):
            return None
        url: str | None = super().get_static_url(name)
        return url


class JoinedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """`@import "name.css" layer(x);` on a line of its own becomes the file's text inside `@layer x`.

    When the collected files are missing, or half there, a page goes out with plain names: badly dressed, but with
    its telephone number.
    """

    def load_manifest(self) -> Any:
        try:
            return super().load_manifest()
        except ValueError:
            logger.error("The manifest of the static files is damaged; collect them again")
            return {}, ""

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            logger.error("The static file %s is not among those collected", name)
            return name

    def post_process(self, paths: dict[str, Any], *args: Any, **options: Any) -> Iterator[Any]:
        for path in [path for path in paths if path == "css/site.css"]:
            joined = self._joined(path)
            self.delete(path)
            self.save(path, ContentFile(joined.encode()))
            paths[path] = (self, path)
        yield from super().post_process(paths, *args, **options)

    def compress_files(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        """Plain names are asked for in an emergency only, maps by who mends a script, and what has a minified twin by
        nobody; a first start spent most of its time on them.
        """
        asked_for = {
            hashed
            for name, hashed in self.hashed_files.items()
            if not name.endswith(".map") and minified(name) not in self.hashed_files
        }
        yield from super().compress_files(paths & asked_for)

    def _joined(self, path: str) -> str:
        folder = PurePosixPath(path).parent

        def text(found: re.Match[str]) -> str:
            with self.open(str(folder / found["name"])) as file:
                return f"@layer {found['layer']} {{\n{file.read().decode()}\n}}"

        with self.open(path) as file:
            return IMPORT.sub(text, file.read().decode())
