"""A status is reached along its moves only, by those who may, and with what belongs to it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from intake.models import Enquiry
from intake.models.errors import NotAllowed, Stale
from tests.conftest import staff
from tests.intake.mail_rows import ANSWERS, ask, bare_enquiry

pytestmark = pytest.mark.django_db
Status = Enquiry.Status


def fields_of(status: str) -> dict[str, Any]:
    """What a row of that status must hold beside it."""
    if status == Status.CLOSED:
        return {"status": status, "close_reason": "no_reply", "closed_at": timezone.now()}
    return {"status": status, "close_reason": "", "closed_at": None}


@pytest.mark.parametrize(("before", "after"), list(product(Status.values, repeat=2)))
def test_the_database_itself_knows_the_moves(before: str, after: str) -> None:
    row = Enquiry.objects.filter(pk=bare_enquiry(**fields_of(before)).pk)
    if before == after or after in Enquiry.MOVES[before]:
        assert row.update(**fields_of(after)) == 1
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**fields_of(after))
        assert row.get().status == before


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "closed"},
        {"close_reason": "spam"},
        {"closed_at": timezone.now()},
        {"status": "closed", "close_reason": "spam"},
        {"held_at": timezone.now()},
        {"status": "lost"},
    ],
    ids=" ".join,
)
def test_the_database_refuses_half_of_a_pair(fields: dict[str, Any]) -> None:
    row = Enquiry.objects.filter(pk=bare_enquiry().pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(**fields)


# Any verbs, by anyone, in any order

TRIAGE = {"reception", "clinician", "owner"}
MERGE = {"reception", "owner"}
OWNER = {"owner"}
SITE = {"patient"}

PERSONAS = ("patient", "reception", "clinician", "reviewer", "owner", "nobody")
WHO_MAY = {
    **dict.fromkeys(["take", "assign", "contacted", "booked", "close", "reopen"], TRIAGE),
    **dict.fromkeys(["update_read"], TRIAGE),
    "not_spam": TRIAGE | SITE,
    **dict.fromkeys(["merge", "unmerge"], MERGE),
    **dict.fromkeys(["hold", "release"], OWNER),
    **dict.fromkeys(["write", "again", "correct", "withdraw"], SITE),
}
# Who may stand beside each event, and which status it leaves behind.
EVENTS: dict[str, tuple[set[str], str | None]] = {
    "received": (SITE, "new"),
    "taken": (TRIAGE, "in_review"),
    "assigned": (TRIAGE, "in_review"),
    "contacted": (TRIAGE, "contacted"),
    "booked": (TRIAGE, "booked"),
    "closed": (TRIAGE, "closed"),
    "withdrawn": (SITE, "closed"),
    "reopened": (TRIAGE, "in_review"),
    "unmerged": (MERGE, "in_review"),
    "not_spam": (TRIAGE | SITE, None),
    "update_read": (TRIAGE, None),
    "merged": (MERGE, None),
    **dict.fromkeys(["held", "released"], (OWNER, None)),
    **dict.fromkeys(["updated", "sent_again", "contact_changed"], (SITE, None)),
    **dict.fromkeys(["email_cancelled", "email_restored"], (TRIAGE | SITE, None)),
}


@dataclass(frozen=True)
class Step:
    verb: str
    persona: str
    on: int
    """Which of the requests."""
    is_stale: bool
    """With a copy that was read at the beginning."""


STEPS = st.builds(
    Step,
    verb=st.sampled_from(sorted(WHO_MAY)),
    # Those who may most come most often, or little would happen.
    persona=st.sampled_from([*PERSONAS, "reception", "owner", "patient"]),
    on=st.integers(0, 2),
    is_stale=st.sampled_from([False] * 9 + [True]),
)


@pytest.fixture
def people(db: None) -> dict[str, User | None]:
    return {
        "patient": None,
        "reception": staff("rita", "Reception"),
        "clinician": staff("carl", "Clinician"),
        "reviewer": staff("mia", "Mail reviewer"),
        "owner": staff("olga", "Owner"),
        "nobody": staff("nils"),
    }


def call(verb: str, enquiry: Enquiry, other: Enquiry, by: Any, owner: Any) -> None:
    verbs: dict[str, Callable[[], None]] = {
        "take": lambda: enquiry.take(by=by),
        "assign": lambda: enquiry.assign(owner, by=by),
        "contacted": lambda: enquiry.mark_contacted(by=by),
        "booked": lambda: enquiry.mark_booked(by=by),
        "close": lambda: enquiry.close("no_reply", by=by),
        "reopen": lambda: enquiry.reopen(by=by),
        "not_spam": lambda: enquiry.mark_not_spam(by=by),
        "update_read": lambda: enquiry.mark_update_read(by=by),
        "merge": lambda: enquiry.merge_into(other, by=by),
        "unmerge": lambda: enquiry.unmerge(by=by),
        "hold": lambda: enquiry.hold("asked for", by=by),
        "release": lambda: enquiry.release(by=by),
        "write": lambda: enquiry.receive_update(ANSWERS | {"message": "And I want to die."}),
        "again": enquiry.receive_again,
        "correct": lambda: enquiry.correct_contact({"best_time": "morning"}),
        "withdraw": enquiry.withdraw,
    }
    verbs[verb]()


def again(enquiry: Enquiry) -> Enquiry:
    return Enquiry.objects.get(pk=enquiry.pk)


def row(enquiry: Enquiry) -> dict[str, Any]:
    return dict(Enquiry.objects.filter(pk=enquiry.pk).values().get())


@pytest.mark.once  # what the databases refuse of themselves is asked above
@examples(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14), spam=st.booleans())
def test_no_sequence_of_verbs_reaches_a_status_without_what_belongs_to_it(
    people: dict[str, User | None], steps: list[Step], spam: bool
) -> None:
    texts = ["The first of three", "The second of three", "The third of three"]
    read = [ask(suspected_spam=spam and text == texts[0], message=text) for text in texts]
    for step in steps:
        by = people[step.persona]
        if by is None and step.persona not in WHO_MAY[step.verb]:
            continue  # A patient has no way to these verbs.
        pair = read[step.on], read[step.on - 1]
        before = [row(each) for each in pair]
        one, other = pair if step.is_stale else (again(pair[0]), again(pair[1]))
        try:
            with transaction.atomic():
                call(step.verb, one, other, by, people["owner"])
        except NotAllowed as refusal:
            assert [row(each) for each in pair] == before
            if isinstance(refusal, Stale):
                assert step.is_stale
        else:
            allowed = WHO_MAY[step.verb]
            assert step.persona in allowed or allowed == SITE
            assert row(pair[0])["version"] > before[0]["version"]
        for each in read:
            holds_together(each, people)


def holds_together(enquiry: Enquiry, people: dict[str, User | None]) -> None:
    """Its events alone tell its status, and each was written by someone who may."""
    found, events = again(enquiry), list(enquiry.events.order_by("at"))
    names = {user and user.pk: persona for persona, user in people.items()}
    status, contacted = "", False
    for event in events:
        who, leaves = EVENTS[event.kind]
        assert names[event.by_id] in who, event.kind
        was_moved = leaves and not (event.kind in ("taken", "assigned") and status != "new")
        if event.kind == "unmerged" and event.detail:
            was_moved = False  # The line of the one that stayed.
        if was_moved and leaves:
            assert not status or leaves in Enquiry.MOVES[status]
            status = leaves
        contacted |= event.kind in ("contacted", "booked")
    assert found.status == status
    assert (found.status == "closed") == bool(found.close_reason) == bool(found.closed_at)
    assert bool(found.contacted_at) == contacted
    assert bool(found.held_at) == bool(found.held_by_id) == bool(found.hold_reason)
    assert not found.merged_into_id or found.close_reason == "duplicate"
    assert found.promised_by == enquiry.promised_by
    assert found.has_danger_words >= any(event.kind == "updated" for event in events)
