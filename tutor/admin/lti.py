"""Learning platforms, and the scores that go to them: for superusers, where LTI is on."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import models
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tutor.admin.access import DiscreetAdmin, person
from tutor.admin.choices import PlainChoices
from tutor.admin.readonly import RecordAdmin
from tutor.models import LtiPlatform, LtiScore
from tutor.services import lti_keys, lti_scores


def _may(request: HttpRequest) -> bool:
    return settings.LTI and person(request).is_superuser


class OfPlatforms:
    """Pages that nobody but superusers finds, and nobody where LTI is off."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request)


@admin.register(LtiPlatform)
class LtiPlatformAdmin(OfPlatforms, PlainChoices[LtiPlatform], DiscreetAdmin[LtiPlatform]):
    """Platforms; beside the form stands what is to be entered on their side."""

    change_form_template = "admin/tutor/ltiplatform/change_form.html"
    list_display = ("name", "issuer", "teacher", "instructors", "is_active")
    list_select_related = ("teacher",)
    search_fields = ("name", "issuer")
    show_full_result_count = False
    # Mostly one line, seldom more.
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 3})}}
    fieldsets = (
        (None, {"fields": ("name", "is_active")}),
        (
            _("What the platform says"),
            {
                "fields": (
                    "issuer",
                    "client_id",
                    "deployments",
                    "auth_url",
                    "token_url",
                    "keyset_url",
                    "other_hosts",
                )
            },
        ),
        (_("Its people here"), {"fields": ("teacher", "instructors")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _may(request)

    def has_change_permission(self, request: HttpRequest, obj: LtiPlatform | None = None) -> bool:
        return _may(request)

    def has_delete_permission(self, request: HttpRequest, obj: LtiPlatform | None = None) -> bool:
        return _may(request)

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Offer those who can have classes."""
        if db_field.name == "teacher":
            kwargs["queryset"] = User.objects.filter(is_staff=True, is_active=True).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the addresses of ours that the platform wants to know."""
        own = {
            _("Tool URL, and redirection URI"): "lti_launch",
            _("Initiate login URL"): "lti_begin",
            _("Public keyset (JWKS) URL"): "lti_keys",
            _("Content selection (deep linking) URL, and redirection URI"): "lti_deep_link",
        }
        addresses = [(label, request.build_absolute_uri(reverse(name))) for label, name in own.items()]
        return super().render_change_form(request, {**context, "own_addresses": addresses}, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: LtiPlatform, form: Any, change: bool) -> None:
        """Have a key pair ready by the time the platform asks for it."""
        super().save_model(request, obj, form, change)
        lti_keys.ensure()


@admin.register(LtiScore)
class LtiScoreAdmin(OfPlatforms, RecordAdmin[LtiScore]):
    """What was told of attempts, and what could not be."""

    list_display = ("attempt", "__str__", "sent_at", "due_at", "tries", "error")
    list_select_related = ("attempt",)
    list_filter = ("error",)
    search_fields = ("attempt__code",)
    fields = ("attempt", "line_item", "passed", "stages", "figured_at", "sent_at", "due_at", "tries", "error")
    actions = ("tell_again",)

    def has_tell_permission(self, request: HttpRequest) -> bool:
        return _may(request)

    @admin.action(permissions=["tell"], description=_("Tell the platform again"))
    def tell_again(self, request: HttpRequest, queryset: QuerySet[LtiScore]) -> None:
        """Have scores told anew, those too that were given up."""
        count = lti_scores.tell_again(queryset)
        said = ngettext("%(count)s score will be told again.", "%(count)s scores will be told again.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)
