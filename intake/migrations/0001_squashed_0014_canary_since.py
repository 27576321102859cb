"""What 0001 to 0014 make, for a database that is new: the tables as they are now, then the rows in the old order.

A database that has some of them applied goes on with them; Django looks which.
"""

import uuid
from importlib import import_module

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import intake.sealed

first_rows = import_module("intake.migrations.0002_first_rows")
groups = import_module("intake.migrations.0003_groups")
triage_rows = import_module("intake.migrations.0006_triage_rows")
triggers = import_module("intake.migrations.0008_triggers")
privacy = import_module("intake.migrations.0010_privacy")
queue_indexes = import_module("intake.migrations.0011_queue_indexes")


# All in one operation: Django makes its models anew before each.
def make(apps, schema_editor):
    first_rows.make(apps, schema_editor)
    groups.make(apps, schema_editor)
    triage_rows.make_rows(apps, schema_editor)
    # Without complete_enquiries, and 0013's bring_up_to_date: no request is there yet.
    triage_rows.make_groups(apps, schema_editor)
    triggers.make(apps, schema_editor)


def complete(apps, schema_editor):
    privacy.make_rule(apps, schema_editor)
    queue_indexes.create_guess_rows(apps, schema_editor)


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("intake", "0001_initial"),
        ("intake", "0002_first_rows"),
        ("intake", "0003_groups"),
        ("intake", "0004_review_digest"),
        ("intake", "0005_triage"),
        ("intake", "0006_triage_rows"),
        ("intake", "0007_triage_rules"),
        ("intake", "0008_triggers"),
        ("intake", "0009_mail_desk"),
        ("intake", "0010_privacy"),
        ("intake", "0011_queue_indexes"),
        ("intake", "0012_returned_pair"),
        ("intake", "0013_first_chosen"),
        ("intake", "0014_canary_since"),
    ]
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        # Its old name stands for the squashed one too, and is there when pages has stopped half-way.
        ("pages", "0008_opening"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(editable=False, max_length=16, unique=True)),
                (
                    "needs_review",
                    models.BooleanField(
                        help_text="On: a member of staff approves each one before it is sent."
                    ),
                ),
                (
                    "may_hold_details",
                    models.BooleanField(
                        default=False,
                        help_text="Off: an email that holds the patient’s name, address, phone number or words is refused.",
                        verbose_name="may hold the patient’s details",
                    ),
                ),
                (
                    "recipients",
                    models.TextField(
                        blank=True,
                        help_text="Who gets it besides those that are set up with the site: one address on each line.",
                    ),
                ),
            ],
            options={
                "verbose_name": "email policy",
                "verbose_name_plural": "email policies",
                "ordering": ["kind"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "referral"), _negated=True),
                            ("needs_review", True),
                            _connector="OR",
                        ),
                        name="policy_referral_is_reviewed",
                        violation_error_message="A referral is always reviewed: someone chooses who gets it.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MailQueue",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "worker_seen_at",
                    models.DateTimeField(
                        help_text="By the database's clock: when any worker last said it works.",
                        null=True,
                    ),
                ),
                ("paused_at", models.DateTimeField(null=True)),
                ("paused_reason", models.CharField(blank=True, max_length=300)),
                (
                    "dead_told_at",
                    models.DateTimeField(
                        help_text="The owners were told that emails could not be sent; empty when none is.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "mail queue",
                "permissions": [("resume_mailqueue", "Can resume the mail queue")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="mail_queue_is_one_row"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("paused_at__isnull", True), ("paused_reason", "")),
                            models.Q(
                                ("paused_at__isnull", False),
                                models.Q(("paused_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="mail_queue_paused_pair",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("user_id", models.BigIntegerField()),
                ("username", models.CharField(max_length=150)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("listed", "Saw in a list"),
                            ("found", "Found by a search"),
                            ("previewed", "Read its email"),
                            ("exported", "Exported"),
                            ("erased", "Erased"),
                        ],
                        max_length=12,
                    ),
                ),
                ("look", models.UUIDField(default=uuid.uuid4)),
                ("enquiry_id", models.UUIDField(null=True)),
                ("reference", models.CharField(blank=True, max_length=8)),
                ("email_id", models.UUIDField(null=True)),
                ("seen_hash", models.CharField(blank=True, max_length=73)),
                ("purpose", models.CharField(blank=True, max_length=100)),
            ],
            options={
                "verbose_name": "access",
                "verbose_name_plural": "who opened what",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["enquiry_id", "at"], name="access_by_enquiry"),
                    models.Index(fields=["user_id", "at"], name="access_by_user"),
                    models.Index(fields=["email_id", "user_id"], name="access_by_email"),
                    models.Index(fields=["at"], name="access_by_time"),
                    models.Index(fields=["reference", "at"], name="access_by_reference"),
                    models.Index(
                        condition=models.Q(("action__in", ["exported", "erased"])),
                        fields=["at"],
                        name="access_taken_out",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                ["opened", "listed", "found", "previewed", "exported", "erased"],
                            )
                        ),
                        name="access_action_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CannedReply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=80, unique=True)),
                ("body", models.TextField()),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
            ],
            options={
                "verbose_name": "canned reply",
                "verbose_name_plural": "canned replies",
                "ordering": ["title"],
            },
        ),
        migrations.CreateModel(
            name="DangerWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "phrase",
                    models.CharField(
                        help_text="A word, or words in a row. Capitals, accents and punctuation make no difference; an asterisk at the end stands for any ending.",
                        max_length=80,
                        unique=True,
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
            ],
            options={
                "verbose_name": "danger word",
                "ordering": ["phrase"],
            },
        ),
        migrations.CreateModel(
            name="Desk",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("queue_opened_at", models.DateTimeField(editable=False, null=True)),
                (
                    "unattended_told_at",
                    models.DateTimeField(
                        editable=False, help_text="The owner was told that nobody looks.", null=True
                    ),
                ),
                (
                    "unattended_after_hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="Hours in which nobody opened the queue. The form then says so, and the owner gets an email.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(336),
                        ],
                        verbose_name="queue is unattended after",
                    ),
                ),
                (
                    "author_may_not_approve",
                    models.BooleanField(
                        default=False,
                        help_text="On: whoever wrote or last changed an email can’t approve it.",
                        verbose_name="two people for an email",
                    ),
                ),
                (
                    "emails_an_hour",
                    models.PositiveSmallIntegerField(
                        default=60,
                        help_text="More wait for the next hour; none is lost. Links for passwords and for patients are not counted.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="emails to one address in an hour",
                    ),
                ),
                (
                    "canary_every_hours",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Hours between test requests that the site sends itself, from the form to the mail server. 0: none.",
                        validators=[django.core.validators.MaxValueValidator(168)],
                        verbose_name="test request every",
                    ),
                ),
                (
                    "canary_recipient",
                    models.EmailField(
                        blank=True,
                        help_text="A mailbox that nobody needs to read. Empty: the clinic’s own address.",
                        max_length=254,
                        verbose_name="test emails go to",
                    ),
                ),
                (
                    "purge_notice_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        help_text="Days between telling the owner what will be purged and purging it.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="notice before a purge",
                    ),
                ),
                (
                    "canary_since",
                    models.DateTimeField(
                        editable=False, help_text="When these hours were chosen.", null=True
                    ),
                ),
            ],
            options={
                "verbose_name": "desk settings",
                "verbose_name_plural": "desk settings",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="desk_is_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="LinkWish",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "reference",
                    intake.sealed.SealedTextField(
                        blank=True, default="", help_text="As typed, whatever it is."
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["at"],
                "indexes": [models.Index(fields=["at"], name="link_wish_by_time")],
            },
        ),
        migrations.CreateModel(
            name="RetentionPass",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="retention_pass_is_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("close_reason", models.CharField(editable=False, max_length=16, unique=True)),
                (
                    "months",
                    models.PositiveSmallIntegerField(
                        help_text="Months after it was closed, or after the patient last wrote. For booked ones: months after anything was last done with it.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(600),
                        ],
                        verbose_name="kept for",
                    ),
                ),
            ],
            options={
                "ordering": ["months", "close_reason"],
            },
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=8, unique=True)),
                ("received_on", models.DateField()),
                ("closed_on", models.DateField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=16)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("retention", "Kept long enough"),
                            ("erasure", "Erased at the person’s wish"),
                        ],
                        max_length=12,
                    ),
                ),
                ("purged_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-purged_at"],
                "verbose_name": "purged request",
            },
        ),
        migrations.CreateModel(
            name="Enquiry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reference", models.CharField(editable=False, max_length=8, unique=True)),
                ("form_token", models.UUIDField(editable=False, unique=True)),
                ("created_at", models.DateTimeField(editable=False)),
                ("name", intake.sealed.SealedTextField(blank=True, default="")),
                (
                    "contact_method",
                    models.CharField(
                        choices=[("email", "Email"), ("phone", "Phone")], max_length=8
                    ),
                ),
                ("email", intake.sealed.SealedTextField(blank=True, default="")),
                ("phone", intake.sealed.SealedTextField(blank=True, default="")),
                ("may_leave_message", models.BooleanField(default=False)),
                (
                    "best_time",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("any", "Any time"),
                            ("morning", "Morning"),
                            ("afternoon", "Afternoon"),
                            ("evening", "Evening"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "topic",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("depression", "Depression"),
                            ("pain", "Chronic pain"),
                            ("ptsd_anxiety", "PTSD or anxiety"),
                            ("other", "Something else"),
                            ("rather_not_say", "I would rather not say"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "on_behalf_of",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("self", "Myself"),
                            ("someone_else", "Someone else"),
                            ("rather_not_say", "I would rather not say"),
                        ],
                        max_length=16,
                    ),
                ),
                ("message", intake.sealed.SealedTextField(blank=True, default="")),
                ("access_needs", intake.sealed.SealedTextField(blank=True, default="")),
                ("notice_number", models.PositiveIntegerField(editable=False, null=True)),
                ("notice_hash", models.CharField(blank=True, editable=False, max_length=64)),
                ("email_lookup", models.CharField(blank=True, editable=False, max_length=73)),
                ("phone_lookup", models.CharField(blank=True, editable=False, max_length=73)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("in_review", "In review"),
                            ("contacted", "Contacted"),
                            ("booked", "Booked"),
                            ("closed", "Closed"),
                        ],
                        default="new",
                        editable=False,
                        max_length=12,
                    ),
                ),
                (
                    "close_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_suitable", "Not suitable"),
                            ("no_reply", "No reply"),
                            ("duplicate", "Duplicate"),
                            ("withdrawn", "Withdrawn by the patient"),
                            ("spam", "Spam"),
                        ],
                        editable=False,
                        max_length=16,
                    ),
                ),
                ("suspected_spam", models.BooleanField(default=False, editable=False)),
                (
                    "update_waiting",
                    models.BooleanField(
                        default=False,
                        editable=False,
                        help_text="The patient sent other answers later, and nobody has read them yet.",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enquiries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "contacted_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="The first attempt that reached the patient.",
                        null=True,
                    ),
                ),
                (
                    "has_danger_words",
                    models.BooleanField(
                        default=False,
                        editable=False,
                        help_text="The patient wrote words of somebody who may be in danger.",
                    ),
                ),
                ("held_at", models.DateTimeField(editable=False, null=True)),
                (
                    "held_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hold_reason",
                    intake.sealed.SealedTextField(
                        blank=True, default="", help_text="Legal hold: why it must not be purged."
                    ),
                ),
                (
                    "is_canary",
                    models.BooleanField(
                        default=False,
                        editable=False,
                        help_text="Made by the site to test itself; in no figure.",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="intake.enquiry",
                    ),
                ),
                ("promised_by", models.DateTimeField(default=None, editable=False)),
                (
                    "purge_after",
                    models.DateTimeField(
                        editable=False,
                        help_text="The owner was told; it goes after this.",
                        null=True,
                    ),
                ),
                ("reply_by", models.DateTimeField(default=None, editable=False)),
                ("second_notice_at", models.DateTimeField(editable=False, null=True)),
                ("text_lookup", models.CharField(blank=True, editable=False, max_length=73)),
                (
                    "rank",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(
                                status="closed", then=models.Value(4), update_waiting=False
                            ),
                            models.When(
                                models.Q(
                                    ("status__in", ["new", "in_review"]),
                                    ("update_waiting", True),
                                    _connector="OR",
                                ),
                                has_danger_words=True,
                                then=models.Value(0),
                            ),
                            models.When(suspected_spam=True, then=models.Value(3)),
                            models.When(
                                models.Q(
                                    ("status__in", ["new", "in_review"]),
                                    ("update_waiting", True),
                                    _connector="OR",
                                ),
                                then=models.Value(1),
                            ),
                            default=models.Value(2),
                        ),
                        output_field=models.PositiveSmallIntegerField(
                            choices=[
                                (0, "May be in danger"),
                                (1, "Waits for us"),
                                (2, "Answered"),
                                (3, "Suspected spam"),
                                (4, "Done with"),
                            ]
                        ),
                    ),
                ),
                (
                    "first_chosen",
                    models.JSONField(
                        editable=False,
                        help_text="CHOSEN as sent first, once the patient sent others.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name": "request",
                "verbose_name_plural": "requests",
                "ordering": ["created_at"],
                "permissions": [
                    ("triage_enquiry", "Can take, assign, answer and close requests"),
                    ("merge_enquiry", "Can merge duplicates and undo it"),
                    ("hold_enquiry", "Can put requests on legal hold"),
                    ("export_enquiry", "Can export requests"),
                    ("erase_enquiry", "Can erase what a person sent"),
                    ("view_figures", "Can see the dashboard"),
                ],
                "indexes": [
                    models.Index(fields=["email_lookup", "created_at"], name="enquiry_by_email"),
                    models.Index(fields=["phone_lookup", "created_at"], name="enquiry_by_phone"),
                    models.Index(fields=["created_at"], name="enquiry_by_day"),
                    models.Index(
                        condition=models.Q(("text_lookup", ""), _negated=True),
                        fields=["text_lookup", "created_at"],
                        name="enquiry_by_text",
                    ),
                    models.Index(
                        condition=models.Q(("is_canary", True)),
                        fields=["created_at"],
                        name="enquiry_canaries",
                    ),
                    models.Index(
                        condition=models.Q(("is_canary", False)),
                        fields=["rank", "reply_by", "id", "contact_method", "assignee"],
                        name="enquiry_queue",
                    ),
                    models.Index(
                        condition=models.Q(("assignee__isnull", False), ("is_canary", False)),
                        fields=[
                            "assignee",
                            "rank",
                            "reply_by",
                            "id",
                            "status",
                            "topic",
                            "contact_method",
                        ],
                        name="enquiry_queue_mine",
                    ),
                    models.Index(
                        condition=models.Q(("is_canary", False)),
                        fields=["status", "rank", "reply_by", "id", "topic", "contact_method"],
                        name="enquiry_queue_status",
                    ),
                    models.Index(
                        condition=models.Q(("is_canary", False)),
                        fields=["topic", "rank", "reply_by", "id", "contact_method"],
                        name="enquiry_queue_topic",
                    ),
                    models.Index(
                        condition=models.Q(("is_canary", False), ("suspected_spam", True)),
                        fields=["rank", "reply_by", "id"],
                        name="enquiry_queue_spam",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["new", "in_review", "contacted", "booked", "closed"])
                        ),
                        name="enquiry_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status", "closed"), models.Q(("close_reason", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("status", "closed"), _negated=True), ("close_reason", "")
                            ),
                            _connector="OR",
                        ),
                        name="enquiry_closed_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("contact_method__in", ["email", "phone"])),
                        name="enquiry_method_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("status", "closed")),
                            models.Q(
                                models.Q(("status", "closed"), _negated=True),
                                ("closed_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="enquiry_closed_at_pair",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True),
                            models.Q(
                                ("close_reason", "duplicate"),
                                ("status", "closed"),
                                models.Q(("merged_into", models.F("id")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="enquiry_merged_is_duplicate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("held_at__isnull", True), ("held_by__isnull", True)),
                            models.Q(("held_at__isnull", False), ("held_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="enquiry_held_pair",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EnquiryEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "Request received"),
                            ("updated", "Patient sent other answers"),
                            ("sent_again", "Patient sent it again"),
                            ("update_read", "Later answers read"),
                            ("taken", "Taken"),
                            ("assigned", "Assigned"),
                            ("contacted", "Marked as contacted"),
                            ("booked", "Marked as booked"),
                            ("closed", "Closed"),
                            ("reopened", "Reopened"),
                            ("not_spam", "Marked as not spam"),
                            ("attempt", "Tried to reach the patient"),
                            ("note", "Note written"),
                            ("merged", "Merged with another request"),
                            ("unmerged", "Merging undone"),
                            ("held", "Legal hold set"),
                            ("released", "Legal hold lifted"),
                            ("second_notice", "Overdue: the desk was told again"),
                            ("contact_changed", "Patient corrected a contact detail"),
                            ("withdrawn", "Patient withdrew the request"),
                            ("link_sent", "Patient asked for a link to the request"),
                            ("exported", "Exported for the patient"),
                            ("purge_planned", "Will be purged"),
                            ("email_written", "Reply to the patient written"),
                            ("email_returned", "Email returned for changes"),
                            ("email_edited", "Email edited"),
                            ("email_approved", "Email approved"),
                            ("email_rejected", "Email rejected"),
                            ("email_cancelled", "Email cancelled"),
                            ("email_restored", "Email waits for review again"),
                            ("email_retried", "Email tried again"),
                            ("email_accepted", "Email handed over"),
                            ("email_dead", "Email could not be sent"),
                        ],
                        max_length=16,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("detail", models.CharField(blank=True, max_length=200)),
                (
                    "answers",
                    intake.sealed.SealedTextField(
                        blank=True,
                        default="",
                        help_text="JSON of all answers, where the patient sent others.",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "enquiry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="intake.enquiry",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="OutgoingEmail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("referral", "Referral to the care team"),
                            ("triage_notice", "Notice of new requests"),
                            ("acknowledgement", "Acknowledgement to the patient"),
                            ("password_reset", "Password link for staff"),
                            ("review_digest", "Reviews that are due"),
                            ("reply", "Reply to the patient"),
                            ("overdue_notice", "Notice of overdue requests"),
                            ("mention", "You are mentioned in a note"),
                            ("unattended", "Nobody looks at the queue"),
                            ("dead_notice", "Emails could not be sent"),
                            ("purge_notice", "Requests will be purged"),
                            ("patient_link", "Link for a patient"),
                            ("canary", "Test of the site"),
                        ],
                        editable=False,
                        max_length=16,
                    ),
                ),
                ("recipient", intake.sealed.SealedTextField(blank=True, default="")),
                ("recipient_lookup", models.CharField(editable=False, max_length=73)),
                ("subject", models.CharField(max_length=200)),
                ("body", intake.sealed.SealedTextField(blank=True, default="")),
                (
                    "urgency",
                    models.CharField(
                        choices=[("routine", "Routine"), ("soon", "Soon"), ("today", "Today")],
                        default="routine",
                        max_length=8,
                    ),
                ),
                (
                    "note",
                    intake.sealed.SealedTextField(
                        blank=True, default="", help_text="A reviewer's words to the care team."
                    ),
                ),
                ("message_id", models.CharField(editable=False, max_length=120, unique=True)),
                (
                    "window",
                    models.DateTimeField(
                        editable=False,
                        help_text="Notices only: it stands for all requests until then.",
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField(editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending_review", "Waits for review"),
                            ("approved", "Approved"),
                            ("sending", "Being sent"),
                            ("accepted", "Accepted by the mail server"),
                            ("retry_wait", "Will be tried again"),
                            ("dead", "Could not be sent"),
                            ("rejected", "Rejected"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending_review",
                        max_length=16,
                    ),
                ),
                ("approved_hash", models.CharField(blank=True, editable=False, max_length=73)),
                ("reviewed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "reject_reason",
                    intake.sealed.SealedTextField(
                        blank=True, default="", help_text="Staff may have named what they saw."
                    ),
                ),
                ("due_at", models.DateTimeField(editable=False)),
                ("attempts", models.PositiveIntegerField(default=0, editable=False)),
                ("lease_token", models.UUIDField(editable=False, null=True)),
                ("lease_expires_at", models.DateTimeField(editable=False, null=True)),
                (
                    "last_error",
                    intake.sealed.SealedTextField(
                        blank=True,
                        default="",
                        help_text="The server's last words; they may quote the recipient.",
                    ),
                ),
                ("accepted_at", models.DateTimeField(editable=False, null=True)),
                ("handed_to", models.CharField(blank=True, editable=False, max_length=4)),
                (
                    "enquiry",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="emails",
                        to="intake.enquiry",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        help_text="Who wrote or last changed it; nobody, when it is as its template made it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "returned_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "return_reason",
                    intake.sealed.SealedTextField(
                        blank=True,
                        default="",
                        help_text="What is to be changed before it can be approved.",
                    ),
                ),
                ("returned_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "email",
                "verbose_name_plural": "emails",
                "ordering": ["-created_at"],
                "permissions": [
                    ("review_outgoingemail", "Can edit, approve, reject, retry and cancel emails")
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["approved", "retry_wait"])),
                        fields=["due_at"],
                        name="email_ready",
                    ),
                    models.Index(
                        condition=models.Q(("state", "sending")),
                        fields=["lease_expires_at"],
                        name="email_leased",
                    ),
                    models.Index(
                        fields=["recipient_lookup", "created_at"], name="email_by_recipient"
                    ),
                    models.Index(fields=["state", "-created_at", "id"], name="email_by_state"),
                    models.Index(fields=["-created_at", "id"], name="email_newest"),
                    models.Index(
                        condition=models.Q(("state", "accepted")),
                        fields=["recipient_lookup", "accepted_at"],
                        name="email_accepted_by",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "pending_review",
                                    "approved",
                                    "sending",
                                    "accepted",
                                    "retry_wait",
                                    "dead",
                                    "rejected",
                                    "cancelled",
                                ],
                            )
                        ),
                        name="email_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["pending_review", "rejected", "cancelled"]),
                            models.Q(("approved_hash", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="email_sent_was_approved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reviewed_at__isnull", True), ("reviewed_by__isnull", True)),
                            models.Q(
                                ("reviewed_at__isnull", False), ("reviewed_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="email_reviewed_pair",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lease_expires_at__isnull", False),
                                ("lease_token__isnull", False),
                                ("state", "sending"),
                            ),
                            models.Q(
                                models.Q(("state", "sending"), _negated=True),
                                ("lease_expires_at__isnull", True),
                                ("lease_token__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="email_sending_has_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("accepted_at__isnull", False),
                                ("state", "accepted"),
                                models.Q(("handed_to", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "accepted"), _negated=True),
                                ("accepted_at__isnull", True),
                                ("handed_to", ""),
                            ),
                            _connector="OR",
                        ),
                        name="email_accepted_pair",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("enquiry__isnull", False),
                            ("kind__in", ["referral", "acknowledgement"]),
                        ),
                        fields=("enquiry", "kind", "recipient_lookup"),
                        name="email_once_a_recipient",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("kind__in", ["triage_notice", "overdue_notice"]),
                            models.Q(("state__in", ["rejected", "cancelled"]), _negated=True),
                        ),
                        fields=("kind", "window"),
                        name="email_notice_once_a_window",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("returned_at__isnull", True), ("returned_by__isnull", True)),
                            models.Q(
                                ("returned_at__isnull", False), ("returned_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="email_returned_pair",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("returned_at__isnull", True),
                            ("state", "pending_review"),
                            _connector="OR",
                        ),
                        name="email_returned_waits_for_review",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactAttempt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "method",
                    models.CharField(
                        choices=[("phone", "Phone"), ("email", "Email"), ("other", "Another way")],
                        max_length=8,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("reached", "Reached"),
                            ("no_answer", "No answer"),
                            ("left_message", "Left a message"),
                            ("busy", "Busy, or asked to call later"),
                            ("wrong_contact", "Wrong number or address"),
                            ("sent", "Sent, no reply yet"),
                        ],
                        max_length=16,
                    ),
                ),
                ("next_try_at", models.DateTimeField(blank=True, null=True)),
                ("note", intake.sealed.SealedTextField(blank=True, default="")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "enquiry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="intake.enquiry",
                    ),
                ),
            ],
            options={
                "verbose_name": "attempt",
                "ordering": ["at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    "reached",
                                    "no_answer",
                                    "left_message",
                                    "busy",
                                    "wrong_contact",
                                    "sent",
                                ],
                            )
                        ),
                        name="attempt_outcome_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EmailVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("recipient", intake.sealed.SealedTextField(blank=True, default="")),
                ("subject", models.CharField(max_length=200)),
                ("body", intake.sealed.SealedTextField(blank=True, default="")),
                (
                    "email",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="intake.outgoingemail",
                    ),
                ),
                (
                    "replaced_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="NameWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lookup", models.CharField(max_length=73)),
                (
                    "enquiry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="name_words",
                        to="intake.enquiry",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["lookup", "enquiry"], name="name_word_found")],
                "constraints": [
                    models.UniqueConstraint(fields=("enquiry", "lookup"), name="name_word_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("text", intake.sealed.SealedTextField(blank=True, default="")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "enquiry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="intake.enquiry",
                    ),
                ),
                (
                    "mentions",
                    models.ManyToManyField(
                        related_name="mentioned_in", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="PatientLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("token_lookup", models.CharField(max_length=73, unique=True)),
                ("created_at", models.DateTimeField()),
                ("opened_at", models.DateTimeField(null=True)),
                ("session_lookup", models.CharField(blank=True, max_length=73)),
                (
                    "enquiry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="patient_links",
                        to="intake.enquiry",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Viewing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                (
                    "enquiry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="viewings",
                        to="intake.enquiry",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("enquiry", "user"), name="viewing_once_a_person"
                    )
                ],
            },
        ),
        migrations.RunPython(make, triggers.unmake),
        # triage_rows knows the column by its first name.
        migrations.RenameField(
            model_name="retentionrule", old_name="close_reason", new_name="outcome"
        ),
        migrations.AlterModelOptions(
            name="retentionrule", options={"ordering": ["months", "outcome"]}
        ),
        migrations.RunPython(complete, queue_indexes.drop_guess_rows),
    ]
