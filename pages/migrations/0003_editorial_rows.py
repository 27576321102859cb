from django.contrib.auth.management import create_permissions
from django.db import migrations

CLINICIAN = [
    *("view_page", "view_block", "view_revision", "view_source", "view_image", "approve_page"),
    *("view_glossaryterm", "view_approval", "view_reviewer"),
]
EDITOR = [
    *("view_page", "add_page", "change_page", "publish_page", "delete_page"),
    *("view_block", "add_block", "change_block", "delete_block"),
    *("view_source", "add_source", "change_source", "delete_source"),
    *("view_navitem", "add_navitem", "change_navitem", "delete_navitem"),
    *("view_image", "add_image", "change_image", "delete_image"),
    *("view_glossaryterm", "add_glossaryterm", "change_glossaryterm", "delete_glossaryterm"),
    *("view_oldpath", "add_oldpath", "change_oldpath", "delete_oldpath"),
    *("view_previewlink", "add_previewlink", "change_previewlink"),
    *("view_revision", "view_approval", "view_reviewer", "view_claimrule", "view_clinic"),
]
OWNER = [
    *EDITOR,
    *("add_claimrule", "change_claimrule", "delete_claimrule"),
    *("add_reviewer", "change_reviewer", "delete_reviewer"),
]


def make(apps, schema_editor):
    apps.get_model("pages", "ContentVersion").objects.get_or_create(pk=1)
    # Django makes permissions after all migrations have run; the groups need them now.
    config = apps.get_app_config("pages")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, wanted in {"Editor": EDITOR, "Clinician": CLINICIAN, "Owner": OWNER}.items():
        group, _ = Group.objects.get_or_create(name=name)
        found = Permission.objects.filter(content_type__app_label="pages", codename__in=wanted)
        if found.count() != len(wanted):
            raise LookupError(f"pages: not all of {wanted} exist")
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("pages", "0002_editorial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
