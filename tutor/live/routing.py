"""WebSocket addresses."""

from django.urls import path

from tutor.live.consumers import AttemptConsumer, LiveConsumer, WatchConsumer

websocket_urlpatterns = [
    path("ws/attempts/<uuid:code>/", AttemptConsumer.as_asgi()),
    path("ws/live/<uuid:code>/", WatchConsumer.as_asgi()),
    path("ws/live/", LiveConsumer.as_asgi()),
]
