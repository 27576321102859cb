"""A web server whose keys do not fit the rows must not take requests: it would seal them with a key of its own."""

import os
import signal
import time
from threading import Thread

from django.db import DatabaseError, InterfaceError, connection

from clinic_site.environment import ConfigurationError
from intake.known_keys import LACKS_A_KEY, unknown_key

LOOK_AGAIN_SECONDS = 2.0


def begin() -> None:
    """Raises ConfigurationError for a wrong key. A database that is away is looked at when it is back."""
    if not look():
        Thread(target=_look_until_it_is_back, name="key watch", daemon=True).start()


def look() -> bool:
    """False while the database is away, or not migrated yet. Raises ConfigurationError for a wrong key."""
    try:
        name = unknown_key()
    except (DatabaseError, InterfaceError):
        return False
    finally:
        connection.close()
    if name:
        raise ConfigurationError(LACKS_A_KEY.format(name))
    return True


def _look_until_it_is_back() -> None:
    try:
        while not look():
            time.sleep(LOOK_AGAIN_SECONDS)
    except ConfigurationError:
        # gunicorn starts another worker in our place, which looks at once and says what is wrong.
        os.kill(os.getpid(), signal.SIGTERM)
