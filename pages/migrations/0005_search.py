import unicodedata

import django.db.models.deletion
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.utils import timezone

from pages.search.sections import inclusions_of, sections_of, words_of

EDITORS = ["view_synonym", "add_synonym", "change_synonym", "delete_synonym"]

# What patients type, and what the pages call it. Each line finds any of the phrases on the other side, never back.
SYNONYMS = [
    (
        "low mood; feeling low; feeling down; sad; sadness; hopeless; depressed; unhappy",
        "depression",
    ),
    ("nothing works; nothing helps; trd", "treatment-resistant; has not eased"),
    (
        "suicide; suicidal; kill myself; killing myself; end it; end my life; want to die; self harm; harm myself; hurt myself; crisis; emergency; 988; 911",
        "urgent help; suicide; 9-8-8; 911",
    ),
    ("ache; aching; nerves; neuropathic; neuropathy; back; arthritis", "pain; nerve pain"),
    ("complex regional pain syndrome; rsd", "CRPS"),
    (
        "sore; hurt; will it hurt; does it hurt; is it painful; needle; sting; painful",
        "small IV in your arm; small IV; small tube in a vein",
    ),
    ("trauma; traumatic; flashback; nightmare; soldier; first responder", "PTSD"),
    ("anxious; worry; worried; panic; nervous", "anxiety"),
    ("jab; shot; injection; needle in the arm", "infusion; injection; small IV"),
    ("drip; iv; infusion; intravenous", "infusion; drip"),
    ("nose; spravato", "nasal spray; esketamine"),
    ("talk; talking; counselling; counseling; psychotherapy", "talking therapy; assisted therapy"),
    ("drive; car; go home alone; taxi; uber; get home", "drive; ride home"),
    (
        "cost; price; fee; charge; expensive; afford; how much; how much is it; money",
        "cost; what it costs; costs in writing",
    ),
    (
        "covered; coverage; insurance; insured; insurer; benefits; private plan; hsa",
        "OHIP; covered; insured; private plan",
    ),
    (
        "side effect; adverse; reaction; dangerous; danger; is it safe; safe; risky",
        "safety and side effects; side effects; risks",
    ),
    (
        "hallucinate; hallucination; trip; tripping; get high; feel high; dissociate; dissociation; out of body",
        "hallucinate; see or hear things; detached; dissociation",
    ),
    ("vomit; throw up; queasy; nauseous", "nausea; sick to your stomach"),
    ("urine; pee; peeing; cystitis", "bladder; passing urine"),
    (
        "addictive; addicted; addiction; hooked; abuse; withdrawal",
        "dependence; misuse; what if I stop",
    ),
    ("breastfeeding; breast feeding; expecting; baby", "pregnancy; pregnant"),
    ("hypertension; cardiac", "high blood pressure; heart disease"),
    (
        "contraindication; eligible; am i eligible; qualify; suitable; right for me; can i have it; who can have it",
        "who should not have it; whom it may help; may not suit you",
    ),
    (
        "how long; how long does it take; how long does it last; how fast; how quick; how soon; duration",
        "how soon; how long; 40 minutes; within hours; days to two weeks",
    ),
    (
        "how many; how often; sessions; number of infusions",
        "more than one infusion; more than one visit; further doses",
    ),
    (
        "does it work; does it help; success rate; effective; proof; research; results",
        "what trials found; how sure the evidence is; what the evidence says",
    ),
    ("cure; permanent; forever", "is relief permanent; promise"),
    (
        "eat; food; drink; fasting; hungry; breakfast; empty stomach",
        "eat before treatment; food and drink",
    ),
    ("clothes; prepare; preparation; get ready", "what to bring; get ready; treatment day"),
    (
        "first appointment; first time; what to expect; what happens",
        "your first visit; what happens; at the consultation",
    ),
    ("sleep through; unconscious; put under; anaesthetic", "asleep; awake; anaesthetic"),
    ("day off; go to work; back to work", "time away from work; the next day"),
    ("urine test; workplace test; blood test", "drug test"),
    ("medication; meds; pills; my drugs; ssri", "medicine; antidepressant"),
    ("law; allowed", "legal; the law"),
    ("at home; buy online; mail order; lozenge; troche", "buy it for home; home use; lozenges"),
    ("shock; electroshock; electroconvulsive", "ECT; electroconvulsive therapy"),
    ("alternative; instead; other options; options", "other choices"),
    ("family doctor; gp; refer", "referral; prescribes; physician"),
    (
        "book; booking; appointment; make an appointment; sign up; see someone",
        "ask for a consultation; what happens after you ask; request",
    ),
    (
        "phone; phone number; telephone; call; email; reach you; speak to someone",
        "ways to reach us; contact us",
    ),
    (
        "address; where are you; where is it; location; directions; parking; hours; opening hours; open",
        "contact us; where we are; when you visit",
    ),
    (
        "staff; doctor; psychiatrist; team; nurse; who works there; who runs; who are you",
        "who leads the clinic; trained staff",
    ),
    (
        "confidential; my data; personal information; who sees",
        "privacy; who reads it; how we keep it",
    ),
    ("wheelchair; accessible; disability; blind; deaf; screen reader", "accessibility; step-free"),
]

# PostgreSQL has no other way to leave accents out that needs no extension: one letter for one letter. And signs would
# make one word of several (an address, 9-8-8), which SQLite's index takes apart.
FOLDED = {
    **{
        chr(code): unicodedata.normalize("NFD", chr(code))[0]
        for code in range(0xC0, 0x250)
        if "a" <= unicodedata.normalize("NFD", chr(code))[0].lower() <= "z"
    },
    **dict.fromkeys("-_/.@:+%&’‘“”«»–—…·•", " "),
}
POSTGRES = [
    f"""
    CREATE FUNCTION pages_fold(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT translate(words, '{"".join(FOLDED)}', '{"".join(FOLDED.values())}') $$
    """,
    """
    ALTER TABLE pages_searchsection ADD COLUMN vector tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', pages_fold(name)), 'A')
        || setweight(to_tsvector('english', pages_fold(heading)), 'B')
        || setweight(to_tsvector('english', pages_fold(text)), 'C')
        || setweight(to_tsvector('english', pages_fold(title)), 'D')
    ) STORED
    """,
    # What the headlines are made from; folding it anew for each answer would take longer than the search.
    """
    ALTER TABLE pages_searchsection ADD COLUMN folded text NOT NULL GENERATED ALWAYS AS (
        pages_fold(title || chr(30) || heading || chr(30) || text)
    ) STORED
    """,
    # Rows stay whole: what is put aside has to be fetched for each rank.
    "ALTER TABLE pages_searchsection SET (toast_tuple_target = 8160)",
    "CREATE INDEX pages_searchsection_vector ON pages_searchsection USING gin (vector)",
]
POSTGRES_BACK = [
    "ALTER TABLE pages_searchsection DROP COLUMN vector, DROP COLUMN folded",
    "DROP FUNCTION pages_fold",
]
# The index keeps no text of its own and follows the table by triggers. A later migration that alters
# SearchSection makes the table anew on SQLite, and has to make the triggers anew then.
COLUMNS = "name, heading, text, title"
FORGET = """INSERT INTO pages_searchindex (pages_searchindex, rowid, name, heading, text, title)
        VALUES ('delete', old.id, old.name, old.heading, old.text, old.title);"""
LEARN = """INSERT INTO pages_searchindex (rowid, name, heading, text, title)
        VALUES (new.id, new.name, new.heading, new.text, new.title);"""
SQLITE = [
    f"""
    CREATE VIRTUAL TABLE pages_searchindex USING fts5(
        {COLUMNS}, content='pages_searchsection', content_rowid='id',
        tokenize='porter unicode61 remove_diacritics 2'
    )
    """,
    f"CREATE TRIGGER pages_searchindex_insert AFTER INSERT ON pages_searchsection BEGIN {LEARN} END",
    f"CREATE TRIGGER pages_searchindex_delete AFTER DELETE ON pages_searchsection BEGIN {FORGET} END",
    f"CREATE TRIGGER pages_searchindex_update AFTER UPDATE ON pages_searchsection BEGIN {FORGET} {LEARN} END",
]
SQLITE_BACK = [
    "DROP TRIGGER pages_searchindex_insert",
    "DROP TRIGGER pages_searchindex_delete",
    "DROP TRIGGER pages_searchindex_update",
    "DROP TABLE pages_searchindex",
]


def make_index(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRES if is_postgres else SQLITE:
        schema_editor.execute(statement, params=None)


def drop_index(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRES_BACK if is_postgres else SQLITE_BACK:
        schema_editor.execute(statement, params=None)


def lines(text):
    return "\n".join(part.strip() for part in text.split(";"))


def make_rows(apps, schema_editor):
    Synonym = apps.get_model("pages", "Synonym")
    Synonym.objects.bulk_create(
        Synonym(typed=lines(typed), finds=lines(finds)) for typed, finds in SYNONYMS
    )
    # Django makes permissions after all migrations have run; the groups need them now.
    config = apps.get_app_config("pages")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    found = Permission.objects.filter(content_type__app_label="pages", codename__in=EDITORS)
    for name in ("Editor", "Owner"):
        Group.objects.get(name=name).permissions.add(*found)


def index_what_is_there(apps, schema_editor):
    """Of each page the current revision and those to come."""
    Revision = apps.get_model("pages", "Revision")
    now, current, later = timezone.now(), {}, []
    standing = Revision.objects.filter(cancelled_at__isnull=True)
    for revision in standing.order_by("go_live_at", "number").iterator():
        if revision.go_live_at <= now:
            current[revision.page_id] = revision
        else:
            later.append(revision)
    for revision in [*current.values(), *later]:
        sections = sections_of(revision.snapshot)
        rows = {
            "SearchSection": [{"revision": revision, **section} for section in sections],
            "SearchInclusion": [
                {"revision": revision, **inclusion}
                for inclusion in inclusions_of(revision.snapshot)
            ],
            "SearchWord": [{"word": word} for word in sorted(words_of(sections))],
        }
        for name, fields in rows.items():
            model = apps.get_model("pages", name)
            made = [model(**values) for values in fields]
            model.objects.bulk_create(made, ignore_conflicts=name == "SearchWord")


class Migration(migrations.Migration):
    dependencies = [("pages", "0004_claim_rules")]
    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.CharField(max_length=40, primary_key=True, serialize=False)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "typed",
                    models.TextField(
                        help_text="What people type, one word or phrase on a line: low mood. Other endings are known: drive stands for driving too."
                    ),
                ),
                (
                    "finds",
                    models.TextField(
                        help_text="What our pages call it, one word or phrase on a line: depression."
                    ),
                ),
            ],
            options={
                "verbose_name": "word that patients use",
                "verbose_name_plural": "words that patients use",
                "ordering": ["typed"],
            },
        ),
        migrations.CreateModel(
            name="SearchInclusion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("anchor", models.CharField(max_length=80)),
                (
                    "fragment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pages.page",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pages.revision",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SearchSection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="The page's title and short title; of number 0 only.",
                        max_length=200,
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=120)),
                ("heading", models.CharField(blank=True, max_length=160)),
                ("anchor", models.CharField(blank=True, max_length=80)),
                ("text", models.TextField(blank=True)),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_sections",
                        to="pages.revision",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("revision", "number"), name="search_section_once_a_revision"
                    )
                ],
            },
        ),
        migrations.RunPython(make_index, drop_index),
        migrations.RunPython(make_rows, migrations.RunPython.noop),
        migrations.RunPython(index_what_is_there, migrations.RunPython.noop),
    ]
