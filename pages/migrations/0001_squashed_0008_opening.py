"""What 0001 to 0008 make, for a database that is new: the tables as they are now, then the rows in the old order.

A database that has some of them applied goes on with them; Django looks which.
"""

from importlib import import_module

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

editorial_rows = import_module("pages.migrations.0003_editorial_rows")
claim_rules = import_module("pages.migrations.0004_claim_rules")
search = import_module("pages.migrations.0005_search")


# All in one operation: Django makes its models anew before each.
def make(apps, schema_editor):
    editorial_rows.make(apps, schema_editor)
    claim_rules.make(apps, schema_editor)
    search.make_index(apps, schema_editor)
    search.make_rows(apps, schema_editor)
    # Without index_what_is_there: no page is there yet.


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("pages", "0001_initial"),
        ("pages", "0002_editorial"),
        ("pages", "0003_editorial_rows"),
        ("pages", "0004_claim_rules"),
        ("pages", "0005_search"),
        ("pages", "0006_block_proxies"),
        ("pages", "0007_address_help"),
        ("pages", "0008_opening"),
    ]
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClaimRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "text",
                    models.CharField(
                        help_text="Matched as whole words, in any case, accents or none.",
                        max_length=160,
                        verbose_name="word or pattern",
                    ),
                ),
                (
                    "is_pattern",
                    models.BooleanField(
                        default=False,
                        help_text="A regular expression instead of plain words.",
                        verbose_name="pattern",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("fr", "French")], default="en", max_length=2
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[("block", "stops the publication"), ("warn", "is pointed out")],
                        default="warn",
                        max_length=5,
                    ),
                ),
                (
                    "exceptions",
                    models.TextField(
                        blank=True,
                        help_text="Phrases in which it is allowed, one on a line, such as a denial: no cure.",
                    ),
                ),
                (
                    "advice",
                    models.CharField(help_text="What to write instead, and why.", max_length=200),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
            ],
            options={
                "ordering": ["language", "text"],
                "constraints": [
                    models.UniqueConstraint(fields=("language", "text"), name="claim_rule_once"),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", ["block", "warn"])),
                        name="claim_rule_level_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContentVersion",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveBigIntegerField(default=1)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="content_version_is_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GlossaryTerm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("term", models.CharField(max_length=80, unique=True)),
                (
                    "variants",
                    models.TextField(
                        blank=True,
                        help_text="Other forms of it, one on a line: plural, short form, other spelling.",
                    ),
                ),
                (
                    "explanation",
                    models.CharField(help_text="One or two plain sentences.", max_length=300),
                ),
            ],
            options={
                "verbose_name": "term that is explained",
                "verbose_name_plural": "terms that are explained",
                "ordering": ["term"],
            },
        ),
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
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.SlugField(
                        help_text="Cite it in a text by writing [@key]. It can't change while a page cites it.",
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9-]+\\Z", "Use lower-case letters, digits and hyphens."
                            )
                        ],
                    ),
                ),
                ("text", models.TextField(help_text="Authors, title, journal, year, pages.")),
                (
                    "url",
                    models.URLField(blank=True, help_text="Best a DOI, like https://doi.org/…."),
                ),
            ],
            options={
                "ordering": ["key"],
            },
        ),
        migrations.CreateModel(
            name="Clinic",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("street", models.CharField(max_length=160)),
                ("city", models.CharField(max_length=80)),
                ("province", models.CharField(max_length=40)),
                ("postal_code", models.CharField(max_length=12)),
                (
                    "telephone",
                    models.CharField(
                        max_length=24,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9+() -]{7,}$", "Enter a telephone number in digits."
                            )
                        ],
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        help_text="Shown to the public; e-mails are sent from it.",
                        max_length=254,
                        verbose_name="e-mail",
                    ),
                ),
                (
                    "hours",
                    models.TextField(
                        blank=True,
                        help_text="One line for each day or group of days. Readers see it once it is confirmed.",
                        verbose_name="opening hours",
                    ),
                ),
                ("hours_confirmed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "reply_promise",
                    models.CharField(
                        blank=True,
                        help_text="For example: We answer within two working days. Readers see it once it is confirmed.",
                        max_length=200,
                    ),
                ),
                (
                    "promise_confirmed_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
                (
                    "urgent_help",
                    models.TextField(
                        help_text='The line at the top of every page. Keep the numbers as links: &lt;a href="tel:911"&gt;911&lt;/a&gt;.'
                    ),
                ),
                (
                    "urgent_help_checked_on",
                    models.DateField(
                        help_text="When somebody last called or looked up each number."
                    ),
                ),
                (
                    "watch_notice",
                    models.CharField(
                        default="The form and the mailbox are not watched all the time.",
                        help_text="Stands beside the form and at the foot of every page.",
                        max_length=200,
                    ),
                ),
                (
                    "staff_note",
                    models.TextField(
                        blank=True,
                        help_text="Never shown to readers.",
                        verbose_name="notes to staff",
                    ),
                ),
                (
                    "hours_confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "promise_confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approval_required",
                    models.BooleanField(
                        default=False,
                        help_text="Condition, treatment and guide pages and shared texts are then published only as a clinician approved them.",
                        verbose_name="approval is required",
                    ),
                ),
                (
                    "holiday_region",
                    models.CharField(
                        choices=[
                            ("AB", "Alberta"),
                            ("BC", "British Columbia"),
                            ("MB", "Manitoba"),
                            ("NB", "New Brunswick"),
                            ("NL", "Newfoundland and Labrador"),
                            ("NS", "Nova Scotia"),
                            ("NT", "Northwest Territories"),
                            ("NU", "Nunavut"),
                            ("ON", "Ontario"),
                            ("PE", "Prince Edward Island"),
                            ("QC", "Quebec"),
                            ("SK", "Saskatchewan"),
                            ("YT", "Yukon"),
                        ],
                        default="ON",
                        max_length=3,
                        verbose_name="public holidays of",
                    ),
                ),
                (
                    "reply_days",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="Working days: what the reply promise says, as a number. Staff see the time that is left; patients see the day once the hours and the promise are confirmed.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(20),
                        ],
                        verbose_name="answered within",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "clinic",
                "permissions": [("confirm_clinic", "Can confirm the hours and the reply promise")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="clinic_is_one_row"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("hours_confirmed_at__isnull", True),
                                ("hours_confirmed_by__isnull", True),
                            ),
                            models.Q(
                                ("hours_confirmed_at__isnull", False),
                                ("hours_confirmed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="clinic_hours_confirmed_pair",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("promise_confirmed_at__isnull", True),
                                ("promise_confirmed_by__isnull", True),
                            ),
                            models.Q(
                                ("promise_confirmed_at__isnull", False),
                                ("promise_confirmed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="clinic_promise_confirmed_pair",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Image",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "sha256",
                    models.CharField(
                        editable=False,
                        help_text="Of the pixels as they were uploaded.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        help_text="What staff call it; never shown to readers.", max_length=120
                    ),
                ),
                (
                    "alt",
                    models.CharField(
                        blank=True,
                        help_text="What the picture says, in a sentence, to a person who can't see it.",
                        max_length=250,
                        verbose_name="alternative text",
                    ),
                ),
                (
                    "is_decorative",
                    models.BooleanField(
                        default=False,
                        help_text="It says nothing that the text does not say.",
                        verbose_name="decorative",
                    ),
                ),
                (
                    "credit",
                    models.CharField(
                        blank=True, help_text="Who made it; shown beside it.", max_length=160
                    ),
                ),
                ("width", models.PositiveIntegerField(editable=False)),
                ("height", models.PositiveIntegerField(editable=False)),
                (
                    "focal_x",
                    models.PositiveSmallIntegerField(
                        default=50,
                        help_text="Per cent from the left: what stays in view when the picture is cropped.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "focal_y",
                    models.PositiveSmallIntegerField(
                        default=50,
                        help_text="Per cent from the top.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("alt", ""), _negated=True),
                            ("is_decorative", True),
                            _connector="OR",
                        ),
                        name="image_alt_or_decorative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("focal_x__lte", 100), ("focal_y__lte", 100)),
                        name="image_focal_point_inside",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Page",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("condition", "Condition"),
                            ("treatment", "Treatment"),
                            ("guide", "Guide"),
                            ("plain", "Plain page"),
                            ("fragment", "Shared text"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        help_text="The last part of the address: lower-case words with hyphens. A public page moves to its new address when it is next published; links to the old one lead there.",
                        max_length=80,
                        verbose_name="address",
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                (
                    "menu_title",
                    models.CharField(
                        blank=True,
                        help_text="For menus and lists; may be empty.",
                        max_length=40,
                        verbose_name="short title",
                    ),
                ),
                (
                    "summary",
                    models.TextField(
                        help_text="One or two sentences. Also what search engines show.",
                        max_length=200,
                        validators=[django.core.validators.MaxLengthValidator(200)],
                    ),
                ),
                (
                    "staff_note",
                    models.TextField(
                        blank=True,
                        help_text="Never shown to readers.",
                        verbose_name="notes to staff",
                    ),
                ),
                (
                    "shipped_hash",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Hash of the draft as it was shipped; another hash means staff have edited it.",
                        max_length=64,
                    ),
                ),
                ("edited_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "edited_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who sees to it that the page stays true; is reminded when a review is due.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pinned",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        editable=False,
                        help_text="Sources and images as they were in a revision that was restored; the draft shows these until somebody asks for the newest.",
                    ),
                ),
                (
                    "review_interval_months",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (3, "3 months"),
                            (6, "6 months"),
                            (12, "12 months"),
                            (24, "24 months"),
                        ],
                        default=12,
                        verbose_name="reviewed every",
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="Counts saves, so that a stale form is noticed.",
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        blank=True,
                        help_text="At the top of the page, and where somebody shares its address.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pages.image",
                    ),
                ),
            ],
            options={
                "ordering": ["kind", "title"],
                "permissions": [
                    ("publish_page", "Can publish and unpublish pages"),
                    ("approve_page", "Can approve what a page says, as a clinician"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "slug"), name="page_slug_once_a_kind"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["condition", "treatment", "guide", "plain", "fragment"])
                        ),
                        name="page_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("edited_at__isnull", True), ("edited_by__isnull", True)),
                            models.Q(("edited_at__isnull", False), ("edited_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="page_edited_pair",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RelatedPage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "from_page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="related_links",
                        to="pages.page",
                    ),
                ),
                (
                    "to_page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pages.page",
                        verbose_name="page",
                    ),
                ),
            ],
            options={
                "verbose_name": "related page",
                "db_table": "pages_page_related",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("from_page", "to_page"), name="related_page_once"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="page",
            name="related",
            field=models.ManyToManyField(
                blank=True,
                related_name="related_from",
                through="pages.RelatedPage",
                to="pages.page",
            ),
        ),
        migrations.CreateModel(
            name="Block",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("region", models.CharField(default="main", editable=False, max_length=20)),
                (
                    "ordering",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Blocks stand in the order of their numbers.",
                        verbose_name="number",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("key_points", "Key points"),
                            ("steps", "Steps"),
                            ("do_dont", "Do and don’t"),
                            ("urgent", "Urgent card"),
                            ("faq", "Question and answer"),
                            ("figure", "Picture"),
                            ("table", "Table"),
                            ("call_to_action", "Call to action"),
                            ("fragment", "Shared text"),
                        ],
                        default="text",
                        max_length=16,
                    ),
                ),
                (
                    "heading",
                    models.CharField(
                        blank=True, help_text="For a question: the question itself.", max_length=160
                    ),
                ),
                (
                    "anchor",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Made once from the heading, then kept, so that old links still arrive.",
                        max_length=80,
                        validators=[django.core.validators.RegexValidator("^[a-z0-9-]+$")],
                    ),
                ),
                (
                    "body",
                    models.TextField(
                        blank=True,
                        help_text="Paragraphs, lists, links and tables as HTML; cite a source with [@key].",
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blocks",
                        to="pages.page",
                    ),
                ),
                (
                    "alt",
                    models.CharField(
                        blank=True,
                        help_text="What the picture says on this page. Empty: the picture's own alternative text.",
                        max_length=250,
                        verbose_name="alternative text here",
                    ),
                ),
                (
                    "fragment",
                    models.ForeignKey(
                        blank=True,
                        limit_choices_to={"kind": "fragment"},
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="included_by",
                        to="pages.page",
                        verbose_name="shared text",
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="blocks",
                        to="pages.image",
                    ),
                ),
            ],
            options={
                "ordering": ["ordering", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("anchor", ""), _negated=True),
                        fields=("page", "anchor"),
                        name="block_anchor_once_a_page",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "text",
                                    "key_points",
                                    "steps",
                                    "do_dont",
                                    "urgent",
                                    "faq",
                                    "table",
                                    "call_to_action",
                                    "figure",
                                    "fragment",
                                ],
                            )
                        ),
                        name="block_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("image__isnull", False), ("kind", "figure")),
                            models.Q(
                                models.Q(("kind", "figure"), _negated=True), ("image__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="block_figure_has_image",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fragment__isnull", False), ("kind", "fragment")),
                            models.Q(
                                models.Q(("kind", "fragment"), _negated=True),
                                ("fragment__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="block_fragment_has_page",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("path", models.CharField(blank=True, max_length=120)),
                ("snapshot", models.JSONField()),
                ("hash", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("note", models.CharField(blank=True, max_length=200)),
                ("go_live_at", models.DateTimeField()),
                ("expire_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="pages.page",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cancelled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "findings",
                    models.JSONField(
                        blank=True, default=list, help_text="What the checklist had found."
                    ),
                ),
                (
                    "note_is_public",
                    models.BooleanField(
                        default=False,
                        help_text="The note stands in the page's list of what changed.",
                    ),
                ),
                (
                    "override_reason",
                    models.TextField(
                        blank=True,
                        help_text="Why it was published though the checklist stopped it.",
                    ),
                ),
            ],
            options={
                "ordering": ["page", "-number"],
                "indexes": [
                    models.Index(fields=["path", "go_live_at"], name="revision_by_path"),
                    models.Index(fields=["page", "go_live_at", "number"], name="revision_by_time"),
                    models.Index(fields=["go_live_at"], name="revision_by_go_live"),
                    models.Index(fields=["expire_at"], name="revision_by_expiry"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("page", "number"), name="revision_number_once_a_page"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)
                            ),
                            models.Q(
                                ("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="revision_withdrawn_pair",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("cancelled_at__isnull", True), ("cancelled_by__isnull", True)
                            ),
                            models.Q(
                                ("cancelled_at__isnull", False), ("cancelled_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="revision_cancelled_pair",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cancelled_at__isnull", True),
                            ("cancelled_at__lt", models.F("go_live_at")),
                            _connector="OR",
                        ),
                        name="revision_cancelled_before_it_is_live",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expire_at__isnull", True),
                            ("expire_at__gt", models.F("go_live_at")),
                            _connector="OR",
                        ),
                        name="revision_expires_after_it_is_live",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Citation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "block",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="citations",
                        to="pages.block",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="citations",
                        to="pages.source",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("block", "source"), name="citation_once_a_block"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NavItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "menu",
                    models.CharField(
                        choices=[("header", "top of the page"), ("footer", "foot of the page")],
                        max_length=8,
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        blank=True, help_text="Empty: the page's own short title.", max_length=40
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="nav_items",
                        to="pages.page",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        help_text="The line of the same menu that this one stands below, if any.",
                        limit_choices_to={"parent": None},
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="pages.navitem",
                    ),
                ),
            ],
            options={
                "verbose_name": "menu line",
                "ordering": ["menu", "position", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("menu", "page"), name="nav_item_once_a_menu")
                ],
            },
        ),
        migrations.CreateModel(
            name="OldPath",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "path",
                    models.CharField(
                        help_text="As it was, from the first slash on: /old-page/",
                        max_length=120,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^/[^?#\\s]*\\Z", "An address begins with / and has no ? or #."
                            )
                        ],
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        blank=True,
                        help_text="Where it leads now. Empty: readers are told that it is gone.",
                        limit_choices_to=models.Q(("kind", "fragment"), _negated=True),
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="old_paths",
                        to="pages.page",
                    ),
                ),
            ],
            options={
                "verbose_name": "old address",
                "verbose_name_plural": "old addresses",
                "ordering": ["path"],
            },
        ),
        migrations.CreateModel(
            name="PreviewLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token_digest",
                    models.CharField(
                        editable=False,
                        help_text="SHA-256 of the token; nobody can read it here.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                ("label", models.CharField(blank=True, help_text="For whom it is.", max_length=80)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preview_links",
                        to="pages.page",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("revoked_at__isnull", True), ("revoked_by__isnull", True)),
                            models.Q(("revoked_at__isnull", False), ("revoked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="preview_link_revoked_pair",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rendition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "crop",
                    models.CharField(
                        choices=[
                            ("whole", "the whole picture"),
                            ("wide", "1.91 to 1, for the top of a page and for sharing"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("avif", "AVIF"), ("webp", "WebP"), ("jpg", "JPEG")], max_length=4
                    ),
                ),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("bytes", models.PositiveIntegerField()),
                (
                    "image",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="renditions",
                        to="pages.image",
                    ),
                ),
            ],
            options={
                "ordering": ["crop", "format", "width"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("image", "crop", "format", "width"), name="rendition_once_an_image"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reviewer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="As readers see it, like Dr. Ada Okafor.", max_length=120
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        help_text="As readers see it: Psychiatrist, Fellow of the Royal College of Physicians of Canada.",
                        max_length=200,
                        verbose_name="title in full",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Switched off, their earlier approvals stay.",
                        verbose_name="approves",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviewer",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hash", models.CharField(max_length=64)),
                ("reviewer_name", models.CharField(max_length=120)),
                ("reviewer_title", models.CharField(max_length=200)),
                ("approved_at", models.DateTimeField()),
                (
                    "next_review_on",
                    models.DateField(help_text="From that day on the page says that it is due."),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals",
                        to="pages.page",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals",
                        to="pages.reviewer",
                    ),
                ),
            ],
            options={
                "ordering": ["-approved_at", "-pk"],
                "indexes": [
                    models.Index(
                        fields=["page", "hash", "approved_at"], name="approval_of_a_snapshot"
                    ),
                    models.Index(fields=["next_review_on"], name="approval_by_next_review"),
                ],
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
        migrations.CreateModel(
            name="OpeningTime",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ]
                    ),
                ),
                ("opens", models.TimeField()),
                ("closes", models.TimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opening_times",
                        to="pages.clinic",
                    ),
                ),
            ],
            options={
                "verbose_name": "opening time",
                "ordering": ["weekday", "opens"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("closes__gt", models.F("opens"))),
                        name="opening_time_in_order",
                        violation_error_message="It closes after it opens.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weekday__lte", 6)), name="opening_time_weekday"
                    ),
                    models.UniqueConstraint(
                        fields=("clinic", "weekday", "opens"), name="opening_time_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SpecialDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("date", models.DateField()),
                ("name", models.CharField(max_length=60)),
                (
                    "is_open",
                    models.BooleanField(
                        default=False,
                        help_text="For a public holiday on which the clinic works.",
                        verbose_name="open as usual",
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="special_days",
                        to="pages.clinic",
                    ),
                ),
            ],
            options={
                "verbose_name": "special day",
                "ordering": ["date"],
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "date"), name="special_day_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="CallToActionBlock",
            fields=[],
            options={
                "verbose_name": "Call to action",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.CreateModel(
            name="DoDontBlock",
            fields=[],
            options={
                "verbose_name": "Do and don’t",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.CreateModel(
            name="FigureBlock",
            fields=[],
            options={
                "verbose_name": "Picture",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.CreateModel(
            name="FragmentBlock",
            fields=[],
            options={
                "verbose_name": "Shared text",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.CreateModel(
            name="KeyPointsBlock",
            fields=[],
            options={
                "verbose_name": "Key points",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.CreateModel(
            name="QuestionBlock",
            fields=[],
            options={
                "verbose_name": "Question and answer",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.CreateModel(
            name="StepsBlock",
            fields=[],
            options={
                "verbose_name": "Steps",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.CreateModel(
            name="TableBlock",
            fields=[],
            options={
                "verbose_name": "Table",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.CreateModel(
            name="TextBlock",
            fields=[],
            options={
                "verbose_name": "Text",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.CreateModel(
            name="UrgentBlock",
            fields=[],
            options={
                "verbose_name": "Urgent card",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("pages.block",),
        ),
        migrations.RunPython(make, search.drop_index),
    ]
