"""The pages people see, and the two for machines."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from tutor.pages import health, views

urlpatterns = [
    path("", views.home, name="home"),
    path("lessons/<slug:slug>/", views.lesson, name="lesson"),
    path("lessons/<slug:slug>/start/", views.start, name="start"),
    path("attempts/<uuid:code>/", views.room, name="room"),
    path("attempts/<uuid:code>/card/", views.card, name="card"),
    path("review/", views.review, name="review"),
    path("accounts/login/", views.SignInView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
