"""WebSocket addresses."""

from django.urls import path

from tutor.live.consumers import AttemptConsumer

websocket_urlpatterns = [path("ws/attempts/<uuid:code>/", AttemptConsumer.as_asgi())]
