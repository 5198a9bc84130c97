"""What the models cost, as the operator has put it down."""

from tutor.models import ModelPrice
from tutor.realtime.prices import PriceList, Rate


def price_list() -> PriceList:
    """Return every price of every model, in one query: what was used long ago is priced as on its day."""
    return PriceList(
        Rate(model=row.model, since=row.valid_from, tokens=row.tokens, minute=row.minute)
        for row in ModelPrice.objects.order_by("valid_from")
    )
