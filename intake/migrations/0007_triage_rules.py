from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0006_triage_rows")]

    operations = [
        migrations.AlterField(
            model_name="enquiry",
            name="promised_by",
            field=models.DateTimeField(default=None, editable=False),
        ),
        migrations.AlterField(
            model_name="enquiry",
            name="reply_by",
            field=models.DateTimeField(default=None, editable=False),
        ),
        migrations.AddField(
            model_name="enquiry",
            name="rank",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(status="closed", then=models.Value(4), update_waiting=False),
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
        migrations.AddIndex(
            model_name="enquiry",
            index=models.Index(fields=["rank", "reply_by", "id"], name="enquiry_queue"),
        ),
        migrations.AddIndex(
            model_name="enquiry",
            index=models.Index(
                fields=["assignee", "rank", "reply_by", "id"], name="enquiry_queue_mine"
            ),
        ),
        migrations.AddIndex(
            model_name="enquiry",
            index=models.Index(
                fields=["status", "rank", "reply_by", "id"], name="enquiry_queue_status"
            ),
        ),
        migrations.AddIndex(
            model_name="enquiry",
            index=models.Index(
                fields=["topic", "rank", "reply_by", "id"], name="enquiry_queue_topic"
            ),
        ),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", False), ("status", "closed")),
                    models.Q(
                        models.Q(("status", "closed"), _negated=True), ("closed_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="enquiry_closed_at_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("held_at__isnull", True), ("held_by__isnull", True)),
                    models.Q(("held_at__isnull", False), ("held_by__isnull", False)),
                    _connector="OR",
                ),
                name="enquiry_held_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("returned_at__isnull", True), ("returned_by__isnull", True)),
                    models.Q(
                        ("returned_at__isnull", False),
                        ("returned_by__isnull", False),
                        ("state", "pending_review"),
                    ),
                    _connector="OR",
                ),
                name="email_returned_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("enquiry__isnull", False), ("kind__in", ["referral", "acknowledgement"])
                ),
                fields=("enquiry", "kind", "recipient_lookup"),
                name="email_once_a_recipient",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingemail",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("kind__in", ["triage_notice", "overdue_notice"]),
                    models.Q(("state__in", ["rejected", "cancelled"]), _negated=True),
                ),
                fields=("kind", "window"),
                name="email_notice_once_a_window",
            ),
        ),
    ]
