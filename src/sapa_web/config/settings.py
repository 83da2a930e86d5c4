"""Settings of a site. Everything a place decides comes from the environment (``SAPA_…``); the defaults run on a laptop.

============================  =====================================================================================
``SAPA_HOME``                 folder of the site: database, archive, key (default ``var`` in the working directory)
``SAPA_DATABASE_URL``         ``sqlite:///…`` (default, in the home) or ``postgres://{user}:{password}@host/name``
``SAPA_ARCHIVE_URL``          folder or ``s3://bucket/prefix`` of the archive (default ``archive`` in the home)
``SAPA_PUBLISHED_URL``        folder or ``s3://bucket/prefix`` of what is published (default ``published`` in the home)
``SAPA_SECRET_KEY``           signs sessions and encrypts working lists; default: made once, kept in the home
``SAPA_HOSTS``                host names the site answers to, separated by commas (default ``localhost,127.0.0.1``)
``SAPA_DEMO``                 ``1`` on a demonstration site: the date may be set, accounts are printed
``SAPA_HTTPS``                ``1`` where the site is reached by HTTPS: secure cookies, HSTS
``SAPA_TRUST``                folder with the certificates of the authorities that heads' signatures must lead to
``SAPA_ADDRESS``              where the site is reached, for links in mail, e.g. ``https://stat.example`` (default: first host)
``SAPA_KEEPER``               PKCS#12 file of the archive's keeper, who signs a frozen state (unit ``archive``); its
                              password in ``SAPA_KEEPER_PASSWORD``
``SAPA_EMAIL_URL``            ``smtp://{user}:{password}@host:port`` (encrypted where the server offers it: ``smtp+tls://``;
                              from the start: ``smtps://``); default: mail is written to files in the home
``SAPA_PACK``                 the pack whose register and lists the site shows (default on a demonstration site ``demo``)
``SAPA_OIDC_URL``             OpenID Connect provider people may sign in with; with ``SAPA_OIDC_CLIENT``, ``SAPA_OIDC_SECRET``,
                              ``SAPA_OIDC_NAME`` (what the button says)
``SAPA_SESSION_IDLE``         minutes without a request after which a session ends (default 60)
``SAPA_PROCESSES``            processes of the engine's heavy steps (default: what the machine has)
``SAPA_PAGE_CACHE``           megabytes of public pages each web process keeps in memory (default 64; ``0``: none)
``SAPA_BEHIND_PROXY``         ``1`` where a proxy stands in front that sets ``X-Forwarded-Proto`` and ``X-Forwarded-For`` itself
``SAPA_STATIC_ROOT``          folder that ``sapa-web collectstatic`` has filled: scripts and styles are served from there,
                              compressed and cached for ever by their hashed names (default: from the package, as in development)
``SAPA_EMAIL_FROM``           sender of the site's mail (default ``sapa@localhost``)
``SAPA_TIME_ZONE``            time zone of the site's days and deadlines, e.g. ``Asia/Almaty`` (default ``UTC``)
``SAPA_LOG``                  what stands in the log: ``WARNING`` (default), ``INFO`` (each request too), ``DEBUG``
``SAPA_DEBUG``                ``1`` shows errors in the page with their code: on a developer's machine only
============================  =====================================================================================
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url

from sapa_web.config import catalogues
from sapa_web.config.languages import LANGUAGES  # noqa: F401 - a setting

WEB = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("SAPA_HOME", "var")).resolve()
HOME.mkdir(mode=0o700, parents=True, exist_ok=True)


def _secret() -> str:
    """The site's own key: made at the first start, readable by the owner only."""
    given = os.environ.get("SAPA_SECRET_KEY")
    if given:
        return given
    path = HOME / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text().strip()


def _flag(name: str) -> bool:
    return os.environ.get(name, "") in ("1", "true", "yes")


SECRET_KEY = _secret()
SAPA_DEMO = _flag("SAPA_DEMO")
DEBUG = _flag("SAPA_DEBUG")
HTTPS = _flag("SAPA_HTTPS")
ALLOWED_HOSTS = os.environ.get("SAPA_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if HTTPS and not host.startswith("[")]

SAPA_HOME = HOME
SAPA_ARCHIVE_URL = os.environ.get("SAPA_ARCHIVE_URL", str(HOME / "archive"))
SAPA_PUBLISHED_URL = os.environ.get("SAPA_PUBLISHED_URL", str(HOME / "published"))
SAPA_TRUST = os.environ.get("SAPA_TRUST", "")
SAPA_ADDRESS = os.environ.get("SAPA_ADDRESS", "")
SAPA_KEEPER = os.environ.get("SAPA_KEEPER", "")
SAPA_KEEPER_PASSWORD = os.environ.get("SAPA_KEEPER_PASSWORD", "")
SAPA_PROCESSES = int(os.environ.get("SAPA_PROCESSES", os.cpu_count() or 1))
SAPA_PACK = os.environ.get("SAPA_PACK", "demo" if SAPA_DEMO else "")
SAPA_PAGE_CACHE = int(os.environ.get("SAPA_PAGE_CACHE", "64"))
SAPA_UPLOAD_LIMIT = 64 * 1024 * 1024

INSTALLED_APPS = [
    "sapa_web.common",
    "sapa_web.orgs",
    "sapa_web.collection",
    "sapa_web.surveys",
    "sapa_web.indicators",
    "sapa_web.evaluation",
    "sapa_web.monitoring",
    "sapa_web.portal",
    "sapa_web.api",
    "sapa_web.demo_site",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
]

SAPA_TRACELESS = ("/answer/",)  # where people answer surveys: see sapa_web.common.edge.Traceless
SAPA_ANSWERED_COOKIE = "answered"

MIDDLEWARE = [
    "sapa_web.common.edge.Traceless",
    "sapa_web.common.edge.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "sapa_web.common.edge.Headers",
    "csp.middleware.CSPMiddleware",
    "sapa_web.common.edge.NoNulls",
    "sapa_web.portal.page_cache.PageCache",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "sapa_web.orgs.middleware.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "sapa_web.common.middleware.PersonMiddleware",
]

ROOT_URLCONF = "sapa_web.config.urls"
WSGI_APPLICATION = "sapa_web.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "sapa_web.common.context.site",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "sapa_web.common.templatetags.ui"],
        },
    }
]

# Databases: SQLite embedded, PostgreSQL in service.

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("SAPA_DATABASE_URL", f"sqlite:///{HOME / 'site.sqlite3'}"), conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers queue instead of failing half-way: each takes its lock when the transaction begins.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Attempts to sign in are counted for all web processes together, and still after a restart.

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "common_cache",
        # The default of 300 entries would let an attacker push out the counts of his own attempts.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Sign-in

AUTH_USER_MODEL = "orgs.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "sapa_web.common.passwords.GuessableValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "sapa_web.orgs.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_FORMS = {
    "login": "sapa_web.orgs.forms.signin.LoginForm",
    "reauthenticate": "sapa_web.orgs.forms.signin.ReauthenticateForm",
    "change_password": "sapa_web.orgs.forms.signin.ChangePasswordForm",
    "set_password": "sapa_web.orgs.forms.signin.SetPasswordForm",
    "reset_password": "sapa_web.orgs.forms.signin.ResetPasswordForm",
    "reset_password_from_key": "sapa_web.orgs.forms.signin.ResetPasswordKeyForm",
}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts come by invitation only: the invitation is the proof of the address
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/10m/key"}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
USERSESSIONS_TRACK_ACTIVITY = False
SOCIALACCOUNT_ADAPTER = "sapa_web.orgs.adapter.ProviderAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # the provider vouches for the address; an account with it must exist already
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {}
if os.environ.get("SAPA_OIDC_URL"):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": os.environ.get("SAPA_OIDC_NAME", "OpenID Connect"),
                "client_id": os.environ.get("SAPA_OIDC_CLIENT", ""),
                "secret": os.environ.get("SAPA_OIDC_SECRET", ""),
                "settings": {"server_url": os.environ["SAPA_OIDC_URL"]},
            }
        ],
    }
MFA_ADAPTER = "sapa_web.common.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = "Sapa"

SESSION_COOKIE_AGE = 12 * 3600
SAPA_SESSION_IDLE = 60 * int(os.environ.get("SAPA_SESSION_IDLE", "60"))
SAPA_SESSIONS_MOST = 5  # of one person at a time; the oldest ends when another begins
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True  # scripts read the form's token in the page
if HTTPS:  # a browser takes such a cookie from this very host alone, and by HTTPS alone
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "__Host-session", "__Host-csrf", "__Host-language"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # what a person is told stays out of cookies
SECURE_SSL_REDIRECT = HTTPS
# The machine asks for its health itself, without the proxy; a system that comes without HTTPS is refused, so that it is noticed.
SECURE_REDIRECT_EXEMPT = [r"^health/$", r"^api/v1(/|$)"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("SAPA_BEHIND_PROXY") else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _flag("SAPA_BEHIND_PROXY") else 0  # else every attempt would count as the proxy's
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

_provider = urlsplit(os.environ.get("SAPA_OIDC_URL", "")).netloc
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        # Browsers hold this against the redirect to the provider too.
        "form-action": ["'self'", *([f"https://{_provider}"] if _provider else [])],
        "frame-ancestors": ["'none'"],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_PERMISSIONS = 0o600

# Mail: by SMTP where a server is named, else into files that anybody at the machine can read.

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = HOME / "mail"
EMAIL_TIMEOUT = 20
if os.environ.get("SAPA_EMAIL_URL"):
    _mail = urlsplit(os.environ["SAPA_EMAIL_URL"])
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or (465 if _mail.scheme == "smtps" else 25)
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.scheme == "smtps", _mail.scheme == "smtp+tls"
DEFAULT_FROM_EMAIL = os.environ.get("SAPA_EMAIL_FROM", "sapa@localhost")

# Languages, time

LANGUAGE_CODE = "en"
LOCALE_PATHS = [catalogues.prepare(WEB / "locale", HOME)]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("SAPA_TIME_ZONE", "UTC")

STATIC_URL = "static/"
_collected = os.environ.get("SAPA_STATIC_ROOT", "")
STATIC_ROOT = Path(_collected) if _collected else None
STATICFILES_DIRS = [WEB / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(HOME / "files")}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _collected
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _collected

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"safe": {"()": "sapa_web.common.logs.Safe"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} [{who}]: {message}", "style": "{", "datefmt": "%Y-%m-%dT%H:%M:%S%z"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["safe"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("SAPA_LOG", "WARNING")},
}
