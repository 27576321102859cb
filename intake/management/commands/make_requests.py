import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from intake import synthetic
from intake.admin.request.page import colleagues


class Command(BaseCommand):
    help = "Make synthetic requests, to try the desk with many. Never on the clinic's own database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int, help="How many, spread over the last three years.")
        parser.add_argument("--seed", type=int, default=1, help="Another one makes others.")
        parser.add_argument(
            "--among-real-ones",
            action="store_true",
            help="Also where real requests are. There is no command that takes them out again.",
        )

    def handle(
        self, *args: Any, count: int, seed: int, among_real_ones: bool, **options: Any
    ) -> None:
        if count < 1:
            raise CommandError("Ask for one at least.")
        if not among_real_ones and synthetic.has_real_requests():
            raise CommandError(
                "This database holds real requests. Use an empty one, or say --among-real-ones."
            )
        began = time.monotonic()
        for done in synthetic.make(count, now=timezone.now(), staff=list(colleagues()), seed=seed):
            if done % 50_000 == 0 and options["verbosity"]:
                self.stdout.write(f"{done:,} of {count:,}, {time.monotonic() - began:.0f} s")
        if options["verbosity"]:
            self.stdout.write(f"{count:,} synthetic requests made")
