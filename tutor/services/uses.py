"""What an attempt used of the models, by day, and what that costs. Reads only; `digests` keeps what is made here."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils import timezone

from tutor.models import Attempt, DayUse, UsageReport
from tutor.models.price import TOKEN_KINDS
from tutor.realtime.prices import PriceList
from tutor.realtime.usage import Usage, cost, read_usage

# A response can have read no more than the memory of a model, a fraction of this. Reports come by way of browsers:
# what no model can have used is not believed, and its price not known.
MOST_TOKENS = 10_000_000
# What a column for USD takes.
MOST_COST = Decimal("999999.999999")


def of(attempt: Attempt, price_list: PriceList) -> list[DayUse]:
    """Return what an attempt used of each model on each day, unsaved; nothing for a rehearsal. One query at most."""
    if attempt.is_rehearsal:
        return []
    found: dict[tuple[object, str], DayUse] = {}
    for report in attempt.usage_reports.select_related("connection").order_by("id"):
        day, model = timezone.localdate(report.stored_at), _model_of(report)
        use = found.setdefault((day, model), DayUse(attempt=attempt, day=day, model=model, cost=Decimal(0)))
        _add(use, read_usage(report.usage), price_list)
    return list(found.values())


def total_cost(attempt: Attempt, uses: Iterable[DayUse]) -> Decimal | None:
    """Return what an attempt has cost in USD by its uses; None where a price is not known, and for a rehearsal."""
    costs = [use.cost for use in uses]
    known = [one for one in costs if one is not None]
    return None if attempt.is_rehearsal or len(known) < len(costs) else min(sum(known, Decimal(0)), MOST_COST)


def _add(use: DayUse, usage: Usage, price_list: PriceList) -> None:
    tokens = {kind: getattr(usage, kind) for kind in TOKEN_KINDS}
    if max(tokens.values()) > MOST_TOKENS:
        use.cost = None
        return
    for kind, count in tokens.items():
        setattr(use, kind, getattr(use, kind) + count)
    use.seconds += usage.seconds
    part = _cost_of(usage, use, price_list)
    use.cost = None if part is None or use.cost is None else min(use.cost + part, MOST_COST)


def _cost_of(usage: Usage, use: DayUse, price_list: PriceList) -> Decimal | None:
    rate = price_list.in_force(use.model, use.day)
    if rate is None:
        return None
    # A transcription is billed by the minute or by the token (protocol reference, section 10.2).
    if usage.seconds:
        return None if rate.minute is None else rate.minute * Decimal(str(usage.seconds)) / 60
    return None if rate.tokens is None else cost(usage, rate.tokens)


def _model_of(report: UsageReport) -> str:
    config: object = report.connection.config if report.connection else {}
    is_transcription = report.source == UsageReport.Source.TRANSCRIPTION
    for name in ("audio", "input", "transcription", "model") if is_transcription else ("model",):
        config = config.get(name) if isinstance(config, dict) else None
    return str(config or "")[:100]
