"""Which processes of the site are there: Pulse."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Pulse(models.Model):
    """A process of the site, as it says itself every few seconds. Rows of those that are gone are thrown away.

    `name` is the process's own, new with every start. `tended_at` is when it last looked after calls, if it does.
    """

    class Role(models.TextChoices):
        SERVER = "server", _("server")
        TENDER = "tender", _("tends")
        LISTENER = "listener", _("listens")

    name = models.CharField(_("name"), max_length=32, unique=True)
    role = models.CharField(_("role"), max_length=8, choices=Role)
    host = models.CharField(_("host"), max_length=100)
    pid = models.PositiveIntegerField(_("process id"))
    version = models.CharField(_("version"), max_length=40)
    started_at = models.DateTimeField(_("started at"))
    seen_at = models.DateTimeField(_("last seen"))
    tended_at = models.DateTimeField(_("last tended"), null=True, blank=True)

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        ordering = ["role", "host", "pid"]

    def __str__(self) -> str:
        return f"{self.host} {self.pid}"
