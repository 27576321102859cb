from django.contrib.auth.management import create_permissions
from django.db import migrations

RECEPTION = {
    "intake": [
        *("view_enquiry", "triage_enquiry"),
        *("view_outgoingemail", "review_outgoingemail"),
    ],
}
OWNER = {
    "intake": [
        *RECEPTION["intake"],
        *("view_mailpolicy", "change_mailpolicy", "view_mailqueue", "resume_mailqueue"),
    ],
    "pages": [
        *("view_clinic", "change_clinic", "confirm_clinic"),
        *("view_page", "add_page", "change_page", "publish_page", "delete_page"),
        *("view_block", "add_block", "change_block", "delete_block"),
        *("view_source", "add_source", "change_source", "delete_source"),
        *("view_navitem", "add_navitem", "change_navitem", "delete_navitem"),
        "view_revision",
    ],
    "auth": ["view_user", "add_user", "change_user", "view_group"],
}


def make(apps, schema_editor):
    # Django makes permissions after all migrations have run; the groups need them now.
    for label in OWNER:
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, wanted in {"Reception": RECEPTION, "Owner": OWNER}.items():
        group, _ = Group.objects.get_or_create(name=name)
        for label, codenames in wanted.items():
            found = Permission.objects.filter(content_type__app_label=label, codename__in=codenames)
            if found.count() != len(codenames):
                raise LookupError(f"{label}: not all of {codenames} exist")
            group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0002_first_rows"),
        ("pages", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
