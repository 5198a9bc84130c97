"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("tutor.api.urls")),
    path("", include("tutor.pages.urls")),
]
