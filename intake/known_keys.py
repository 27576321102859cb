"""Whether what the database holds was written with the keys that we have."""

from django.apps import apps
from django.db.models import Q

from intake.lookups import lookup_key_id
from intake.models import Enquiry, OutgoingEmail
from intake.sealed import known_prefixes, sealed_fields

LACKS_A_KEY = "{} does not hold the key with which rows in the database were written."


def unknown_key() -> str:
    """The name of the setting that lacks a key which rows need, or nothing."""
    for model in apps.get_app_config("intake").get_models():
        for field in sealed_fields(model):
            known = Q(**{field.attname: b""})
            for prefix in known_prefixes():
                # Bytes compare in order, so a prefix is a range.
                known |= Q(
                    **{f"{field.attname}__gte": prefix, f"{field.attname}__lt": _after(prefix)}
                )
            if model._default_manager.exclude(known).exists():
                return "ENCRYPTION_KEYS"
    ours = f"{lookup_key_id()}:"
    hashed = [
        (Enquiry, "email_lookup"),
        (Enquiry, "phone_lookup"),
        (OutgoingEmail, "recipient_lookup"),
    ]
    for model, column in hashed:
        others = model._default_manager.exclude(**{column: ""})
        if others.exclude(**{f"{column}__startswith": ours}).exists():
            return "LOOKUP_KEY"
    return ""


def _after(prefix: bytes) -> bytes:
    return (int.from_bytes(prefix, "big") + 1).to_bytes(len(prefix), "big")
