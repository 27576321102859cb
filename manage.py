#!/usr/bin/env python
import os
import sys

from clinic_site.environment import ConfigurationError, read_flag, report_and_exit
from clinic_site.logs import print_without_words


def main() -> None:
    # What is written here is read by nobody else on this machine.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")
    from django.core.management import execute_from_command_line

    try:
        if not read_flag("DEBUG"):
            sys.excepthook = print_without_words
        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        report_and_exit(error)


if __name__ == "__main__":
    main()
