"""The site's own settings of gunicorn, for a function that has neither keys nor a database."""

from clinic_site import gunicorn_conf

globals().update(
    {
        name: value
        for name, value in vars(gunicorn_conf).items()
        if not name.startswith("_") and name != "post_worker_init"
    }
)
