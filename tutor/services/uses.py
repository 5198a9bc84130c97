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
    """Return what an attempt used of each model on each day, unsaved; nothing for a rehearsal. Two queries at most."""
    if attempt.is_rehearsal:
        return []
    found: dict[tuple[object, str], DayUse] = {}
    configs = dict(attempt.connections.values_list("pk", "config"))
    # Bare values: to make rows of hundreds of reports takes longer than all the rest.
    reports = attempt.usage_reports.order_by("id").values_list("stored_at", "source", "connection", "usage")
    for stored_at, source, connection, usage in reports:
        day, model = timezone.localdate(stored_at), _model_of(source, configs.get(connection))
        # Not `setdefault`: to make a row for each of hundreds of reports takes longer than to add them up.
        if (day, model) not in found:
            found[day, model] = DayUse(attempt=attempt, day=day, model=model, cost=Decimal(0))
        _add(found[day, model], read_usage(usage), price_list)
    return list(found.values())


def cost_of(report: UsageReport, price_list: PriceList) -> Decimal | None:
    """Return what one report says was spent, in USD; None where its price is not known. Look it up with its call."""
    config = report.connection.config if report.connection else None
    model = _model_of(report.source, config)
    use = DayUse(day=timezone.localdate(report.stored_at), model=model, cost=Decimal(0))
    _add(use, read_usage(report.usage), price_list)
    return use.cost


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


def _model_of(source: str, config: object) -> str:
    is_transcription = source == UsageReport.Source.TRANSCRIPTION
    for name in ("audio", "input", "transcription", "model") if is_transcription else ("model",):
        config = config.get(name) if isinstance(config, dict) else None
    return str(config or "")[:100]
