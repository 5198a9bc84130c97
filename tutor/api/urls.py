"""The JSON API, under /api/."""

from django.urls import path

from tutor.api import views

app_name = "api"

urlpatterns = [
    path("account/", views.account, name="account"),
    path("lessons/<slug:slug>/attempts/", views.start, name="start"),
    path("attempts/<uuid:code>/", views.state, name="state"),
    path("attempts/<uuid:code>/connections/", views.connect, name="connections"),
    path("attempts/<uuid:code>/tool-calls/", views.call_tool, name="tool_calls"),
    path("attempts/<uuid:code>/journal/", views.report, name="journal"),
    path("attempts/<uuid:code>/corrections/", views.correct, name="corrections"),
    path("attempts/<uuid:code>/end/", views.end, name="end"),
]
