"""System checks: one test for each number."""

import pytest
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, run_checks
from django.db import connections
from time_machine import travel

from tutor.models import Budget, LtiPlatform, ModelPrice
from tutor.services import lti_keys

SECRET = "TESTSENTINEL"


@pytest.fixture(autouse=True)
def production(settings, monkeypatch) -> None:
    """Settings with which no check of ours has anything to say."""
    settings.DEBUG = False
    settings.SECRET_KEY = "x" * 50
    settings.OPENAI_API_KEY = "sk-made-up"
    settings.REHEARSAL = False
    settings.REALTIME_BASE_URL = "https://api.openai.com/v1"
    settings.REALTIME_AUTH_HEADER = "Authorization"
    settings.REALTIME_MODEL = "gpt-realtime-2.1"
    settings.TRANSCRIPTION_MODEL = "gpt-transcribe"
    settings.REDIS_URL = "redis://127.0.0.1:6379"
    monkeypatch.setattr(connections["default"], "vendor", "postgresql")
    settings.ENVIRONMENT_PROBLEMS = []
    settings.WEBHOOK_HOSTS = []
    settings.LTI, settings.LTI_PRIVATE_HOSTS = False, []
    settings.CALL_LEASE, settings.TEND_EVERY, settings.LESSON_OVERTIME = 45.0, 15.0, 3.0
    settings.SIDEBAND = "off"
    settings.ADMINS, settings.EMAIL_BACKEND = [], "django.core.mail.backends.smtp.EmailBackend"
    settings.BEHIND_PROXY, settings.TRUSTED_PROXIES = False, 0
    settings.METRICS_TOKEN, settings.LOG_LEVEL, settings.LOG_FORMAT = "", "INFO", "line"


def ours(**options: object) -> list[CheckMessage]:
    messages = run_checks(include_deployment_checks=True, **options)
    return [message for message in messages if message.id.startswith("tutor.")]


def ids(**options: object) -> list[str]:
    assert [message for message in ours(**options) if not message.hint or SECRET in str(message)] == []
    return [message.id for message in ours(**options)]


def test_production_settings_pass() -> None:
    assert ids() == []


def test_e001_laptop_secret_key_with_debug_off(settings) -> None:
    settings.SECRET_KEY = settings.LAPTOP_SECRET_KEY
    assert ids() == ["tutor.E001"]

    settings.DEBUG = True
    assert ids() == []


@pytest.mark.parametrize(
    "url", ["http://api.example.org/v1", "ftp://127.0.0.1/", "api.openai.com", "https://", "http://["]
)
def test_e002_base_url_that_is_not_safe(settings, url: str) -> None:
    settings.REALTIME_BASE_URL = url
    assert ids() == ["tutor.E002"]


@pytest.mark.parametrize(
    "url", ["", "http://127.0.0.1:9000/v1", "http://localhost/", "http://[::1]:9/", "https://a.example"]
)
def test_e002_accepts_https_and_this_machine(settings, url: str) -> None:
    settings.REALTIME_BASE_URL = url
    assert ids() == []


@travel("2027-01-10")
def test_w003_model_that_ends_soon(settings) -> None:
    settings.REALTIME_MODEL = "gpt-realtime"
    settings.TRANSCRIPTION_MODEL = "whisper-1"
    assert [(message.id, message.msg) for message in ours()] == [
        ("tutor.W003", "gpt-realtime will be shut down on 2027-01-20."),
        ("tutor.W003", "whisper-1 will be shut down on 2027-02-26."),
    ]


def test_w003_unknown_model_only_at_openai(settings) -> None:
    settings.REALTIME_MODEL = "my-deployment"
    assert ids() == ["tutor.W003"]

    settings.REALTIME_BASE_URL = "https://mine.openai.azure.com/openai/v1"
    assert ids() == []


@travel("2027-02-26")
def test_e003_model_that_has_ended(settings) -> None:
    settings.TRANSCRIPTION_MODEL = "gpt-4o-mini-transcribe"
    assert ids() == ["tutor.E003"]

    settings.REHEARSAL = True
    assert ids() == ["tutor.W005"]


def test_w004_several_processes_would_not_hear_each_other(settings) -> None:
    settings.REDIS_URL = ""
    assert ids() == ["tutor.W004"]


def test_w005_rehearsal_in_production(settings) -> None:
    settings.REHEARSAL = True
    assert ids() == ["tutor.W005"]


@pytest.mark.parametrize("manifest", [None, "{", '{"paths": {"tutor/css/pages.css": "x"}, "version": "1.1"}'])
def test_w052_static_files_were_not_collected(settings, tmp_path, manifest: str | None) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    if manifest is not None:
        (tmp_path / "staticfiles.json").write_text(manifest)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "tutor.pages.storage.HashedModulesStorage"},
    }
    assert ids() == ["tutor.W052"]
    assert "Run manage.py collectstatic" in ours()[0].hint

    settings.DEBUG = True
    assert ids() == []


def test_w006_sqlite_in_production(monkeypatch) -> None:
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    assert ids() == ["tutor.W006"]


@pytest.mark.django_db
def test_w007_demo_accounts_in_production() -> None:
    demo = get_user_model().objects.create_user("learner", email="learner@demo.invalid")
    get_user_model().objects.create_user("someone", email="someone@example.org")
    Budget.objects.create(scope="everyone", minutes=60)
    assert ids(databases=["default"]) == ["tutor.W007"]
    assert ids() == []

    demo.is_active = False
    demo.save(update_fields=["is_active"])
    assert ids(databases=["default"]) == []


@pytest.mark.parametrize("name", ["", "api key", "api-key:", "Schlüssel", "a\nb"])
def test_e008_auth_header_that_is_no_header(settings, name: str) -> None:
    settings.REALTIME_AUTH_HEADER = name
    assert ids() == ["tutor.E008"]


@pytest.mark.parametrize("rest", [" and", "\nmore", "\x00", "é"])
def test_e009_key_with_characters_no_key_has(settings, rest: str) -> None:
    settings.OPENAI_API_KEY = "sk-" + SECRET + rest
    assert ids() == ["tutor.E009"]


def test_e010_environment_that_cannot_be_read(settings) -> None:
    settings.ENVIRONMENT_PROBLEMS = ["PORT must be a whole number.", "DEBUG must be True or False."]
    assert [message.msg for message in ours() if message.id == "tutor.E010"] == settings.ENVIRONMENT_PROBLEMS


@pytest.mark.parametrize("host", ["https://school.example.org", "school.example.org/check", "a b", "", "x:port"])
def test_e011_webhook_host_that_is_none(settings, host) -> None:
    settings.WEBHOOK_SECRET = "s" * 50
    settings.WEBHOOK_HOSTS = ["school.example.org", "other.example.org:8443", "[::1]:9000"]
    assert ids() == []

    settings.WEBHOOK_HOSTS = [host]
    assert ids() == ["tutor.E011"]


def test_e012_webhook_hosts_without_a_secret(settings) -> None:
    settings.WEBHOOK_HOSTS = ["school.example.org"]
    settings.WEBHOOK_SECRET = "short"

    assert ids() == ["tutor.E012"]


@pytest.mark.parametrize("lease", [-1.0, 0.0, 5.9, 3601.0, float("nan"), float("inf")])
def test_e015_lease_that_no_page_can_keep_or_that_never_ends(settings, lease) -> None:
    settings.CALL_LEASE = lease
    assert ids() == ["tutor.E015"]


@pytest.mark.parametrize("every", [-1.0, 0.5, 3601.0, float("nan"), float("inf")])
def test_e016_rounds_that_make_no_sense(settings, every) -> None:
    settings.TEND_EVERY = every
    assert ids() == ["tutor.E016"]


@pytest.mark.parametrize("times", [-1.0, 0.9, 101.0, float("nan"), float("inf")])
def test_e017_end_of_lessons_that_makes_no_sense(settings, times) -> None:
    settings.LESSON_OVERTIME = times
    assert ids() == ["tutor.E017"]

    settings.LESSON_OVERTIME = 0.0
    assert ids() == []


@pytest.mark.parametrize("days", [-1, 36_501])
def test_e030_words_kept_for_no_time(settings, days) -> None:
    settings.KEEP_WORDS_DAYS = days
    assert ids() == ["tutor.E030"]

    settings.KEEP_WORDS_DAYS = 365
    assert ids() == []


def test_tending_may_be_left_to_cron(settings) -> None:
    settings.CALL_LEASE, settings.TEND_EVERY = 6.0, 0.0
    assert ids() == []


def test_w015_a_vanished_browser_costs_more_than_a_minute(settings) -> None:
    settings.TEND_EVERY = 30.0
    assert [(message.id, message.msg) for message in ours()] == [
        ("tutor.W015", "A call whose browser has vanished is paid for up to 75 seconds more.")
    ]


def test_e018_second_record_in_an_unknown_way(settings) -> None:
    settings.SIDEBAND = "server"
    assert ids() == []

    settings.SIDEBAND = "yes"
    assert ids() == ["tutor.E018"]


def test_e019_workers_without_redis(settings) -> None:
    settings.SIDEBAND = "workers"
    assert ids() == []

    settings.REDIS_URL = ""
    assert ids() == ["tutor.E019", "tutor.W004"]


@pytest.mark.parametrize("name", ["CALLS_PER_HOUR", "STARTS_PER_HOUR"])
def test_e040_less_than_no_calls(settings, name: str) -> None:
    setattr(settings, name, -1)
    assert ids() == ["tutor.E040"]

    setattr(settings, name, 1)
    assert ids() == []


@pytest.mark.parametrize("address", ["olga", "olga@example.org ole@example.org", "Olga <olga@example.org>"])
def test_e041_no_address(settings, address: str) -> None:
    settings.ADMINS = [("", "ole@example.org"), ("", address)]
    assert ids() == ["tutor.E041"]

    settings.ADMINS, settings.SERVER_EMAIL = [], address
    assert ids() == ["tutor.E041"]


def test_w042_admins_and_no_mail(settings) -> None:
    settings.ADMINS = [("", "olga@example.org")]
    assert ids() == []

    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert ids() == ["tutor.W042"]


@pytest.mark.django_db
def test_w040_nothing_limits_what_all_cost(settings) -> None:
    Budget.objects.create(scope="each", minutes=60)
    assert ids(databases=["default"]) == ["tutor.W040"]
    assert ids() == []

    settings.REHEARSAL = True
    assert ids(databases=["default"]) == ["tutor.W005"]
    settings.REHEARSAL = False
    Budget.objects.create(scope="everyone", period="month", minutes=60)
    assert ids(databases=["default"]) == []


@pytest.mark.django_db
def test_w041_money_without_a_price(settings) -> None:
    Budget.objects.create(scope="everyone", usd=60)
    assert ids(databases=["default"]) == []

    ModelPrice.objects.filter(model=settings.REALTIME_MODEL).delete()
    assert ids(databases=["default"]) == ["tutor.W041"]


@pytest.mark.parametrize("host", ["https://moodle.example.org", "moodle.example.org:8443", "a b"])
def test_e070_private_platform_that_is_no_host(settings, host) -> None:
    settings.LTI_PRIVATE_HOSTS = ["moodle.school.internal", "10.0.0.7"]
    assert ids() == []

    settings.LTI_PRIVATE_HOSTS = [host]
    assert ids() == ["tutor.E070"]


def test_w070_platforms_without_https(settings) -> None:
    settings.LTI = True
    assert ids() == ["tutor.W070"]

    settings.BEHIND_PROXY, settings.TRUSTED_PROXIES = True, 1
    assert ids() == []


@pytest.mark.django_db
def test_w071_and_w072_a_platform_and_a_key_are_missing(settings, admin_user) -> None:
    Budget.objects.create(scope="everyone", period="month", minutes=60)
    settings.LTI = settings.SECURE_SSL_REDIRECT = True
    assert ids(databases=["default"]) == ["tutor.W071"]
    assert ids() == []

    LtiPlatform.objects.create(name="Moodle", issuer="i", client_id="c", teacher=admin_user)
    assert ids(databases=["default"]) == ["tutor.W072"]

    lti_keys.ensure()
    assert ids(databases=["default"]) == []
    settings.SECRET_KEY = "y" * 50
    assert ids(databases=["default"]) == ["tutor.W072"]


@pytest.mark.parametrize("proxies", [-1, 11])
def test_e050_impossible_number_of_proxies(settings, proxies) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert ids() == ["tutor.E050"]


def test_w050_all_visitors_look_like_the_proxy(settings) -> None:
    settings.BEHIND_PROXY, settings.TRUSTED_PROXIES = True, 0
    assert ids() == ["tutor.W050"]

    settings.TRUSTED_PROXIES = 1
    assert ids() == []


@pytest.mark.parametrize("token", ["short", SECRET * 3 + " with a space", "ü" * 40])
def test_e060_token_that_is_guessed_or_that_no_header_holds(settings, token) -> None:
    settings.METRICS_TOKEN = token

    assert ids() == ["tutor.E060"]


def test_e061_unknown_log_level(settings) -> None:
    settings.LOG_LEVEL = "LOUD"

    assert ids() == ["tutor.E061"]


def test_e062_unknown_log_format(settings) -> None:
    settings.LOG_FORMAT = "xml"

    assert ids() == ["tutor.E062"]


@pytest.mark.parametrize("host", ["https://viva.example.org", "viva.example.org/"])
def test_e068_address_where_a_name_belongs(settings, host) -> None:
    settings.ALLOWED_HOSTS = [host]

    assert ids() == ["tutor.E068"]


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost:6379"])
def test_e069_redis_without_its_scheme(settings, url) -> None:
    settings.REDIS_URL = url
    assert ids() == ["tutor.E069"]

    settings.REDIS_URL = "rediss://redis.example.org"
    assert ids() == []


def test_e065_second_factor_is_optional_or_required(settings) -> None:
    settings.STAFF_SECOND_FACTOR = "sometimes"

    assert ids() == ["tutor.E065"]


@pytest.mark.parametrize("missing", ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"])
def test_e066_school_that_is_set_up_in_part(settings, missing) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "https://id.example", "viva", "s"
    assert ids() == []

    setattr(settings, missing, "")
    assert ids() == ["tutor.E066"]


@pytest.mark.parametrize(
    ("issuer", "debug", "found"),
    [
        ("http://id.example", True, ["tutor.E067"]),
        ("id.example", True, ["tutor.E067"]),
        ("http://127.0.0.1:8080/realms/x", True, []),
        ("http://127.0.0.1:8080/realms/x", False, ["tutor.E067"]),
    ],
)
def test_e067_school_that_anybody_on_the_way_could_answer_for(settings, issuer, debug, found) -> None:
    settings.DEBUG = debug
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = issuer, "viva", "s"

    assert [one for one in ids() if one.startswith("tutor.E06")] == found


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4318", "grpc://collector:4317", "http://"])
def test_collector_needs_a_web_address(settings, endpoint):
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint

    assert ids() == ["tutor.E063"]


def test_collector_needs_what_traces_are_made_with(settings, monkeypatch):
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318"
    monkeypatch.setattr("tutor.tracing.is_installed", lambda: False)

    assert ids() == ["tutor.E064"]
