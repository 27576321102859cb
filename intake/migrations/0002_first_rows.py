from django.db import migrations

POLICIES = {"referral": True, "triage_notice": False, "acknowledgement": False}


def make(apps, schema_editor):
    for kind, needs_review in POLICIES.items():
        apps.get_model("intake", "MailPolicy").objects.get_or_create(
            kind=kind, defaults={"needs_review": needs_review}
        )
    apps.get_model("intake", "MailQueue").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
