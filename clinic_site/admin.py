from clinic_site import staff  # noqa: F401  # puts its accounts in the place of Django's
