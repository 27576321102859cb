from django.db import migrations, models
from django.db.models import Q

INDEXES = [
    models.Index(
        fields=["rank", "reply_by", "id", "contact_method", "assignee"],
        condition=Q(is_canary=False),
        name="enquiry_queue",
    ),
    models.Index(
        fields=["assignee", "rank", "reply_by", "id", "status", "topic", "contact_method"],
        condition=Q(is_canary=False, assignee__isnull=False),
        name="enquiry_queue_mine",
    ),
    models.Index(
        fields=["status", "rank", "reply_by", "id", "topic", "contact_method"],
        condition=Q(is_canary=False),
        name="enquiry_queue_status",
    ),
    models.Index(
        fields=["topic", "rank", "reply_by", "id", "contact_method"],
        condition=Q(is_canary=False),
        name="enquiry_queue_topic",
    ),
    models.Index(
        fields=["rank", "reply_by", "id"],
        condition=Q(is_canary=False, suspected_spam=True),
        name="enquiry_queue_spam",
    ),
]
# How many rows the planner expects of a statement: it looks at its statistics, and runs nothing.
GUESS_ROWS = """
CREATE FUNCTION intake_guess_rows(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || statement INTO plan;
    RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END $$
"""


def create_guess_rows(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(GUESS_ROWS)


def drop_guess_rows(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION intake_guess_rows(text)")


class Migration(migrations.Migration):
    dependencies = [("intake", "0010_privacy")]

    operations = [
        *(
            migrations.RemoveIndex(model_name="enquiry", name=f"enquiry_queue{name}")
            for name in ("", "_mine", "_status", "_topic")
        ),
        *(migrations.AddIndex(model_name="enquiry", index=index) for index in INDEXES),
        migrations.RunPython(create_guess_rows, drop_guess_rows),
    ]
