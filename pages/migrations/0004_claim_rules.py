"""The words that a page may not use, as the clinic's facts list them; staff change the rows afterwards."""

from collections.abc import Iterator

from django.db import migrations

CURE = "We can't promise a cure. Say what the treatment may do, for whom, and how long it may last."
MIRACLE = "It promises more than anybody can keep. Say plainly what happened, to how many people, in which study."
RESULT = "No result can be promised. Say how many people it helped, with its source."
RISK = "Every treatment has risks. Name them, and say how often each one happens."
HABIT = "Ketamine can be misused. Say how the clinic watches for that."
NOVELTY = "It advertises. Say what is new and what is not yet known."
STANDARD = "It compares and ranks. Say what the guideline recommends, with its source."
BRAIN = "How it works in people is uncertain. Say “may”, and describe what the study looked at."
FIGURE = "A rate on its own promises. Say who was studied, how many, for how long, with the source."
TITLE = "Not a Canadian title. Give the certified specialty in full, as the College lists it."
APPROVED = "That is the United States. Say what Health Canada has approved, and for what."
PRAISE = "The College's advertising rule allows no testimonials or ratings. Leave it out."
PICTURES = "Advertising with before and after pictures is not allowed. Leave them out."
SAFE = "Nothing is safe for everybody. Name the risks and how they are watched."
PROVEN = "Say which study showed it, how large it was, and cite it."
RANK = "It compares with others. Describe the thing itself."


# A sentence that denies it may say it.
NOUN = [
    *("no", "not a", "isn't a", "is never a", "no promise of", "no promise of a", "promise no"),
    *("not promise a", "can't promise a", "cannot promise a", "don't promise a"),
    *("nobody can promise a", "no one can promise a", "not a promise of a"),
]
VERB = [
    *("not", "does not", "doesn't", "do not", "don't", "did not", "cannot", "can't"),
    *("will not", "won't", "never", "not be", "can't be", "cannot be", "nothing"),
]
ADJECTIVE = [
    *("not", "isn't", "aren't", "never", "not always", "hardly"),
    *("no treatment is", "nothing is", "no drug is", "no medicine is"),
]
PROMISE = [*NOUN, *VERB, *("nobody can", "no one can", "no result is", "not be", "is not", "isn't")]
MIRACLE_CURE = ["no miracle", "not a miracle", "isn't a miracle"]


def after(before: list[str], word: str) -> str:
    return "\n".join(f"{words} {word}" for words in dict.fromkeys(before))


NO_SIDE_EFFECTS = "does not mean no side effects\nno treatment has no side effects"
FRENCH_NO_CURE = (
    "pas de {0}\npas une {0}\naucune {0}\npas promettre la {0}\nne promettons pas la {0}"
)
SAFE_SENSES = "is it safe\nnot safe\nsafe place\nsafe to drive\nsafe way home\nkeep you safe\nstay safe\nget home safe"
BEST_SENSES = "best time\nbest way to reach\nbest number\nas best you can\nbest moment\nat best"
FIRST_SENSES = """\
first visit
first visits
first infusion
first infusions
first session
first dose
first week
first weeks
first day
first days
first hour
first hours
first month
first months
first time
first step
first call
first name
first aid
first language
first responder
first responders
First Nations
first authorised
first described
first uses
first used
first-line
at first
first of all
comes first
come first
ask first
talk first
read first
call first
save first"""

BLOCK: dict[str, list[tuple[str, str, str]]] = {
    "en": [
        *(
            (word, CURE, after([*NOUN, *VERB, *MIRACLE_CURE], word))
            for word in ("cure", "cures", "cured", "curing")
        ),
        *((word, MIRACLE, after(NOUN, word)) for word in ("miracle", "miracles")),
        *(
            (word, RESULT, after(PROMISE, word))
            for word in ("guarantee", "guarantees", "guaranteed", "guaranteeing")
        ),
        *((word, RISK, after(ADJECTIVE, word)) for word in ("risk-free", "painless")),
        ("no side effects", RISK, NO_SIDE_EFFECTS),
        ("non-addictive", HABIT, after(ADJECTIVE, "non-addictive")),
        ("nonaddictive", HABIT, after(ADJECTIVE, "nonaddictive")),
        *((word, NOVELTY, after(NOUN, word)) for word in ("breakthrough", "breakthroughs")),
        ("revolutionary", NOVELTY, after(ADJECTIVE, "revolutionary")),
        ("gold standard", STANDARD, "not a gold standard\nnot the gold standard"),
        *(
            (word, BRAIN, after(VERB, word))
            for verb in ("reset", "reboot", "repair")
            for word in (verb, f"{verb}s")
        ),
        ("success rate", FIGURE, ""),
        ("success rates", FIGURE, ""),
        ("board-certified", TITLE, "board-certified is not the Canadian term"),
        ("FDA approved", APPROVED, "not FDA approved"),
        ("FDA-approved", APPROVED, "not FDA-approved"),
        *((word, PRAISE, f"no {word}\nnot use {word}") for word in ("testimonial", "testimonials")),
        *((word, PRAISE, f"no {word}") for word in ("star rating", "star ratings")),
    ],
    "fr": [
        *((word, CURE, FRENCH_NO_CURE.format(word)) for word in ("guérison", "guérisons")),
        *(
            (word, CURE, f"ne {word} pas\nne peut pas {word}")
            for word in ("guérir", "guérit", "guérissent", "guéri", "guérie", "guéris")
        ),
        *(
            (word, RESULT, f"pas {word}\nn'est pas {word}\naucune {word}\nne peut être {word}")
            for word in ("garantir", "garanti", "garantie", "garantis", "garanties", "garantit")
        ),
        *((word, RISK, f"pas {word}\njamais {word}") for word in ("sans risque", "sans risques")),
        *((word, RISK, f"pas {word}\njamais {word}") for word in ("sans douleur", "indolore")),
        ("sans effets secondaires", RISK, "pas sans effets secondaires"),
        ("sans effet secondaire", RISK, "pas sans effet secondaire"),
        ("aucun effet secondaire", RISK, ""),
        ("sans dépendance", HABIT, "pas sans dépendance"),
        ("révolutionnaire", NOVELTY, "pas révolutionnaire"),
        ("révolutionnaires", NOVELTY, "pas révolutionnaires"),
        ("percée", NOVELTY, "pas une percée"),
        ("étalon-or", STANDARD, ""),
        *((word, BRAIN, "") for word in ("réinitialiser", "réinitialise", "réparer", "répare")),
        ("taux de réussite", FIGURE, ""),
        ("taux de succès", FIGURE, ""),
        ("approuvé par la FDA", APPROVED, "pas approuvé par la FDA"),
        ("témoignage", PRAISE, "aucun témoignage"),
        ("témoignages", PRAISE, "aucun témoignage\npas de témoignages"),
    ],
}
PATTERNS = [
    ("en", r"100 ?(%|percent|per cent|pour cent)", RESULT, ""),
    ("en", r"before[ /-]{1,3}(and[ -])?after (picture|photo|photograph|image)s?", PICTURES, ""),
    ("fr", r"(photo|image)s? avant[ /-]{1,3}(et )?apres", PICTURES, ""),
]
WARN: dict[str, list[tuple[str, str, str]]] = {
    "en": [
        ("safe", SAFE, SAFE_SENSES),
        ("safest", SAFE, ""),
        ("proven", PROVEN, "not proven\nnot been proven\nnot yet proven"),
        ("best", RANK, BEST_SENSES),
        ("leading", RANK, "leading to"),
        ("first", RANK, FIRST_SENSES),
    ],
    # "Sûr" has no row: without its accent it is "sur", which stands in every French sentence.
    "fr": [
        ("sans danger", SAFE, "pas sans danger"),
        ("prouvé", PROVEN, "pas prouvé"),
        ("prouvée", PROVEN, "pas prouvée"),
        *((word, RANK, "") for word in ("meilleur", "meilleure", "meilleurs", "meilleures")),
        ("chef de file", RANK, ""),
    ],
}


def fields() -> Iterator[dict[str, object]]:
    for level, tables in (("block", BLOCK), ("warn", WARN)):
        for language, rows in tables.items():
            for text, advice, exceptions in rows:
                yield {"level": level, "language": language, "text": text} | {
                    "advice": advice,
                    "exceptions": exceptions,
                }
    for language, text, advice, exceptions in PATTERNS:
        yield {"level": "block", "language": language, "text": text, "is_pattern": True} | {
            "advice": advice,
            "exceptions": exceptions,
        }


def make(apps, schema_editor):
    ClaimRule = apps.get_model("pages", "ClaimRule")
    ClaimRule.objects.bulk_create([ClaimRule(**row) for row in fields()], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("pages", "0003_editorial_rows")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
