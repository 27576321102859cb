from django.db import migrations

from intake.triggers import create_triggers, drop_triggers


def make(apps, schema_editor):
    create_triggers(schema_editor.connection)


def unmake(apps, schema_editor):
    drop_triggers(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("intake", "0007_triage_rules")]
    operations = [migrations.RunPython(make, unmake)]
