from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from pages.dump import DumpError, dump


class Command(BaseCommand):
    help = (
        "Write all content into files in a new folder: drafts, what is public or scheduled, sources,"
        " pictures, menus and words. `load_content --from FOLDER` reads it into an empty site."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="New, or empty.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(dump(options["folder"].absolute()))
        except (DumpError, OSError) as error:
            raise CommandError(str(error)) from None
