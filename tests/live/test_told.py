"""What a room may say: bounded, and nothing but words under way."""

import json

import pytest

from tutor.live.told import MAX_CAPTIONS, MAX_MESSAGE, MAX_TEXT, Unfit, captions_of

CAPTION = {"item_id": "item_1", "speaker": "tutor", "status": "partial", "text": "Hel"}


def message(*captions: object, **changes: object) -> str:
    return json.dumps({"type": "captions", "captions": list(captions)} | changes)


def test_words_pass_and_nothing_beside_them():
    assert captions_of(message(CAPTION | {"html": "<b>"}, by="me")) == [CAPTION]


def test_the_largest_message_passes():
    captions = [CAPTION | {"text": "x" * (MAX_TEXT - 200)}] * MAX_CAPTIONS
    assert len(captions_of(message(*captions))) == MAX_CAPTIONS


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "not json",
        "[]",
        "[" * 9_000,
        "{}",
        message(type="watched"),
        message(),
        message(captions="x"),
        message(*[CAPTION] * (MAX_CAPTIONS + 1)),
        message("x"),
        message(CAPTION | {"item_id": ""}),
        message(CAPTION | {"item_id": "a b"}),
        message(CAPTION | {"item_id": 1}),
        message(CAPTION | {"speaker": "system"}),
        message(CAPTION | {"speaker": []}),
        message(CAPTION | {"status": "done"}),
        message(CAPTION | {"text": None}),
        message(CAPTION | {"text": "x" * (MAX_TEXT + 1)}),
        message(CAPTION, more="x" * MAX_MESSAGE),
    ],
)
def test_anything_else_is_unfit(text):
    with pytest.raises(Unfit):
        captions_of(text)
