"""The site's own settings of gunicorn, for a function that has neither keys nor a database."""

from clinic_site.gunicorn_conf import *  # noqa: F403

del post_worker_init  # noqa: F821
