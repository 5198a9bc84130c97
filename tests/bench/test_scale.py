"""What a million learners a day would need, by arithmetic that can be followed."""

import json
from dataclasses import replace

import pytest

from bench.scale import Load, Measured, main, needs, read

# 6,000 learners, 3,600 of whom begin in the busiest hour and talk for ten minutes: 600 at the same time.
LOAD = Load(learners=6_000, busiest=0.6, calls_each=1.0)
MEASURED = Measured(
    calls_per_second=10,
    sentences_per_second=100,
    change_ms=12,
    row_bytes=1024,
    room_kilobytes=1024,
    rows_per_second=1_000,
)


def test_needs_follow_from_the_load_and_what_was_measured():
    found = {need.what: need.value for need in needs(LOAD, MEASURED, usd_per_minute=0.1)}

    assert found == {
        "lessons at once in the busiest hour": 600,
        "calls made per second then": 1,
        "sentences stored per second then": 100,
        "stage changes per second then": pytest.approx(600 / 90),
        # A tenth of a process for calls, one for sentences, a tenth for stages; and room to spare.
        "server processes": 2,
        "memory of open rooms, all processes": pytest.approx(600 / 1024),
        "messages through Redis per second": 200,
        "utterances in a day": 600_000,
        "database, growth in a day": pytest.approx(600_000 / 1024**2),
        "database after a year": pytest.approx(365 * 600_000 / 1024**3),
        "partitions of utterances in a year": 1,
        "busiest hour, part of one database's batched inserts": 10,
        "provider, calls at once": 600,
        "provider, cost of a day": 6_000,
    }


def test_needs_grow_with_the_learners():
    twice = {need.what: need.value for need in needs(replace(LOAD, learners=12_000), MEASURED, usd_per_minute=0.1)}

    assert (twice["server processes"], twice["utterances in a day"]) == (4, 1_200_000)


def row(name: str, ours: float, yardstick: float | None = None) -> dict:
    return {"name": name, "ours": ours, "yardstick": yardstick}


KEPT = {
    "calls": {"rows": [row("calls started per second, 16 at once", 10)]},
    "stages": {"rows": [row("stage_complete, 1 at once, postgres, p50", 12)]},
    "rooms": {"rows": [row("memory of an open room", 1024)]},
    "journal": {
        "rows": [
            row("utterances per second, one in a request, postgres", 100, 3),
            row("utterances per second, 50 in a request, postgres", 500, 1_000),
            row("bytes of an utterance, indexes included, postgres", 1024),
        ]
    },
}


def test_read_takes_the_figures_out_of_what_was_kept():
    assert read(KEPT) == MEASURED


def test_table_is_printed(tmp_path, capsys):
    kept = tmp_path / "bench.json"
    kept.write_text(json.dumps(KEPT))

    main(kept)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["lessons", "at", "once", "in", "the", "busiest", "hour", "25000"]
    assert lines[-1].split()[-1] == "USD"


def test_table_needs_figures(tmp_path):
    with pytest.raises(SystemExit, match="make bench"):
        main(tmp_path / "bench.json")


def test_read_names_what_has_not_been_measured():
    with pytest.raises(KeyError, match="rooms"):
        read({part: found for part, found in KEPT.items() if part != "rooms"})
