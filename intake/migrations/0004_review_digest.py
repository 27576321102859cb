from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0003_groups")]

    operations = [
        migrations.AlterField(
            model_name="outgoingemail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("referral", "Referral to the care team"),
                    ("triage_notice", "Notice of new requests"),
                    ("acknowledgement", "Acknowledgement to the patient"),
                    ("password_reset", "Password link for staff"),
                    ("review_digest", "Reviews that are due"),
                ],
                editable=False,
                max_length=16,
            ),
        ),
    ]
