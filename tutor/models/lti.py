"""Learning platforms (LTI 1.3): which there are, who and what came from them, and the scores that go back."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tutor.lti_hosts import url_fault
from tutor.models.attempt import Attempt
from tutor.models.classroom import Classroom
from tutor.models.lesson import Lesson
from tutor.webhook_hosts import host_of

# As long as the standard lets a platform's name for somebody be.
LONGEST_ID = 255


class InstructorRole(models.TextChoices):
    """What the instructors of a course on the platform are here."""

    LEARNERS = "learners", _("learners, as everybody else")
    REVIEWERS = "reviewers", _("staff who may read what their course says")
    TEACHERS = "teachers", _("the same, and teachers who may write lessons")


class LtiPlatform(models.Model):
    """A Moodle, a Canvas, or any other platform that may send its people here."""

    name = models.CharField(_("name"), max_length=80, help_text=_("What it is called here: “Moodle of the school”."))
    issuer = models.CharField(
        _("issuer"),
        max_length=LONGEST_ID,
        help_text=_("Moodle: “Platform ID”. Canvas: https://canvas.instructure.com"),
    )
    client_id = models.CharField(_("client ID"), max_length=LONGEST_ID)
    deployments = models.TextField(
        _("deployment IDs"), help_text=_("One in each line. Launches by any other deployment are refused.")
    )
    auth_url = models.CharField(_("authentication request URL"), max_length=500)
    token_url = models.CharField(_("access token URL"), max_length=500)
    keyset_url = models.CharField(_("public keyset URL"), max_length=500)
    other_hosts = models.CharField(
        _("other hosts"),
        max_length=500,
        blank=True,
        help_text=_(
            "Scores are only sent to the hosts of the addresses above. Where the platform takes them elsewhere, name "
            "that host; with Canvas your own one, such as school.instructure.com. Several with commas between them."
        ),
    )
    teacher = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="lti_platforms",
        verbose_name=_("teacher"),
        help_text=_("Each course becomes a class of theirs; it can be given the lessons that they may write."),
    )
    instructors = models.CharField(
        _("instructors are"),
        max_length=9,
        choices=InstructorRole,
        default=InstructorRole.LEARNERS,
        help_text=_("Who comes as an instructor of a course."),
    )
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Off: nobody comes in, no score goes out."))

    class Meta:
        verbose_name = _("learning platform")
        verbose_name_plural = _("learning platforms")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint("issuer", "client_id", name="lti_platform_once")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse addresses that nothing may be sent to."""
        faults = {name: url_fault(getattr(self, name)) for name in ("auth_url", "token_url", "keyset_url")}
        if not faults["auth_url"] and urlsplit(self.auth_url).query:
            # What the library appends begins with a question mark.
            faults["auth_url"] = str(_("the address must have no “?”"))
        wrong: dict[str, Any] = {name: fault[:1].upper() + fault[1:] + "." for name, fault in faults.items() if fault}
        if wrong:
            raise ValidationError(wrong)

    @property
    def deployment_ids(self) -> tuple[str, ...]:
        """Those whose launches are let in."""
        return tuple(line.strip() for line in self.deployments.splitlines() if line.strip())

    @property
    def hosts(self) -> frozenset[str]:
        """Where requests of ours may go, as `host_of` writes hosts."""
        named = {host.strip().lower() for host in self.other_hosts.split(",") if host.strip()}
        return frozenset(named | {host_of(urlsplit(url)) for url in (self.auth_url, self.token_url, self.keyset_url)})


class LtiKey(models.Model):
    """A key pair of ours, with which platforms know us. The private half is enciphered with SECRET_KEY."""

    public_pem = models.TextField(_("public key"))
    private_pem = models.TextField(_("private key, enciphered"))
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("key of ours")
        verbose_name_plural = _("keys of ours")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d}"


class LtiNonce(models.Model):
    """That a launch was let in: the same one never is again. Kept until its own time is over anyway."""

    digest = models.CharField(_("digest"), max_length=64, unique=True)
    used_at = models.DateTimeField(_("used at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("launch")
        verbose_name_plural = _("launches")

    def __str__(self) -> str:
        return self.digest[:8]


class LtiIdentity(models.Model):
    """Who somebody is on a platform: by this, and by nothing else, they get the same account again."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="lti_identity", verbose_name=_("person")
    )
    platform = models.ForeignKey(
        LtiPlatform, models.PROTECT, related_name="identities", verbose_name=_("learning platform")
    )
    sub = models.CharField(_("name there"), max_length=LONGEST_ID)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("person on a platform")
        verbose_name_plural = _("people on platforms")
        ordering = ["id"]
        constraints = [models.UniqueConstraint("platform", "sub", name="lti_identity_once_on_platform")]

    def __str__(self) -> str:
        return self.sub


class LtiCourse(models.Model):
    """The class that a course on a platform has become."""

    platform = models.ForeignKey(
        LtiPlatform, models.PROTECT, related_name="courses", verbose_name=_("learning platform")
    )
    deployment = models.CharField(_("deployment ID"), max_length=LONGEST_ID)
    context = models.CharField(_("course there"), max_length=LONGEST_ID)
    classroom = models.OneToOneField(Classroom, models.CASCADE, related_name="lti_course", verbose_name=_("class"))

    class Meta:
        verbose_name = _("course on a platform")
        verbose_name_plural = _("courses on platforms")
        ordering = ["id"]
        constraints = [models.UniqueConstraint("platform", "deployment", "context", name="lti_course_once_on_platform")]

    def __str__(self) -> str:
        return self.context


class LtiLink(models.Model):
    """Where the scores of somebody's attempts at a lesson go: to the column of the link they came by last."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="lti_links", verbose_name=_("person")
    )
    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="lti_links", verbose_name=_("lesson"))
    line_item = models.CharField(_("column for scores"), max_length=1000)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("way back for scores")
        verbose_name_plural = _("ways back for scores")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("person", "lesson", name="lti_link_once"),
            models.CheckConstraint(condition=~Q(line_item=""), name="lti_link_leads_somewhere"),
        ]

    def __str__(self) -> str:
        return self.line_item


class LtiScore(models.Model):
    """What an attempt is to tell its platform, and whether it has.

    `due_at` is when it is to be told next; empty once that was done or given up. A ruling of a reviewer makes it due
    again. The figures are those that were told last, or tried to be; `figured_at` is of when they are.
    """

    attempt = models.OneToOneField(Attempt, models.CASCADE, related_name="lti_score", verbose_name=_("attempt"))
    line_item = models.CharField(_("column for scores"), max_length=1000)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    passed = models.PositiveSmallIntegerField(_("stages passed"), null=True, blank=True)
    stages = models.PositiveSmallIntegerField(_("stages on the way"), null=True, blank=True)
    figured_at = models.DateTimeField(_("figures of"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("latest error"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("score for a platform")
        verbose_name_plural = _("scores for platforms")
        ordering = ["-id"]
        indexes = [models.Index("due_at", condition=Q(due_at__isnull=False), name="lti_score_due")]
        constraints = [
            models.CheckConstraint(condition=Q(stages__gt=0, passed__lte=models.F("stages")), name="lti_score_fits")
        ]

    def __str__(self) -> str:
        return "" if self.passed is None else f"{self.passed} / {self.stages}"
