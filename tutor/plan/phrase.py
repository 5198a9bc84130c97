"""What the pure core says to people: English, made so that the edge can say it in the language of its reader."""

from collections.abc import Callable, Iterable, Mapping


def gettext_noop(text: str) -> str:
    """Mark a text as one to translate, and return it as it is: `makemessages` goes by the name."""
    return text


class Phrase(str):
    """A text in English that knows what it was made from.

    To programs and commands it is a text like any other; `said` returns it in another language. The template is marked
    with `gettext_noop` and has places such as `%(title)s`; what stands there may be a phrase itself. Whole numbers are
    written with marks between their thousands.
    """

    __slots__ = ("has_capital", "parameters", "template")

    template: str
    parameters: Mapping[str, object]
    has_capital: bool

    def __new__(cls, template: str, has_capital: bool = False, /, **parameters: object) -> "Phrase":
        phrase = super().__new__(cls, _filled(template, parameters, str, "{:,}".format, has_capital))
        phrase.template, phrase.parameters, phrase.has_capital = template, parameters, has_capital
        return phrase

    def said(self, translate: Callable[[str], str], write_number: Callable[[int], str]) -> str:
        """Return the phrase in the language that `translate` translates templates into."""
        return _filled(self.template, self.parameters, translate, write_number, self.has_capital)


def _filled(
    template: str,
    parameters: Mapping[str, object],
    translate: Callable[[str], str],
    write_number: Callable[[int], str],
    has_capital: bool,
) -> str:
    def put(value: object) -> object:
        if isinstance(value, Phrase):
            return value.said(translate, write_number)
        return write_number(value) if isinstance(value, int) else value

    text = translate(template)
    if parameters:
        text %= {name: put(value) for name, value in parameters.items()}
    return _begun_large(text) if has_capital else text


def _begun_large(text: str) -> str:
    return text[:1].upper() + text[1:]


def capital(text: str) -> str:
    """Return a text with a capital letter at its beginning."""
    return Phrase(text.template, True, **text.parameters) if isinstance(text, Phrase) else _begun_large(text)


def joined(separator: str, texts: Iterable[str]) -> Phrase:
    """Return texts in a row, as one phrase."""
    parts = {str(number): text for number, text in enumerate(texts)}
    return Phrase(separator.join(f"%({name})s" for name in parts), **parts)
