"""The words of the pages' scripts in another language than English: Django's JavaScript catalogue, under our policy."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language, override, to_locale
from django.views.i18n import JavaScriptCatalog

A_YEAR = 365 * 24 * 60 * 60


class Catalogue(JavaScriptCatalog):
    """A plain script with the words of one language, of which `static/tutor/js/words.js` makes use.

    Its address names the language and the version, so browsers may keep it for good. A page made by another version of
    the server gets the words of this one, and does not keep them.
    """

    packages = ["tutor"]

    def get(self, request: HttpRequest, *args: Any, language: str, version: str, **kwargs: Any) -> HttpResponse:
        """Return the script, whatever language the reader's browser asks for; 404 where scripts need no words."""
        current = _version(language) if language in dict(settings.LANGUAGES) else ""
        if not current:
            raise Http404("There are no words in this language.")
        with override(language):
            response: HttpResponse = super().get(request, *args, **kwargs)
        response["Content-Language"] = language
        if version == current:
            patch_cache_control(response, public=True, max_age=A_YEAR, immutable=True)
        else:
            patch_cache_control(response, no_cache=True)
        return response

    def get_paths(self, packages: list[str]) -> list[str]:
        """Return where our own words are: those of Django's admin are none of the learner's business."""
        return [str(path) for path in settings.LOCALE_PATHS]


def address() -> str:
    """Return the address of the script for the language of the page; empty where scripts need none, as in English."""
    language = get_language() or settings.LANGUAGE_CODE
    version = _version(language)
    return reverse("words", args=[language, version]) if version else ""


@cache
def _version(language: str) -> str:
    """A name for what the catalogue of a language holds; empty if there is none."""
    (folder,) = settings.LOCALE_PATHS
    file = Path(folder) / to_locale(language) / "LC_MESSAGES" / "djangojs.mo"
    return sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else ""
