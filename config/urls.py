"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("tutor.api.urls")),
    path("", include("tutor.pages.urls")),
]

handler400 = "tutor.pages.errors.bad_request"
handler403 = "tutor.pages.errors.permission_denied"
handler404 = "tutor.pages.errors.page_not_found"
handler500 = "tutor.pages.errors.server_error"
