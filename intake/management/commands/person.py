"""What is held about one person, without the admin; see `intake.person` and docs/privacy.md."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from intake import person, retention
from intake.admin.person import FORMATS, WORD, as_file
from intake.models import AccessEvent, Enquiry
from intake.models.errors import NotAllowed


class Command(BaseCommand):
    help = "Export or erase all that is held about one person. What they are found by is asked for, not given here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)
        export = steps.add_parser("export", help="write an HTML and a JSON file")
        export.add_argument("folder", type=Path)
        export.add_argument("--without-notes", action="store_true", help="leave notes of staff out")
        erase = steps.add_parser("erase", help="erase it for good")
        for step in (export, erase):
            step.add_argument("--by", required=True, help="the account that does it; it is logged")

    def handle(self, *args: Any, step: str, by: str, **options: Any) -> None:
        user = User.objects.filter(username=by, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account {by}.")
        if not user.has_perm(f"intake.{step}_enquiry"):
            raise CommandError(f"{by} may not do that.")
        found = person.find(
            email=typed("Email address: "),
            phone=typed("Phone number: "),
            reference=typed("Reference: "),
        )
        AccessEvent.record(user, AccessEvent.Action.FOUND, found, purpose="manage.py person")
        for enquiry in found:
            self.stdout.write(f"{enquiry.reference}  {timezone.localdate(enquiry.created_at)}")
        wanted = typed("References, or nothing for all of these: ").upper().split()
        chosen = [one for one in found if not wanted or one.reference in wanted]
        if not chosen:
            raise CommandError("Nothing was found.")
        if step == "erase":
            self.erase(chosen, user)
        else:
            self.export(chosen, user, options["folder"], not options["without_notes"])

    def export(self, chosen: list[Enquiry], user: User, folder: Path, with_notes: bool) -> None:
        now = timezone.now()
        AccessEvent.record(user, AccessEvent.Action.EXPORTED, chosen, purpose="manage.py person")
        person.note_export(chosen, by=user, now=now)
        document = person.everything_about(chosen, with_notes=with_notes, now=now)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kind in FORMATS:
            path = folder / f"requests-{timezone.localdate(now)}.{kind}"
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(as_file(document, kind))
            self.stdout.write(str(path))

    def erase(self, chosen: list[Enquiry], user: User) -> None:
        if typed(f"Type {WORD} to erase these for good: ").strip() != WORD:
            raise CommandError("Nothing was erased.")
        try:
            gone = retention.erase([one.pk for one in chosen], by=user)
        except NotAllowed as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Erased: {', '.join(gone)}")


def typed(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        raise CommandError(
            "This is typed in a terminal, and nothing was. Nothing was done."
        ) from None
