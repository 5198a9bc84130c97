"""The catalogues of the languages we ship: complete, true to the source, and compiled. Needs no GNU gettext."""

import gettext
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.catalogue import (
    Key,
    UnreadableError,
    marked_in_python,
    marked_in_script,
    marked_in_template,
    read_po,
    unmarked_in_template,
)

ROOT = settings.BASE_DIR
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
DOMAINS: dict[str, dict[str, Callable[[str], Iterator[Key]]]] = {
    "django": {
        "config/**/*.py": marked_in_python,
        "tutor/**/*.py": marked_in_python,
        "templates/**/*.html": marked_in_template,
    },
    "djangojs": {"static/**/*.js": marked_in_script},
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?\w+[^>]*>")
# The product's name, the sign on the button for larger captions, keys.
SAME_IN_EVERY_LANGUAGE = {"Viva", "A+", "Markdown", "JSON", "j", "k", "n"}
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))
CATALOGUES = pytest.mark.parametrize(
    ("language", "domain"), [(language, domain) for language in LANGUAGES for domain in DOMAINS]
)


def po_file(language: str, domain: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / f"{domain}.po"


def marked(domain: str) -> dict[Key, list[str]]:
    """Every text that source code marks for people, and the files it is in."""
    found: dict[Key, list[str]] = defaultdict(list)
    for pattern, reader in DOMAINS[domain].items():
        for path in sorted(ROOT.glob(pattern)):
            for key in reader(path.read_text()):
                found[key].append(str(path.relative_to(ROOT)))
    return found


def test_german_is_among_the_languages():
    assert LANGUAGES == ["de"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_template_says_nothing_that_it_does_not_mark(template):
    texts = unmarked_in_template((ROOT / template).read_text())

    assert [text for text in texts if text not in SAME_IN_EVERY_LANGUAGE] == []


@CATALOGUES
def test_every_marked_text_is_in_the_catalogue_and_no_other(language, domain):
    # One that lacks: run `make words`, then translate what is new.
    entries = [entry.key for entry in read_po(po_file(language, domain))]

    assert sorted(entries) == sorted(marked(domain))


@CATALOGUES
def test_every_text_is_translated_and_none_is_a_guess(language, domain):
    entries = read_po(po_file(language, domain))

    assert [entry.key for entry in entries if not all(entry.translations) or "fuzzy" in entry.flags] == []
    assert {len(entry.translations) for entry in entries if entry.key[2]} <= {2}


@CATALOGUES
def test_translations_have_the_placeholders_and_tags_of_their_texts(language, domain):
    def slips() -> Iterator[tuple[str, str]]:
        for entry in read_po(po_file(language, domain)):
            _context, one, many = entry.key
            for translation, text in zip(entry.translations, (one, many or one), strict=False):
                if sorted(PLACEHOLDER.findall(translation)) != sorted(PLACEHOLDER.findall(text)):
                    yield text, translation

    assert list(slips()) == []


@CATALOGUES
def test_compiled_catalogue_says_what_the_text_file_says(language, domain):
    # One that is out of step: run `make words`.
    source = po_file(language, domain)
    with source.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog

    expected = {
        (name, number) if entry.key[2] else name: translation
        for entry in read_po(source)
        for name in ["\x04".join(filter(None, entry.key[:2]))]
        for number, translation in enumerate(entry.translations)
    }
    assert {key: text for key, text in compiled.items() if key != ""} == expected


@CATALOGUES
def test_german_uses_its_own_quotes_and_no_formal_address_for_learners(language, domain):
    texts = " ".join(" ".join(entry.translations) for entry in read_po(po_file(language, domain)))

    assert re.findall(r"“\w|\w\"\w", texts) == []
    assert texts.count("„") == texts.count("“")


@pytest.mark.parametrize(
    ("reader", "source", "keys"),
    [
        (marked_in_python, '_("a") + gettext_lazy("b" "c") + print("d")', [("", "a", ""), ("", "bc", "")]),
        (marked_in_python, 'ngettext("a", "b", n); pgettext("c", "d")', [("", "a", "b"), ("c", "d", "")]),
        (marked_in_template, "{% load i18n %}<p>{% translate 'a' %} b</p>", [("", "a", "")]),
        (marked_in_template, "{% translate 'a' context 'c' %}", [("c", "a", "")]),
        (marked_in_template, "{{ day|date:_('j F') }} {{ other }}", [("", "j F", "")]),
        (marked_in_template, "{% blocktranslate %}a (b) {{ c }}{% endblocktranslate %}", [("", "a (b) %(c)s", "")]),
        (
            marked_in_template,
            "{% blocktranslate count n=n %}{{ n }} a{% plural %}{{ n }} b{% endblocktranslate %}",
            [("", "%(n)s a", "%(n)s b")],
        ),
        (marked_in_script, 'gettext("a \\"b\\"");\nngettext(\n  "c",\n  "d", n)', [("", 'a "b"', ""), ("", "c", "d")]),
        (marked_in_script, "export function setText(text) { x.gettext(text); }", []),
    ],
)
def test_marked_texts_are_found(reader, source, keys):
    assert sorted(reader(source)) == keys


@pytest.mark.parametrize(
    ("reader", "source"),
    [(marked_in_python, '_(f"a {b}")'), (marked_in_script, "gettext(`a`)"), (marked_in_script, 'ngettext("a", b, 1)')],
)
def test_text_that_no_tool_could_collect_is_a_mistake(reader, source):
    with pytest.raises(UnreadableError):
        list(reader(source))


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("<p>a {{ b }}</p>{# c #}<br>· d", ["a", "d"]),
        ('<h1 title="a">{% translate "b" %}</h1>', ["a"]),
        ("<p>{% blocktranslate trimmed count n=n %}a{% plural %}b{% endblocktranslate %} c</p>", ["c"]),
        ("<img alt='a' class='b'><input type='submit' value='c'><input value='d'>", ["a", "c"]),
        ('<span lang="en">a <span>b</span> c</span><p>d <code>e</code></p>', ["d"]),
        ("{% block body_class %}a{% endblock %}{% block title %}b{% endblock %}", ["b"]),
        ('{% include "a/b.html" with c="New one" d=_("Old one") e="f" %}', ["New one"]),
        (
            "{{ a|default:'None' }}{{ b|date:\"j F\" }}{{ c|date:_('j F') }}{{ d|date:\"DATE_FORMAT\" }}",
            ["None", "j F"],
        ),
        ('{% blocktranslate with a=b|date:"j F" %}c{% endblocktranslate %}', ["j F"]),
    ],
)
def test_unmarked_texts_are_found(source, texts):
    assert unmarked_in_template(source) == texts
