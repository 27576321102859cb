"""What was kept long enough goes; see `intake.retention` and docs/privacy.md."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from intake import retention
from intake.models import Enquiry

SHOWN = ("reference", "status", "close_reason", "closed_at", "purge_after")


class Command(BaseCommand):
    help = "Plan and purge what was kept as long as its rule says, and clear old rows of the access log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rehearse",
            action="store_true",
            help="list what would go, and change nothing",
        )

    def handle(self, *args: Any, rehearse: bool, **options: Any) -> None:
        now = timezone.now()
        if rehearse:
            found = 0
            for enquiry in retention.due(now).order_by("purge_after", "pk").only(*SHOWN).iterator():
                self.stdout.write(line(enquiry))
                found += 1
            if not found:
                self.stdout.write("Nothing would go.")
            return
        taken_back = retention.take_back(now)
        purged = retention.purge(now)
        planned = retention.plan(now)
        cleared = retention.clear_access_log(now)
        retention.clear_temporary(now)
        self.stdout.write(
            f"Requests purged: {purged}. Planned, and the owners told: {planned}."
            f" Plans taken back: {taken_back}. Old rows of the access log cleared: {cleared}."
        )


def line(enquiry: Enquiry) -> str:
    """Reference, outcome, closed on, and when it goes: nothing of the patient's."""
    outcome = enquiry.close_reason or enquiry.status
    closed = timezone.localdate(enquiry.closed_at).isoformat() if enquiry.closed_at else "-"
    goes = (
        f"goes after {timezone.localdate(enquiry.purge_after)}"
        if enquiry.purge_after
        else "would be planned now"
    )
    return f"{enquiry.reference}  {outcome:<12}  {closed:<10}  {goes}"
