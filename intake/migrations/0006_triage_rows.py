from datetime import timedelta

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import timezone

from intake.lookups import text_lookup
from intake.models.name_word import name_lookups
from intake.sealed import CannotOpen

POLICIES = {"reply": (True, True), "overdue_notice": (False, False), "mention": (False, False)}
# Months after a request was closed. docs/triage.md says why.
MONTHS = {"not_suitable": 24, "no_reply": 12, "duplicate": 12, "withdrawn": 6, "spam": 1}
DANGER = [
    *("kill myself", "killing myself", "kill me", "suicide", "suicidal", "end it", "end it all"),
    *(
        "end my life",
        "ending my life",
        "take my life",
        "want to die",
        "wanna die",
        "want to be dead",
    ),
    *("better off dead", "better off without me", "no reason to live", "not worth living"),
    *("hurt myself", "harm myself", "cut myself", "hang myself", "shoot myself", "self harm*"),
    *("overdos*", "can't go on", "cannot go on", "don't want to live", "don't want to be here"),
    *("don't want to wake up", "say goodbye", "kms", "unalive*", "jump off", "hurt someone"),
    *("kill him", "kill her", "kill them", "me tuer", "me suicider", "envie de mourir", "en finir"),
]
CANNED = {
    "We would like to call you": (
        "Hello,\n\nThank you for your request {reference}. We would like to call you about it."
        " Please tell us a day and a time that suit you, by answering this email or by calling"
        " {telephone}.\n\n{staff}\n{clinic}"
    ),
    "We could not reach you": (
        "Hello,\n\nWe tried to reach you about your request {reference} and did not get through."
        " When you are ready, call us at {telephone} and say your reference.\n\n{staff}\n{clinic}"
    ),
    "Your request is closed": (
        "Hello,\n\nWe have closed your request {reference}. If anything changes, you can ask again"
        " at any time, or call {telephone}.\n\n{staff}\n{clinic}"
    ),
}
RECEPTION = [
    *("view_enquiry", "triage_enquiry", "merge_enquiry", "view_figures"),
    *("view_outgoingemail", "review_outgoingemail"),
]
CLINICIAN = ["view_enquiry", "triage_enquiry", "view_figures", "view_outgoingemail"]
MAIL_REVIEWER = ["view_outgoingemail", "review_outgoingemail"]
OWNER = [
    *RECEPTION,
    *("hold_enquiry", "export_enquiry", "erase_enquiry", "view_accessevent"),
    *("view_mailpolicy", "change_mailpolicy", "view_mailqueue", "resume_mailqueue"),
    *("view_desk", "change_desk", "view_retentionrule", "change_retentionrule", "view_tombstone"),
    *("view_cannedreply", "add_cannedreply", "change_cannedreply", "delete_cannedreply"),
    *("view_dangerword", "add_dangerword", "change_dangerword", "delete_dangerword"),
]
PAGES_OWNER = [
    *("view_openingtime", "add_openingtime", "change_openingtime", "delete_openingtime"),
    *("view_specialday", "add_specialday", "change_specialday", "delete_specialday"),
]
GROUPS = {
    "Reception": {"intake": RECEPTION},
    "Clinician": {"intake": CLINICIAN},
    "Mail reviewer": {"intake": MAIL_REVIEWER},
    "Owner": {"intake": OWNER, "pages": PAGES_OWNER},
}


def make_rows(apps, schema_editor):
    def model(name):
        return apps.get_model("intake", name)

    for kind, (needs_review, may_hold_details) in POLICIES.items():
        model("MailPolicy").objects.get_or_create(
            kind=kind,
            defaults={"needs_review": needs_review, "may_hold_details": may_hold_details},
        )
    # The patient's own address stands in neither text; the policy is about staff and about replies.
    model("MailPolicy").objects.filter(kind="acknowledgement").update(may_hold_details=True)
    model("Desk").objects.get_or_create(pk=1)
    for reason, months in MONTHS.items():
        model("RetentionRule").objects.get_or_create(
            close_reason=reason, defaults={"months": months}
        )
    for phrase in DANGER:
        model("DangerWord").objects.get_or_create(phrase=phrase)
    for title, body in CANNED.items():
        model("CannedReply").objects.get_or_create(title=title, defaults={"body": body})


def complete_enquiries(apps, schema_editor):
    """What newer columns say about requests that are there."""
    Enquiry, NameWord = apps.get_model("intake", "Enquiry"), apps.get_model("intake", "NameWord")
    Event = apps.get_model("intake", "EnquiryEvent")
    for enquiry in Enquiry.objects.order_by("pk").iterator(chunk_size=500):
        enquiry.promised_by = enquiry.reply_by = enquiry.created_at + timedelta(days=2)
        events = Event.objects.filter(enquiry=enquiry).order_by("at")
        if enquiry.status == "closed":
            last = events.filter(kind="closed").last()
            enquiry.closed_at = last.at if last else timezone.now()
        first = events.filter(kind__in=["contacted", "booked"]).first()
        enquiry.contacted_at = first.at if first else None
        try:
            enquiry.text_lookup = text_lookup(enquiry.message)
            words = name_lookups(enquiry.name)
        except CannotOpen:
            words = []
        Enquiry.objects.filter(pk=enquiry.pk).update(
            promised_by=enquiry.promised_by,
            reply_by=enquiry.reply_by,
            closed_at=enquiry.closed_at,
            contacted_at=enquiry.contacted_at,
            text_lookup=enquiry.text_lookup,
        )
        NameWord.objects.bulk_create(
            [NameWord(enquiry=enquiry, lookup=lookup) for lookup in words], ignore_conflicts=True
        )


def make_groups(apps, schema_editor):
    # Django makes permissions after all migrations have run; the groups need them now.
    for label in ("intake", "pages"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, rights in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        for label, codenames in rights.items():
            found = Permission.objects.filter(content_type__app_label=label, codename__in=codenames)
            if found.count() != len(codenames):
                raise LookupError(f"{label}: not all of {codenames} exist")
            group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0005_triage"),
        ("pages", "0008_opening"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunPython(make_rows, migrations.RunPython.noop),
        migrations.RunPython(complete_enquiries, migrations.RunPython.noop),
        migrations.RunPython(make_groups, migrations.RunPython.noop),
    ]
