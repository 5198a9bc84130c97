"""Help for those who write lessons: what a field is for, one good example, one bad one."""

from django.utils.html import format_html
from django.utils.safestring import SafeString


def example(purpose: str, *, good: str, bad: str) -> SafeString:
    """Return a field's help."""
    return format_html(
        '{} <span class="example example--good"><b>Good:</b> {}</span>'
        ' <span class="example example--bad"><b>Bad:</b> {}</span>',
        purpose,
        good,
        bad,
    )
