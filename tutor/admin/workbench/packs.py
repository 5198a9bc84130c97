"""Lessons as files: take one out, bring one in."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.http import require_http_methods, require_safe

from tutor import plan as plans
from tutor.admin.workbench.base import Bench
from tutor.admin.workbench.versions import DRAFT, edition


class Packs(Bench):
    """Export, and the page Import."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages to the addresses of a lesson."""
        read = require_http_methods(["GET", "HEAD", "POST"])(self.import_pack)
        return [
            self.bench_url("<int:pk>/export/", require_safe(self.export), "export"),
            self.bench_url("import/", read, "import"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the draft, or the version asked for, as a YAML file."""
        lesson = self.authored(request, pk)
        chosen = edition(lesson, request.GET.get("version") or DRAFT)
        suffix = "" if chosen.number is None else f"-version-{chosen.number}"
        return HttpResponse(
            plans.to_yaml(chosen.plan),
            content_type="application/yaml; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{lesson.slug}{suffix}.yaml"'},
        )

    def import_pack(self, request: HttpRequest) -> HttpResponse:
        """Read a lesson pack."""
        return self.page(request, "import", title="Bring in a lesson")
