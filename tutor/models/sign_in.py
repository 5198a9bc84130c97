"""How people prove who they are: SignInTries, SecondFactor, RecoveryCode, Identity."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SignInTries(models.Model):
    """How often a password was tried of late: for one name from one address, or from one address for any name.

    Kept for a quarter of an hour, and without names or addresses: `name_key` and `address_key` are keyed digests of
    them. People type their passwords where their names belong. `name_key` is empty where the name does not matter.
    """

    name_key = models.CharField(_("name"), max_length=64, blank=True)
    address_key = models.CharField(_("address"), max_length=64)
    tries = models.PositiveIntegerField(_("tries"), default=0)
    last_at = models.DateTimeField(_("last at"), db_index=True)

    class Meta:
        verbose_name = _("tries at signing in")
        verbose_name_plural = _("tries at signing in")
        constraints = [models.UniqueConstraint("name_key", "address_key", name="sign_in_tries_unique")]

    def __str__(self) -> str:
        return f"{self.tries} · {self.last_at:%Y-%m-%d %H:%M}"


class SecondFactor(models.Model):
    """An authenticator app of somebody's, which has shown its code once, and is asked for it after the password.

    `secret` is what the app and we share, encrypted with a key made of SECRET_KEY, and never serialized. `last_step` is
    the half minute of the last code that was taken: no code is taken twice, and none that is older.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="second_factor", verbose_name=_("user")
    )
    secret = models.CharField(_("secret"), max_length=255, serialize=False)
    last_step = models.BigIntegerField(_("last step"), default=0)
    confirmed_at = models.DateTimeField(_("confirmed at"), auto_now_add=True)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return str(self.user)


class RecoveryCode(models.Model):
    """A code for the day on which the app is lost, as its SHA-256. Gone once it was used."""

    factor = models.ForeignKey(
        SecondFactor, models.CASCADE, related_name="recovery_codes", verbose_name=_("second factor")
    )
    digest = models.CharField(_("digest"), max_length=64, serialize=False)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [models.UniqueConstraint("factor", "digest", name="recovery_code_unique")]

    def __str__(self) -> str:
        return f"{self.factor} · {self.pk}"


class Identity(models.Model):
    """Who somebody is at the school's own sign-in (OpenID Connect): its issuer, and what that calls them for ever."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities", verbose_name=_("user")
    )
    issuer = models.CharField(_("issuer"), max_length=255)
    subject = models.CharField(_("subject"), max_length=255)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint("issuer", "subject", name="identity_unique"),
            models.CheckConstraint(condition=~Q(subject="") & ~Q(issuer=""), name="identity_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.issuer}"
