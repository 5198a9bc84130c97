"""Settings, flat and in sections. What differs between machines comes from the environment (.env.example)."""

from pathlib import Path

import django_stubs_ext

from config.env import Environment

# `ModelAdmin[Lesson]` and the like work at run time as they do for the type checker.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = Environment()
ENV_FILE = BASE_DIR / ".env"
if ENV_FILE.is_file():
    env.read_env(ENV_FILE)
# What could not be read; tutor.E010 reports all of it at once.
ENVIRONMENT_PROBLEMS = env.problems

# --- The machine ---------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=True)
# A laptop needs no secret; `check --deploy` (tutor.E001) refuses this one in production.
LAPTOP_SECRET_KEY = "laptop-only-not-a-secret"  # noqa: S105 # named for what it is, refused in production
SECRET_KEY = env.str("SECRET_KEY", default=LAPTOP_SECRET_KEY)
# Keys before it: what was signed or encrypted with them is still read.
SECRET_KEY_FALLBACKS = [key for key in env.list("SECRET_KEY_FALLBACKS", default=[]) if key]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORT = env.int("PORT", default=8000)
# A proxy stands before every request: it says who asks how, and what the request is called in its log.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
# Proxies of ours between the world and this server: by so many entries from the end of X-Forwarded-For the address of
# a visitor is found, whose wrong passwords are counted. 0: by that of the connection alone.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1 if BEHIND_PROXY else 0)

# --- The provider of the voice model -------------------------------------------------------------

OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="").strip()
# Without a key the lesson is spoken with our own rehearsal peer, and every page says so.
REHEARSAL = not OPENAI_API_KEY
# Empty: the provider's own address with a key, the rehearsal peer inside this process without one.
REALTIME_BASE_URL = env.str("REALTIME_BASE_URL", default="" if REHEARSAL else "https://api.openai.com/v1").rstrip("/")
REALTIME_AUTH_HEADER = env.str("REALTIME_AUTH_HEADER", default="Authorization")
REALTIME_MODEL = env.str("REALTIME_MODEL", default="gpt-realtime-2.1-mini")
TRANSCRIPTION_MODEL = env.str("TRANSCRIPTION_MODEL", default="gpt-4o-mini-transcribe")
# Seconds for the whole exchange with the provider when a call is made.
REALTIME_TIMEOUT = env.float("REALTIME_TIMEOUT", default=10.0)
# Seconds without a word from its room after which a call is hung up. Rooms speak three times as often.
CALL_LEASE = env.float("CALL_LEASE", default=45.0)
# Seconds between two rounds of `manage.py tend` inside the server; 0: a cron job does it.
TEND_EVERY = env.float("TEND_EVERY", default=15.0)
# A lesson ends by itself after so many times the minutes its teacher plans, spent in calls, and never before an hour
# of them: a forgotten window would talk all night. 0: never.
LESSON_OVERTIME = env.float("LESSON_OVERTIME", default=3.0)
# Calls that one learner may make, and lessons they may begin, in an hour; a sixth of them at once. 0: as many as they
# like.
CALLS_PER_HOUR = env.int("CALLS_PER_HOUR", default=180)
STARTS_PER_HOUR = env.int("STARTS_PER_HOUR", default=120)
# Days after which the words of a lesson are deleted; its figures stay. 0: words are kept for good.
KEEP_WORDS_DAYS = env.int("KEEP_WORDS_DAYS", default=0)
# Whether our own listener keeps a second record of every call: off, server (in this process), workers (over Redis).
SIDEBAND = env.str("SIDEBAND", default="off").strip().lower()
REHEARSAL_APP = "tutor.rehearsal.app.application"

# --- Webhooks of tools ---------------------------------------------------------------------------

# Hosts that a tool's arguments may be sent to: such as school.example.org, or other.example.org:8443.
WEBHOOK_HOSTS = [host.lower() for host in env.list("WEBHOOK_HOSTS", default=[])]
WEBHOOK_SECRET = env.str("WEBHOOK_SECRET", default="")

# --- Learning platforms (LTI 1.3) ----------------------------------------------------------------

# Whether Moodle, Canvas and the like may send people here. Off: none of it is there.
LTI = env.bool("LTI", default=False)
# Hosts of platforms that may be in a private network.
LTI_PRIVATE_HOSTS = [host.lower() for host in env.list("LTI_PRIVATE_HOSTS", default=[])]

# --- Applications --------------------------------------------------------------------------------

INSTALLED_APPS = [
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "tutor",
]

MIDDLEWARE = [
    "tutor.pages.occasion.OccasionMiddleware",
    "tutor.pages.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tutor.pages.middleware.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tutor.pages.middleware.DatabaseAwayMiddleware",
    "tutor.pages.second_factor.SecondFactorMiddleware",
    "tutor.pages.middleware.AdminDoorMiddleware",
    "tutor.pages.middleware.LockoutMiddleware",
]

if DEBUG:
    MIDDLEWARE.append("tutor.pages.middleware.PlainNotFoundMiddleware")

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

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
                "tutor.pages.context.site",
            ],
        },
    },
]

# --- Data ----------------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue for the lock at BEGIN, where the busy timeout applies, instead of failing when a read turns
        # into a write.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        # What is deleted is overwritten, in the file too.
        " PRAGMA secure_delete=ON;",
    }
    # A file: concurrent writers of an in-memory database fail at once with "table is locked".
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["OPTIONS"] = {
        # Seconds to wait for a server that does not answer; milliseconds for one that has vanished in the middle.
        "connect_timeout": 5,
        "tcp_user_timeout": 20_000,
        # A request that waits for a lock gives up as on SQLite; a process that was frozen lets go of its locks.
        # No query here is long enough to gain from being compiled first, and some would wait for that longer than for
        # their answer.
        "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s -c jit=off",
        # What stands behind the "?" of the URL, such as sslmode.
        **DATABASES["default"].get("OPTIONS", {}),
        # Seconds: for a free connection; and for tries to replace a broken one, which otherwise come ever more rarely
        # and leave a database that is back unnoticed. The next request tries anew.
        "pool": {"min_size": 1, "max_size": 20, "timeout": 5, "reconnect_timeout": 2},
        "application_name": "viva",
    }
    # A connection of the pool is looked at before it is lent: after a restart of the database all of them are dead.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Where `manage.py backup` writes.
BACKUP_DIR = BASE_DIR / env.str("BACKUP_DIR", default="var/backups")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # The layer waits five seconds for news at a time; the client's own patience, as long by default, would now and
        # then end before that, and take a quiet page for a Redis that is away.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 8.0}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"},
}

# --- Mail ----------------------------------------------------------------------------------------

# Without a server no mail is sent.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
globals().update(env.mail("EMAIL_URL"))
# Seconds.
EMAIL_TIMEOUT = 10
EMAIL_SUBJECT_PREFIX = "[Viva] "
SERVER_EMAIL = DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="viva@localhost")
# Who is told when learners ask for the tutor and nobody answers.
ADMINS = [("", address) for address in env.list("ADMIN_MAIL", default=[])]

# --- Safety --------------------------------------------------------------------------------------

# No inline script or style anywhere, the admin included. MathML and SVG need nothing more.
CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "media-src": "'self' blob:",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
# The camera is for photos of drawings; no other site may use either from within ours.
PERMISSIONS_POLICY = "microphone=(self), camera=(self), geolocation=(), display-capture=(), payment=(), usb=()"

# Bytes. The launcher refuses more before reading it; Django refuses what comes by another server.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Two weeks from signing in, however often somebody comes: a shared tablet forgets its last learner in the end. It may
# end in the middle of a lesson, and costs nobody a word there: the room keeps them until its learner is back.
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "tutor.pages.views.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if not DEBUG:
    # Probes speak plain HTTP from inside.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
    # For so long browsers ask this host, and the hosts below it, by https:// alone: there is no way back before.
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=True)
    # Names that no other host of the domain can set, nor a page over plain HTTP (static/tutor/js/net/cookie.js).
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True

AUTHENTICATION_BACKENDS = ["tutor.pages.sign_in.GuardBackend", "django.contrib.auth.backends.ModelBackend"]
# optional: staff may have an authenticator app asked for; required: they have to.
STAFF_SECOND_FACTOR = env.str("STAFF_SECOND_FACTOR", default="optional").strip().lower()
# The school's own sign-in (OpenID Connect); without an issuer there is none.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="").strip()
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="").strip()
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="").strip()
# What the button says; empty: "Sign in with your school account".
OIDC_NAME = env.str("OIDC_NAME", default="").strip()
# Whose confirmed e-mail addresses are let in; empty: everybody whom the school's sign-in lets in.
OIDC_DOMAINS = [domain.strip().lower() for domain in env.list("OIDC_DOMAINS", default=[]) if domain.strip()]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# --- Language, time, files -----------------------------------------------------------------------

# The site speaks the reader's language if it is one of these, else the first. A lesson keeps its own.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
# Teachers type opening and closing times by this clock, and learners read them by it.
TIME_ZONE = env.time_zone("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / env.str("STATIC_ROOT", default="staticfiles")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "tutor.pages.storage.HashedModulesStorage",
    },
}
# On a laptop files are served from where they are written; in production from `collectstatic`.
SERVESTATIC_USE_FINDERS = DEBUG
SERVESTATIC_AUTOREFRESH = DEBUG
# No other site has business with our files.
SERVESTATIC_ALLOW_ALL_ORIGINS = False

# --- Logs ----------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").strip().upper()
# line: for people; json: one object for each record, for programs.
LOG_FORMAT = env.str("LOG_FORMAT", default="line").strip().lower()
# What may see /metrics says `Authorization: Bearer` and this; empty: nobody may.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="").strip()
# Where traces go; empty: none are made.
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="").strip()
OTEL_SERVICE_NAME = env.str("OTEL_SERVICE_NAME", default="").strip() or "viva"
# tutor.E061 tells of others.
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LEAST = LOG_LEVEL if LOG_LEVEL in LOG_LEVELS else "INFO"
_TRACES = ["traces"] if OTEL_EXPORTER_OTLP_ENDPOINT else []
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "tutor.logs.LineFormatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "tutor.logs.JsonFormatter"},
    },
    "filters": {"least": {"()": "tutor.logs.AtLeast", "level": _LEAST}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "json" else "line",
            "filters": ["least"],
        },
        # What is not to be read is counted all the same.
        "metrics": {"class": "tutor.metrics.EventHandler"},
        "traces": {"class": "tutor.tracing.EventHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "tutor": {"level": "DEBUG" if _LEAST == "DEBUG" else "INFO", "handlers": ["metrics", *_TRACES]},
        "django": {"level": "INFO", "handlers": ["console"], "propagate": False},
        "django.server": {"level": "WARNING", "propagate": True},
        "aioice": {"level": "WARNING"},
        "aiortc": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        # Its debug lines show headers, the key among them.
        "websockets": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # Every WebSocket that is refused, or goes without a farewell, would be a warning.
        "daphne.twisted": {"level": "ERROR"},
        # Scanners ask for made-up hosts all day, and each would be a traceback.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
