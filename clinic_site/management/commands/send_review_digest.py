from typing import Any

from django.core.management.base import BaseCommand

from clinic_site.review_digest import queue_digests


class Command(BaseCommand):
    help = (
        "Queue this week's emails about reviews that are due. The mail worker does it by itself every hour;"
        " twice in a week makes one email an owner."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{queue_digests()} emails queued")
