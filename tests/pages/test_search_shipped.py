"""Patients' words find the answer in the shipped text."""

import pytest

from pages.content_files import Content
from pages.search.find import search
from pages.search.index import rebuild

pytestmark = pytest.mark.django_db

VISIT, COST = "/guides/your-first-visit/", "/guides/cost-and-coverage/"
SAFETY, GUIDE = "/guides/safety-and-side-effects/", "/guides/complete-guide/"
INFUSION, SPRAY = "/treatments/iv-ketamine-infusion/", "/treatments/esketamine-nasal-spray/"
FIRST = {
    "can I drive": f"{VISIT}#can-i-drive-home",
    "driving": f"{VISIT}#can-i-drive-home",
    "can i drive home": f"{VISIT}#can-i-drive-home",
    "is it covered": f"{COST}#is-it-covered-by-ohip",
    "OHIP?": f"{COST}#is-it-covered-by-ohip",
    "can I eat before": f"{VISIT}#may-i-eat-before-treatment",
    "what do I bring": f"{VISIT}#what-to-bring",
    "drug test": f"{VISIT}#will-it-show-on-a-drug-test",
    "will I hallucinate": f"{SAFETY}#will-i-hallucinate",
    "side effects": SAFETY,
    "is it safe": SAFETY,
    "am I asleep": f"{INFUSION}#will-i-be-asleep-during-the-infusion",
    "is it legal": f"{GUIDE}#is-it-legal-in-canada",
    "low mood": "/conditions/depression/",
    "sad": "/conditions/depression/",
    "depresion": "/conditions/depression/",
    "panic": "/conditions/ptsd-and-anxiety/",
    "anxeity": "/conditions/ptsd-and-anxiety/",
    "chronic pain": "/conditions/chronic-pain/",
    "nasal spray": SPRAY,
    "privacy": "/privacy/",
    "suicide": "/urgent-help/#thinking-about-suicide",
    "how soon will I hear back": "/contact/#how-soon-would-i-hear-back",
}
AMONG = {
    "does it hurt": f"{INFUSION}#what-happens",
    "will it hurt": f"{VISIT}#treatment-day",
    "how long": f"{GUIDE}#how-long",
    "how long does a spray last": f"{SPRAY}#how-long-does-a-sprays-effect-last",
    "jab": f"{GUIDE}#ways-it-is-given",
    "price": f"{GUIDE}#what-it-costs",
    "how much does it cost": f"{GUIDE}#what-it-costs",
    "cost": COST,
    "is it addictive": f"{SAFETY}#misuse-and-dependence",
    "can i drive after ketamine": f"{VISIT}#can-i-drive-home",
    "spravato": f"{SPRAY}",
    "does it work": "/conditions/depression/#what-trials-found",
    "pregnant": f"{GUIDE}#tell-the-team",
    "phone number": "/contact/",
    "where are you": "/contact/",
    "wheelchair": "/accessibility/",
}


@pytest.fixture
def indexed(shipped: Content) -> None:
    rebuild()


def test_patients_words_find_the_answer(indexed: None) -> None:
    wrong = {}
    for query, wanted in (FIRST | AMONG).items():
        pages = search(query).pages[:3]
        found = [hit.path for page in pages for hit in page.hits]
        found += [page.path for page in pages]
        if wanted not in found[: 1 if query in FIRST else None]:
            wrong[query] = found
    assert not wrong
