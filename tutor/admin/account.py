"""Accounts and groups: Django's own pages, which say no more than ours about rows that are not there."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tutor.admin.access import DiscreetAdmin
from tutor.services import second_factors, sign_ins

admin.site.unregister([User, Group])


@admin.register(User)
class AccountAdmin(DiscreetAdmin[User], UserAdmin):  # type: ignore[type-arg]  # only ModelAdmin itself can be written so
    """Who may sign in."""

    actions = ["let_try_again", "remove_second_factor"]

    @admin.action(description=gettext_lazy("Let selected users try their passwords again"), permissions=["change"])
    def let_try_again(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Forget the wrong passwords of some people."""
        names = [(user.get_username(), second_factors.tries_of(user)) for user in queryset]
        count = sum(max(sign_ins.lift(name) for name in of_one) > 0 for of_one in names)
        text = ngettext("%(count)s user can try again.", "%(count)s users can try again.", count)
        self.message_user(request, text % {"count": count} if count else _("None of them has tried of late."))

    @admin.action(description=gettext_lazy("Remove the second factor of selected users"), permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let people in by their passwords alone who have lost their phones; only superusers, and it is logged."""
        if not request.user.is_superuser:
            raise PermissionDenied
        users = [user for user in queryset if second_factors.remove(user)]
        for user in users:
            self.log_change(request, user, _("Removed the second factor."))
        count = len(users)
        text = ngettext("%(count)s user signs in without it now.", "%(count)s users sign in without it now.", count)
        self.message_user(request, text % {"count": count} if count else _("None of them has one."))


@admin.register(Group)
class RightsAdmin(DiscreetAdmin[Group], GroupAdmin):
    """What those who belong to a group may do."""
