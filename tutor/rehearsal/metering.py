"""Token counts in the form of the provider's bill (protocol reference section 10), estimated from lengths.

A rehearsal costs nothing; the figures let a page that adds up usage show something of the right size.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

from tutor.rehearsal.config import Config
from tutor.rehearsal.conversation import Conversation, Item

CHARACTERS_PER_TOKEN = 4
# Milliseconds of sound per token.
LEARNER_MS_PER_TOKEN = 100
TUTOR_MS_PER_TOKEN = 50
TOKENS_PER_IMAGE = 400


def response_usage(config: Config, conversation: Conversation, output: Iterable[Item]) -> dict[str, Any]:
    """Return the usage of one response: its input is the whole conversation so far."""
    made = {item["id"]: item for item in output}
    context = [item for item_id, item in conversation.items.items() if item_id not in made]
    text = _text_tokens(config["instructions"]) + _text_tokens(json.dumps(config["tools"]))
    text += sum(_item_text_tokens(item) for item in context)
    audio = sum(_item_audio_tokens(conversation, item) for item in context)
    images = TOKENS_PER_IMAGE * sum(part["type"] == "input_image" for item in context for part in _content(item))
    spoken = sum(_item_audio_tokens(conversation, item) for item in made.values())
    written = sum(_item_text_tokens(item) for item in made.values())
    return {
        "total_tokens": text + audio + images + spoken + written,
        "input_tokens": text + audio + images,
        "output_tokens": spoken + written,
        "input_token_details": {
            "text_tokens": text,
            "audio_tokens": audio,
            "image_tokens": images,
            "cached_tokens": 0,
            "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": written, "audio_tokens": spoken},
    }


def _text_tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def _content(item: Item) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = item.get("content", [])
    return content


def _item_text_tokens(item: Item) -> int:
    parts = [part.get("text") or part.get("transcript") or "" for part in _content(item)]
    return sum(_text_tokens(text) for text in (*parts, item.get("arguments", ""), item.get("output", "")))


def _item_audio_tokens(conversation: Conversation, item: Item) -> int:
    rate = TUTOR_MS_PER_TOKEN if item.get("role") == "assistant" else LEARNER_MS_PER_TOKEN
    return math.ceil(conversation.audio_ms.get(item["id"], 0) / rate)
