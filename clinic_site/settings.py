"""All settings, read from the environment. The README's table says what each name means."""

import sys
from datetime import timedelta
from typing import Any

import dj_database_url

from clinic_site import environment, keys
from clinic_site.environment import BASE_DIR, ConfigurationError, read_email, read_flag
from clinic_site.mail_url import FILE_BACKEND, mail_server

DEBUG = read_flag("DEBUG")
DATA_DIR = environment.data_dir()
MEDIA_DIR = environment.media_dir()
# A picture on its way in lies here, on a disk and not in memory.
UPLOAD_DIR = DATA_DIR / "uploads"
SITE_URL = environment.site_url()
HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = environment.allowed_hosts()
TRUSTED_PROXIES = environment.trusted_proxies()
if DEBUG and HTTPS:
    raise ConfigurationError("DEBUG is 1 with an https SITE_URL; expected 0 where patients write.")

# Database

try:
    database: dict[str, Any] = dict(
        dj_database_url.parse(
            environment.database_url(),
            conn_max_age=60,
            conn_health_checks=True,
        )
    )
except (ValueError, KeyError):
    database = {"ENGINE": ""}
SQLITE = database["ENGINE"] == "django.db.backends.sqlite3"
if SQLITE:
    database["OPTIONS"] = {
        "timeout": 20,
        # A transaction that reads first and writes later can't be refused half-way when it starts as a writer.
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
elif database["ENGINE"] == "django.db.backends.postgresql":
    # A host that went away, with a lock or without, is noticed in seconds, so that the form can say so while the
    # person is there.
    options: dict[str, Any] = database.setdefault("OPTIONS", {})
    options.update(connect_timeout=3, tcp_user_timeout=10_000)
    limits = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
    options["options"] = f"{options.get('options', '')} {limits}".strip()
else:
    raise ConfigurationError(environment.WRONG_DATABASE_URL)
DATABASES = {"default": database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Keys

environment.close_to_others(DATA_DIR)
environment.close_to_others(MEDIA_DIR)
_keys = keys.load(DATA_DIR, environment.own_sqlite_file())
SECRET_KEY = _keys.secret_key
ENCRYPTION_KEYS = _keys.encryption_keys
LOOKUP_KEY = _keys.lookup_key

# E-mail: `intake.delivery` hands over; nothing else sends.

_mail = mail_server()
EMAIL_BACKEND = _mail.backend
EMAIL_FILE_PATH = DATA_DIR / "mail"
MAIL_IS_FILES = EMAIL_BACKEND == FILE_BACKEND
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.starttls, _mail.tls
LEASE_SECONDS = environment.lease_seconds()
# A hand-over has about ten steps that may each wait this long; together they fit into one lease.
EMAIL_TIMEOUT = min(10.0, LEASE_SECONDS / 12)
TRIAGE_EMAIL = environment.triage_email(mail_is_files=MAIL_IS_FILES)
REFERRAL_EMAIL = read_email("REFERRAL_EMAIL", TRIAGE_EMAIL)

# Application

INSTALLED_APPS = [
    "clinic_site.apps.SiteConfig",
    "intake",
    "pages",
    "clinic_site.apps.ClinicAdminConfig",
    "clinic_site.apps.StaffConfig",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "crispy_forms",
    "content_editor",
    "django_prose_editor",
    "csp",
    "axes",
]
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "clinic_site.headers.strict_headers",
    "clinic_site.headers.known_methods",
    "clinic_site.proxies.trusted_proxies",
    "django.middleware.security.SecurityMiddleware",
    "clinic_site.health.probes",
    "clinic_site.storage.StaticFilesMiddleware",
    "clinic_site.headers.validators",
    "clinic_site.staff_session.StaffSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "clinic_site.bodies.readable_bodies",
    "clinic_site.csrf.FormCsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic_site.staff_session.session_end",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "clinic_site.errors.fail_closed",
]
ROOT_URLCONF = "clinic_site.urls"
WSGI_APPLICATION = "clinic_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
    {
        "NAME": "jinja",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja"],
        "OPTIONS": {"environment": "pages.jinja.environment"},
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "clinic"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_HANDLERS = ["clinic_site.bodies.NoUploads"]

LANGUAGE_CODE = "en-ca"
TIME_ZONE = "America/Toronto"
FORMAT_MODULE_PATH = "clinic_site.formats"
USE_I18N = True
USE_TZ = True

# Static files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "clinic_site.storage.JoinedStaticFilesStorage"
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# Who may come in

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": 12},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
LOGIN_URL = "admin:login"
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# A clinic's staff share one address: one person's slips must not lock the others out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "clinic_site.sign_in.locked_out"
# Its tables hold user names as typed, and people type their password there.
AXES_ENABLE_ADMIN = False
# Proxies are dealt with in clinic_site.proxies, once.
AXES_CLIENT_IP_CALLABLE = "clinic_site.proxies.client_address"
PASSWORD_RESET_TIMEOUT = 60 * 60

SESSION_COOKIE_PATH = "/admin/"
# Not in a cookie of their own, which would be sent with every public page.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
SESSION_LONGEST_HOURS = 12
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Gone with the browser window: the form needs it for minutes.
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "clinic_site.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# Headers

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SILENCED_SYSTEM_CHECKS = [
    # The check looks for Django's own name; clinic_site.csrf is built on that class.
    "security.W003",
    # The clinic's other names, such as its mail or booking, may not have https: the owner's choice, not ours.
    "security.W005",
    # Preloading binds every name under the clinic's domain for years: the owner's choice, not ours.
    "security.W021",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "wordless": {
            "()": "clinic_site.logs.WordlessFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            **({} if DEBUG else {"formatter": "wordless"}),
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # It logs user names as typed, and people type their password there.
        "axes": {"level": "ERROR"},
    },
}
