import json

from django.db import migrations, models

from intake.models.enquiry_fields import EnquiryFields
from intake.models.event import EnquiryEvent
from intake.sealed import CannotOpen


def bring_up_to_date(apps, schema_editor):
    """The columns held what was said first; from now on they hold what was said last."""
    Event = apps.get_model("intake", "EnquiryEvent")
    later = Event.objects.filter(kind__in=EnquiryEvent.WITH_ANSWERS).order_by("at")
    for event in later.select_related("enquiry").iterator():
        enquiry = event.enquiry
        try:
            answers = json.loads(event.answers)
        except CannotOpen:
            continue
        if enquiry.first_chosen is None:
            first = {name: getattr(enquiry, name) for name in EnquiryFields.CHOSEN}
            enquiry.first_chosen = first
        for name in EnquiryFields.CHOSEN:
            setattr(enquiry, name, answers[name])
        enquiry.save(update_fields=["first_chosen", *EnquiryFields.CHOSEN])


def put_back(apps, schema_editor):
    Enquiry = apps.get_model("intake", "Enquiry")
    for enquiry in Enquiry.objects.exclude(first_chosen=None).iterator():
        for name, value in enquiry.first_chosen.items():
            setattr(enquiry, name, value)
        enquiry.save(update_fields=[*EnquiryFields.CHOSEN])


class Migration(migrations.Migration):
    dependencies = [("intake", "0012_returned_pair")]

    operations = [
        migrations.AddField(
            model_name="enquiry",
            name="first_chosen",
            field=models.JSONField(
                editable=False,
                help_text="CHOSEN as sent first, once the patient sent others.",
                null=True,
            ),
        ),
        migrations.RunPython(bring_up_to_date, put_back),
    ]
