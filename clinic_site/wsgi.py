import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from clinic_site.environment import ConfigurationError, report_and_exit

os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")

# With this code of a worker gunicorn ends; with any other it would try again for ever.
CANNOT_BOOT = 3

try:
    django = get_wsgi_application()
    from clinic_site import bodies, key_watch
    from clinic_site.page_cache import PageCache

    uncached = bodies.readable_content_type(django)
    # Whoever changes templates wants to see it at once.
    application = uncached if settings.DEBUG else PageCache(uncached)
    key_watch.begin()
except ConfigurationError as error:
    report_and_exit(error, code=CANNOT_BOOT)
