"""All addresses of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from tutor.pages.errors import page_not_found

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/", include("tutor.api.urls")),
    path("", include("tutor.pages.urls")),
]

if settings.DEBUG:
    # Whatever is left: our own page instead of Django's technical one. With its slash, so that an address that only
    # lacks one is still redirected.
    urlpatterns.append(re_path(r"^(?!static/).*/$", page_not_found, {"exception": None}))

handler400 = "tutor.pages.errors.bad_request"
handler403 = "tutor.pages.errors.permission_denied"
handler404 = "tutor.pages.errors.page_not_found"
handler500 = "tutor.pages.errors.server_error"
