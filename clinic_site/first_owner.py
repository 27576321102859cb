"""The first account of an installation: user `owner`, who can then make the others."""

import secrets

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from clinic_site.environment import ConfigurationError

NAME = "owner"
# Without 0, 1, i, l, o: read from a screen and typed.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def is_needed() -> bool:
    return not User.objects.filter(is_staff=True).exists()


def make(password: str = "") -> str:
    """Make the owner, with the given password or a generated one, and return the password."""
    password = password or new_password()
    owner = User(username=NAME, is_staff=True)
    try:
        validate_password(password, owner)
    except ValidationError as error:
        raise ConfigurationError(f"ADMIN_PASSWORD won't do: {' '.join(error.messages)}") from None
    owner.set_password(password)
    owner.save()
    owner.groups.add(Group.objects.get(name="Owner"))
    return password


def new_password() -> str:
    """80 bits: four groups of four."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
