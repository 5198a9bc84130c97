"""The ASGI application: pages and API over HTTP, news for open rooms over WebSocket."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Loads the apps, which the consumers need.
http_application = get_asgi_application()

from tutor.live.door import SecondFactorDoor  # noqa: E402
from tutor.live.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http_application,
        # A page of another site, or one without an origin, is refused before its cookie is looked at.
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(SecondFactorDoor(URLRouter(websocket_urlpatterns)))
        ),
    }
)
