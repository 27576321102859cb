from django.db import migrations

KINDS = {
    "CallToActionBlock": "Call to action",
    "DoDontBlock": "Do and don’t",
    "FigureBlock": "Picture",
    "FragmentBlock": "Shared text",
    "KeyPointsBlock": "Key points",
    "QuestionBlock": "Question and answer",
    "StepsBlock": "Steps",
    "TableBlock": "Table",
    "TextBlock": "Text",
    "UrgentBlock": "Urgent card",
}


class Migration(migrations.Migration):
    dependencies = [("pages", "0005_search")]
    operations = [
        migrations.CreateModel(
            name=name,
            fields=[],
            options={
                "verbose_name": label,
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("pages.block",),
        )
        for name, label in KINDS.items()
    ]
