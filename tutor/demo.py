"""The accounts that `manage.py seed` makes on a laptop, and that the sign-in page there offers."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from tutor.checks import DEMO_DOMAIN

# No secret: the accounts exist only where DEBUG is on, and tutor.W007 finds them elsewhere.
DEMO_PASSWORD = "viva-demo"  # noqa: S105 # shown on the sign-in page


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A person to try the product as. `group` is the group that gives the rights of the role; learners need none."""

    username: str
    purpose: StrOrPromise
    group: str = ""

    @property
    def email(self) -> str:
        return self.username + DEMO_DOMAIN


DEMO_ACCOUNTS = (
    DemoAccount("learner", _("takes lessons")),
    DemoAccount("teacher", _("writes lessons"), "Teachers"),
    DemoAccount("reviewer", _("reads what was said"), "Reviewers"),
)
