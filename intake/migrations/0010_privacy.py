import django.core.validators
from django.db import migrations, models

# Ten years, as long as Ontario's physicians keep a record. docs/privacy.md says more.
BOOKED_MONTHS = 120


def make_rule(apps, schema_editor):
    rules = apps.get_model("intake", "RetentionRule").objects
    rules.get_or_create(outcome="booked", defaults={"months": BOOKED_MONTHS})


class Migration(migrations.Migration):
    dependencies = [("intake", "0009_mail_desk")]

    operations = [
        migrations.AlterModelOptions(
            name="retentionrule", options={"ordering": ["months", "outcome"]}
        ),
        migrations.AlterModelOptions(
            name="tombstone",
            options={"ordering": ["-purged_at"], "verbose_name": "purged request"},
        ),
        migrations.RenameField(
            model_name="retentionrule", old_name="close_reason", new_name="outcome"
        ),
        migrations.RenameField(model_name="tombstone", old_name="close_reason", new_name="outcome"),
        migrations.AlterField(
            model_name="retentionrule",
            name="months",
            field=models.PositiveSmallIntegerField(
                help_text="Months after it was closed, or after the patient last wrote. For booked ones: months after anything was last done with it.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(600),
                ],
                verbose_name="kept for",
            ),
        ),
        migrations.AddIndex(
            model_name="accessevent",
            index=models.Index(fields=["reference", "at"], name="access_by_reference"),
        ),
        migrations.AddIndex(
            model_name="accessevent",
            index=models.Index(
                condition=models.Q(("action__in", ["exported", "erased"])),
                fields=["at"],
                name="access_taken_out",
            ),
        ),
        migrations.RunPython(make_rule, migrations.RunPython.noop),
    ]
