"""A million learners a day, computed from what was measured: `python -m bench.scale`.

It reads `var/bench.json`, which `make bench` writes, and says what would be needed, part by part, and what breaks
first. Everything that is assumed and not measured is in `Load`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.figures import number
from tests.running import ROOT
from tutor.realtime.prices import Rate, forecast
from tutor.realtime.usage import Price

KEPT = ROOT / "var" / "bench.json"


@dataclass(frozen=True, slots=True)
class Load:
    """What learners do in a day."""

    learners: int = 1_000_000
    minutes: int = 10
    # Reloads and lost networks make more calls than lessons.
    calls_each: float = 1.3
    sentence_every: float = 6.0
    stage_every: float = 90.0
    # The part of a day's lessons that begins in its busiest hour: school hours of one continent.
    busiest: float = 0.15

    @property
    def at_once(self) -> int:
        """Lessons going on at the same time in the busiest hour."""
        return round(self.learners * self.busiest * self.minutes / 60)

    @property
    def calls_per_second(self) -> float:
        """Calls that are made in a second of that hour."""
        return self.learners * self.busiest * self.calls_each / 3600

    @property
    def sentences_per_second(self) -> float:
        """Reports to the journal, one for each finished sentence."""
        return self.at_once / self.sentence_every

    @property
    def changes_per_second(self) -> float:
        """Stage changes."""
        return self.at_once / self.stage_every

    @property
    def rows_per_day(self) -> int:
        """Utterances."""
        return round(self.learners * self.minutes * 60 / self.sentence_every)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one server process does, and what a row and a room take."""

    calls_per_second: float
    sentences_per_second: float
    change_ms: float
    row_bytes: float
    room_kilobytes: float
    rows_per_second: float


@dataclass(frozen=True, slots=True)
class Need:
    """One line of the answer."""

    what: str
    value: float
    unit: str


# No processes are planned to be busy all the time.
ROOM_TO_SPARE = 0.6
# What one PostgreSQL partition holds, so that its indexes stay in memory.
PARTITION_ROWS = 500_000_000
# Two messages to the layer for each sentence: to the room and to whoever reads along.
MESSAGES_PER_SENTENCE = 2


def needs(load: Load, measured: Measured, *, usd_per_minute: float) -> list[Need]:
    """What such a day takes."""
    busy = (
        load.calls_per_second / measured.calls_per_second
        + load.sentences_per_second / measured.sentences_per_second
        + load.changes_per_second * measured.change_ms / 1000
    )
    per_day = load.rows_per_day * measured.row_bytes
    return [
        Need("lessons at once in the busiest hour", load.at_once, ""),
        Need("calls made per second then", load.calls_per_second, "/s"),
        Need("sentences stored per second then", load.sentences_per_second, "/s"),
        Need("stage changes per second then", load.changes_per_second, "/s"),
        Need("server processes", math.ceil(busy / ROOM_TO_SPARE), ""),
        Need("memory of open rooms, all processes", load.at_once * measured.room_kilobytes / 1024**2, "GB"),
        Need("messages through Redis per second", load.sentences_per_second * MESSAGES_PER_SENTENCE, "/s"),
        Need("utterances in a day", load.rows_per_day, ""),
        Need("database, growth in a day", per_day / 1024**3, "GB"),
        Need("database after a year", 365 * per_day / 1024**4, "TB"),
        Need("partitions of utterances in a year", math.ceil(365 * load.rows_per_day / PARTITION_ROWS), ""),
        Need(
            "busiest hour, part of one database's batched inserts",
            100 * load.sentences_per_second / measured.rows_per_second,
            "%",
        ),
        Need("provider, calls at once", load.at_once, ""),
        Need("provider, cost of a day", load.learners * load.minutes * usd_per_minute, "USD"),
    ]


def read(kept: Mapping[str, Any]) -> Measured:
    """Take the figures of one process out of what the bench has kept. Raises KeyError for a part not measured yet."""

    def figure(part: str, begins: str, what: str = "ours") -> float:
        found = next((row for row in kept[part]["rows"] if row["name"].startswith(begins)), None)
        if found is None:
            raise KeyError(begins)
        return float(found[what])

    return Measured(
        calls_per_second=figure("calls", "calls started per second, 16 at once"),
        sentences_per_second=figure("journal", "utterances per second, one in a request, postgres"),
        change_ms=figure("stages", "stage_complete, 1 at once, postgres, p50"),
        row_bytes=figure("journal", "bytes of an utterance"),
        room_kilobytes=figure("rooms", "memory of an open room"),
        rows_per_second=figure("journal", "utterances per second, 50 in a request, postgres", "yardstick"),
    )


def usd_per_minute(minutes: int) -> float:
    """The forecast that budgets use, with the provider's prices of October 2026 (`0007_prices_of_october_2026`)."""
    price = Price(
        text_in=Decimal(4),
        cached_text_in=Decimal("0.40"),
        text_out=Decimal(24),
        audio_in=Decimal(32),
        cached_audio_in=Decimal("0.40"),
        audio_out=Decimal(64),
    )
    read_on = date(2026, 10, 1)
    voice = Rate(model="gpt-realtime-2.1", since=read_on, tokens=price)
    heard = Rate(model="gpt-transcribe", since=read_on, minute=Decimal("0.0045"))
    total = forecast(voice=voice, transcription=heard, minutes=minutes, instruction_tokens=1_000)
    assert total is not None
    return float(total) / minutes


def main(kept: Path = KEPT) -> None:
    """Print the table of what is needed."""
    if not kept.exists():
        raise SystemExit("There are no figures yet: run make bench, or python -m bench calls stages journal rooms.")
    load = Load()
    try:
        found = needs(load, read(json.loads(kept.read_text())), usd_per_minute=usd_per_minute(load.minutes))
    except KeyError as error:
        raise SystemExit(f"{error.args[0]} has not been measured: run make bench first.") from None
    width = max(len(need.what) for need in found)
    for need in found:
        print(f"{need.what:{width}}  {number(need.value):>12} {need.unit}".rstrip())


if __name__ == "__main__":
    main()
