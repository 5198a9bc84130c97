"""What is counted, of what is logged and of what is not."""

import logging
import math

import pytest

from tests.running import ROOT
from tutor import metrics

FACTS = {"attempt": "a", "lesson": "l", "version": 1, "outcome": "ready", "from": "one", "to": "two", "call": "rtc_1"}
FACTS |= {
    "model": "mini",
    "ms": 1500,
    "error": "provider_busy",
    "why": "silent",
    "live": True,
    "code": "c",
    "param": "",
}


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(("logger", "event"), metrics.EVENTS)
def test_every_event_that_is_counted_is_one_that_is_logged(logger: str, event: str) -> None:
    source = (ROOT / (logger.replace(".", "/") + ".py")).read_text()

    assert f'"{event} ' in source


@pytest.mark.parametrize(
    ("logger", "message", "series", "labels"),
    [
        ("connections", "call made attempt=%s ms=%d", "viva_calls_made_total", {}),
        ("connections", "provider error attempt=%s error=%s", "viva_calls_failed_total", {"code": "provider_busy"}),
        ("stages", "stage moved attempt=%s outcome=%s", "viva_stage_changes_total", {"outcome": "ready"}),
        ("tending", "call ended attempt=%s why=%s", "viva_calls_ended_total", {"why": "silent"}),
        ("attempts", "attempt started attempt=%s", "viva_attempts_total", {"event": "started"}),
        ("hang_ups", "call hung up attempt=%s live=%s", "viva_hang_ups_total", {"result": "told"}),
        ("journal", "browser fault attempt=%s", "viva_browser_faults_total", {}),
    ],
)
def test_what_is_logged_is_counted(logger: str, message: str, series: str, labels: dict[str, str]) -> None:
    names = [word.partition("=")[0] for word in message.split() if "=" in word]
    before = value(series, **labels)

    logging.getLogger(f"tutor.services.{logger}").info(message, *(FACTS[name] for name in names))

    assert value(series, **labels) == before + 1


def test_time_of_the_provider_is_kept_in_seconds() -> None:
    before = value("viva_provider_seconds_sum")

    logging.getLogger("tutor.services.connections").info("call made ms=%d", 1500)

    assert math.isclose(value("viva_provider_seconds_sum"), before + 1.5)


def test_words_that_look_like_an_event_are_not_counted() -> None:
    before = value("viva_calls_made_total")

    logging.getLogger("tutor.services.connections").info("said %s", "call made attempt=1 ms=5")
    logging.getLogger("tutor.services.journal").info("call made ms=%d", 5)

    assert value("viva_calls_made_total") == before


def test_record_without_its_facts_ends_nothing(capsys) -> None:
    logging.getLogger("tutor.services.connections").info("provider error attempt=%s", "a")

    assert "KeyError" in capsys.readouterr().err


def test_a_label_whose_words_people_choose_is_cut_to_a_few() -> None:
    words = metrics.Words(2)

    assert [words(word) for word in ("a", "b", "c", "a", "d")] == ["a", "b", "other", "a", "other"]


def test_methods_of_scanners_are_counted_together() -> None:
    before = value("viva_requests_total", route="home", method="other", status="405")

    metrics.count_request(route="home", method="X" * 1000, status=405, seconds=0.1)

    assert value("viva_requests_total", route="home", method="other", status="405") == before + 1


def test_figures_of_a_database_that_is_away_are_not_those_of_before() -> None:
    metrics.set_standing(calls_open=3, waiting={"hang_ups": 2}, cost_today=1.5)
    assert value("viva_waiting", queue="hang_ups") == 2

    metrics.forget_standing()

    assert metrics.REGISTRY.get_sample_value("viva_waiting", {"queue": "hang_ups"}) is None
    assert math.isnan(value("viva_calls_open"))
    assert value("viva_database_up") == 0
