import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from clinic_site.environment import ConfigurationError, report_and_exit

os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")

try:
    django = get_wsgi_application()
    from clinic_site import bodies, urls  # noqa: F401  # read now, not while the first reader waits
    from clinic_site.page_cache import PageCache

    uncached = bodies.readable_content_type(django)
    # Whoever changes templates wants to see it at once.
    application = uncached if settings.DEBUG else PageCache(uncached)
except ConfigurationError as error:
    report_and_exit(error)
