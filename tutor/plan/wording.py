"""Keys as people say them."""


def in_words(key: str) -> str:
    """Return a key as a teacher would read it out: `needs_practice` becomes “Needs practice”."""
    return key.replace("_", " ").replace("-", " ").strip().capitalize()
