from typing import Any

from django.core.management import BaseCommand

from pages.search.index import rebuild


class Command(BaseCommand):
    help = (
        "Make the search index anew. Publishing keeps it right by itself; this is for rows that were"
        " put into the database by other means."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count = rebuild()
        self.stdout.write(f"{count} revision{'' if count == 1 else 's'} in the index")
