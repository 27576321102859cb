import os
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from clinic_site.environment import CANNOT_BOOT, ConfigurationError, report_and_exit

os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")

try:
    django = get_wsgi_application()
    from clinic_site import bodies, key_watch
    from clinic_site import urls as urls  # read now, not while the first reader waits
    from clinic_site.page_cache import PageCache

    uncached = bodies.readable_content_type(django)
    # Whoever changes templates wants to see it at once.
    application = uncached if settings.DEBUG else PageCache(uncached)
    # A thread would be lost by the fork: gunicorn with our settings begins one in each worker.
    if "clinic_site.gunicorn_conf" in sys.modules:
        key_watch.look()
    else:
        key_watch.begin()
except ConfigurationError as error:
    report_and_exit(error, code=CANNOT_BOOT)
