"""What the model will know: the payloads of each stage as they will be sent, their sizes, and what they may cost."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.http import require_safe

from tutor.admin.workbench.base import Bench


class Knowledge(Bench):
    """The page “What the tutor will know”."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page to the addresses of a lesson."""
        return [self.bench_url("<int:pk>/knows/", require_safe(self.knows), "knows"), *super().get_urls()]

    def knows(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show stage by stage what will be sent."""
        lesson = self.authored(request, pk)
        return self.page(request, "knows", lesson=lesson, title=f"What the tutor will know in “{lesson}”")
