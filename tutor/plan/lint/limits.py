"""What names must look like, and how long and how many things may be."""

import re

STAGE_COMPLETE = "stage_complete"
# Protocol reference section 2: custom voices are ids that begin with "voice_".
VOICES = ("marin", "cedar", "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse")
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
LANGUAGE = re.compile(r"[a-z]{2}")
# The languages that the provider says its transcription is good at, as ISO 639-1 codes.
LANGUAGES = frozenset({
    "af", "ar", "az", "be", "bg", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "gl",
    "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "kk", "kn", "ko", "lt", "lv", "mi", "mk", "mr", "ms", "ne",
    "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "sw", "ta", "th", "tl", "tr", "uk", "ur", "vi", "zh",
})  # fmt: skip

# Characters that fit into the rows of a draft.
MAX_TITLE = 120
MAX_VOICE = 40
MAX_KIND = 20

MAX_EVIDENCE = 5
MAX_TURNS = 50
MAX_STALL_TURNS = 50
MAX_STALL_MINUTES = 60

# UTF-8 bytes of one stage with its tools and the preamble. Protocol reference section 8.2: an event of 64 KiB can close
# the data channel, and our own fixed words need some of that.
MAX_STAGE_BYTES = 56 * 1024
# Tokens of instructions and tools together that the model takes (section 11).
MAX_STAGE_TOKENS = 16_384
