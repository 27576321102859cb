"""What the address of the list asks for, and the addresses of what is beside it."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from intake.admin.queue.rows import with_company
from intake.finding import By, Search
from intake.models import Enquiry
from intake.queue import Page, Place, View, in_view, page_of

ME = "me"
CHOICES: dict[str, list[str]] = {
    "view": View.values,
    "status": Enquiry.Status.values,
    "topic": Enquiry.Topic.values,
    "contact": Enquiry.ContactMethod.values,
    "by": By.values,
    "last": ["1"],
}
FILTERS = ("status", "topic", "contact", "assignee")
PLACES = ("after", "before")


@dataclass(frozen=True)
class Asked:
    """Each field is a name in the address; all of them hold what is allowed there, or nothing."""

    view: str = View.WAITING
    status: str = ""
    topic: str = ""
    contact: str = ""
    assignee: str = ""
    """`me` or an account's number. Nobody's have a view of their own."""
    by: str = ""
    key: str = ""
    after: str = ""
    before: str = ""
    last: str = ""

    @classmethod
    def read(cls, address: QueryDict) -> "Asked":
        """Anything unknown is refused: it could ask about a column that is not shown."""
        given = {name: str(value) for name, value in address.items() if value}
        if not set(address) <= {field.name for field in fields(cls)}:
            raise BadRequest("The list has no such question.")
        asked = cls(**given)
        try:
            asked._check(given)
        except (ValueError, OverflowError):
            raise BadRequest("The list has no such answer.") from None
        return asked

    def _check(self, given: dict[str, str]) -> None:
        for name, value in given.items():
            if name in CHOICES and value not in CHOICES[name]:
                raise ValueError(name)
            if name in PLACES:
                Place.read(value)
        if self.assignee not in (ME, "") and not self.assignee_id:
            raise ValueError("assignee")
        if self.by:
            Search.read(self.by, self.key)

    @property
    def assignee_id(self) -> int:
        number = self.assignee
        return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0

    @property
    def search(self) -> Search | None:
        return Search.read(self.by, self.key) if self.by else None

    @property
    def has_filters(self) -> bool:
        return any(getattr(self, name) for name in FILTERS)

    def rows(self, user: User, now: datetime) -> QuerySet[Enquiry]:
        """All that is asked for. A search looks everywhere, so it has no view and no filter."""
        if self.search:
            return self.search.found()
        rows = in_view(self.view, user=user, now=now)
        if self.status:
            rows = rows.filter(status=self.status)
        if self.topic:
            rows = rows.filter(topic=self.topic)
        if self.contact:
            rows = rows.filter(contact_method=self.contact)
        if self.assignee:
            return rows.filter(assignee=user.pk if self.assignee == ME else self.assignee_id)
        return rows

    def page(self, user: User, now: datetime, *, are_few: bool) -> Page:
        after, before = (Place.read(text) if text else None for text in (self.after, self.before))
        return page_of(
            self.rows(user, now),
            show=partial(with_company, user=user, now=now),
            after=after,
            before=before,
            is_last=bool(self.last),
            are_few=are_few,
        )

    def beside(self, **changes: Any) -> "Asked":
        """The same list, from its first page on unless `changes` say otherwise."""
        return replace(self, **{"after": "", "before": "", "last": ""} | changes)

    @property
    def query(self) -> str:
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        if said["view"] == View.WAITING:
            del said["view"]
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def path(self) -> str:
        query = self.query
        return f"{queue_path()}?{query}" if query else queue_path()


@cache
def queue_path() -> str:
    return reverse("admin:intake_enquiry_changelist")
