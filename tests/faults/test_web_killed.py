"""The web server is killed amid twenty requests: what was confirmed is there, and nothing is there twice."""

import http.client
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from intake.models import Enquiry, OutgoingEmail
from intake.submission import FormToken
from tests.intake.asking import PATH, ROBIN
from tests.processes import Environment, kill_family, serving

SUBMISSIONS = 20
KILLED_AFTER = 7
WORDS = "Nothing has helped."


@dataclass(frozen=True)
class Person:
    """Somebody whose form was opened a minute ago."""

    number: int
    token: str

    def send(self, site: Environment) -> str:
        """The reference that the site confirmed, or nothing."""
        secret = uuid.uuid4().hex
        answers = ROBIN | {
            "email": f"patient{self.number}@patient.example",
            # One text from many people is set aside as spam.
            "message": f"{WORDS} It is the winter {self.number}.",
            "form_token": self.token,
            "csrfmiddlewaretoken": secret,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={secret}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", int(site["PORT"]), timeout=30)
        try:
            connection.request("POST", PATH, urlencode(answers), headers)
            response = connection.getresponse()
            assert response.status == 303, response.read().decode()
            return str(response.headers["Location"]).split("/")[-2].split(":")[0]
        except (OSError, http.client.HTTPException):
            return ""
        finally:
            connection.close()


def person(number: int) -> Person:
    token = FormToken(str(uuid.uuid4()), time.time() - 60, None, "")
    return Person(number, token.signed())


def test_what_was_confirmed_is_stored_and_sending_again_adds_nothing(site: Environment) -> None:
    people = [person(number) for number in range(SUBMISSIONS)]
    confirmed: dict[int, str] = {}
    with serving(site) as web, ThreadPoolExecutor(8) as pool:

        def send(one: Person) -> None:
            if reference := one.send(site):
                confirmed[one.number] = reference
                if len(confirmed) == KILLED_AFTER:
                    kill_family(web.pid)

        list(pool.map(send, people))
    assert KILLED_AFTER <= len(confirmed) < SUBMISSIONS
    for reference in confirmed.values():
        check(Enquiry.objects.get(reference=reference))

    with serving(site):
        again = {one.number: one.send(site) for one in people}
    assert again.items() >= confirmed.items(), "the same request, the same reference"
    assert len(set(again.values())) == Enquiry.objects.count() == SUBMISSIONS
    for enquiry in Enquiry.objects.all():
        check(enquiry)
    notices = OutgoingEmail.objects.filter(kind="triage_notice")
    last = Enquiry.objects.latest("created_at").created_at
    assert notices.latest("window").due_at >= last


def check(enquiry: Enquiry) -> None:
    """With all that belongs to it, once."""
    assert [event.kind for event in enquiry.events.all()] == ["received"]
    assert sorted(email.kind for email in enquiry.emails.all()) == ["acknowledgement", "referral"]
    assert enquiry.message.startswith(WORDS)
