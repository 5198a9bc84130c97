"""The pages people see, and the two for machines."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from tutor.pages import classes, health, views

urlpatterns = [
    path("", views.home, name="home"),
    path("lessons/<slug:slug>/", views.lesson, name="lesson"),
    path("lessons/<slug:slug>/start/", views.start, name="start"),
    path("attempts/<uuid:code>/", views.room, name="room"),
    path("attempts/<uuid:code>/card/", views.card, name="card"),
    path("attempts/<uuid:code>/transcript/", views.transcript, name="transcript"),
    path("history/", views.history, name="history"),
    path("join/", classes.join, name="join"),
    path("join/<str:code>/", classes.join, name="join_by_link"),
    path("classes/<str:code>/leave/", classes.leave, name="leave"),
    path("review/", views.review, name="review"),
    path("accounts/login/", views.SignInView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
