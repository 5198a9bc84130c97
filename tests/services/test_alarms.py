"""The alarm that learners ask and nobody answers."""

import asyncio
import smtplib
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from tests.capture import answered
from tests.services.calling import call_in
from tutor.models import Alarm, Attempt, Connection
from tutor.peers import client
from tutor.services import alarms, attempts, connections, tending

MINUTES = timedelta(minutes=1)
OFFER = b"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


@pytest.fixture
def asks(lesson):
    """Let a learner ask for a call, and get none, so long ago."""

    def one(name: str, *, ago: timedelta = timedelta(), error: str = "provider_failed") -> Attempt:
        attempt = attempts.start_attempt(lesson, learner=User.objects.get_or_create(username=name)[0])[0]
        call_in(attempt, answered=None, ended_at=timezone.now() - ago, error=error)
        return attempt

    return one


@pytest.fixture
def admins(settings) -> None:
    settings.ADMINS = [("Olga", "olga@example.org")]


def look() -> None:
    alarms.look(timezone.now())


def is_on() -> bool:
    return alarms.going_on() is not None


@pytest.mark.parametrize(
    ("names", "is_raised"), [(["a", "b", "c"], True), (["a", "b"], False), (["a", "a", "a", "b"], False), ([], False)]
)
def test_it_is_raised_where_several_learners_get_no_answer(asks, names, is_raised):
    for name in names:
        asks(name)

    look()

    assert is_on() is is_raised


def test_it_says_who_and_what_in_the_log_and_by_mail_once(asks, admins, caplog):
    for name in ("a", "b", "c"):
        asks(name, error="provider_quota")
    caplog.clear()

    look()
    look()

    assert caplog.messages == ["nobody answers learners=3 minutes=5 error=provider_quota"]
    [message] = mail.outbox
    assert (message.subject, message.to) == ("[Viva] Nobody answers", ["olga@example.org"])
    assert "3 learners asked for the tutor" in message.body
    assert "provider_quota" in message.body


def test_without_admins_no_mail_is_sent(asks):
    for name in ("a", "b", "c"):
        asks(name)

    look()

    assert (is_on(), mail.outbox) == (True, [])


@pytest.mark.parametrize("failure", [smtplib.SMTPServerDisconnected("x"), ConnectionRefusedError("x")])
def test_a_mail_that_cannot_be_sent_stops_nothing(asks, admins, monkeypatch, caplog, failure):
    def fail(*args: object, **options: object) -> None:
        raise failure

    monkeypatch.setattr(alarms, "mail_admins", fail)
    for name in ("a", "b", "c"):
        asks(name)

    look()

    assert is_on()
    assert caplog.messages[-1] == f"alarm not mailed error={type(failure).__name__}"


def test_what_is_longer_ago_does_not_count(asks):
    for name, minutes in (("a", 6), ("b", 1), ("c", 0)):
        asks(name, ago=minutes * MINUTES)

    look()

    assert not is_on()


def test_an_answer_in_between_is_an_answer(asks, attempt):
    for name in ("a", "b", "c"):
        asks(name, ago=3 * MINUTES)
    call_in(attempt, answered=2 * MINUTES)

    look()

    assert not is_on()


def test_a_provider_that_only_stumbles_raises_none(asks, attempt):
    call_in(attempt, answered=0.5 * MINUTES)
    for name in ("a", "b", "c"):
        asks(name)

    look()

    assert not is_on()


def test_calls_that_were_never_failures_raise_none(asks, attempt, lesson):
    for name in ("a", "b", "c"):
        asks(name, error="")

    look()

    assert not is_on()


def test_it_is_over_when_somebody_is_answered(asks, attempt, caplog):
    for name in ("a", "b", "c"):
        asks(name)
    look()
    call_in(attempt, answered=timedelta())
    caplog.clear()

    look()

    alarm = Alarm.objects.get()
    assert (alarm.is_on, alarm.over_at >= alarm.raised_at, caplog.messages) == (False, True, ["somebody answers again"])


@pytest.mark.parametrize(("minutes", "goes_on"), [(10, True), (59, True), (61, False)])
def test_it_is_over_when_nobody_has_asked_for_an_hour(asks, minutes, goes_on):
    for name in ("a", "b", "c"):
        asks(name)
    look()

    alarms.look(timezone.now() + minutes * MINUTES)

    assert is_on() is goes_on


@pytest.mark.parametrize("times", [1, 5])
def test_a_look_takes_few_queries(asks, attempt, django_assert_num_queries, times):
    for number in range(times):
        call_in(attempt, answered=number * MINUTES)
        asks("a")

    # Who was answered 1, who was not 1, the alarm 1.
    with django_assert_num_queries(3):
        look()


@pytest.mark.django_db(transaction=True)
async def test_servers_that_look_at_once_raise_it_once(asks, admins):
    for name in ("a", "b", "c"):
        await sync_to_async(asks)(name)
    now = timezone.now()

    await asyncio.gather(*(sync_to_async(alarms.look, thread_sensitive=False)(now) for _ in range(4)))

    assert (await Alarm.objects.acount(), len(mail.outbox)) == (1, 1)


@pytest.mark.django_db(transaction=True)
async def test_a_provider_that_is_down_raises_it_with_the_next_round_of_tending(
    provider, lesson, settings, monkeypatch
):
    """All the way: calls that fail, a breaker that opens, a round, and a provider that is back."""
    monkeypatch.setattr("tutor.peers.client.RETRY_PAUSE", 0)
    provider.answers.extend([answered(500)] * 40)

    def begin(name: str) -> Attempt:
        return attempts.start_attempt(lesson, learner=User.objects.create(username=name))[0]

    for name in ("a", "b", "c", "d", "e", "f", "g"):
        with pytest.raises(client.ProviderError):
            await connections.open_connection(await sync_to_async(begin)(name), OFFER)
    # The breaker has opened after five: the last two were not asked about.
    assert len(provider.requests) == 10

    await tending.tend(here=True)
    alarm = await Alarm.objects.aget()
    assert (alarm.is_on, alarm.learners) == (True, 7)

    provider.answers.clear()
    client._peer(inside=False).breaker.answered()
    await connections.open_connection(await Attempt.objects.alast(), OFFER)
    await tending.tend(here=True)
    await alarm.arefresh_from_db()
    assert not alarm.is_on
    assert await Connection.objects.filter(answered_at__isnull=False).acount() == 1
