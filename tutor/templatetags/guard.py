"""What staff have to know of all calls at once: that they are switched off, that nobody answers."""

from typing import Any

from django.template import Library

from tutor.services import alarms, switch

register = Library()


@register.inclusion_tag("tutor/guard.html")
def guard() -> dict[str, Any]:
    """Show one line for each of them that is so. Two queries."""
    return {"switched": switch.off(), "alarm": alarms.going_on()}
