"""Pictures as data URIs."""

import base64

import pytest

from tutor.realtime import images
from tutor.realtime.images import Image

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 8


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
    ],
)
def test_picture_is_written_and_read_by_its_first_bytes(data, media_type):
    uri = images.write(data)

    assert uri == f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    assert images.read(uri) == Image(media_type, data)


def test_other_files_are_not_written():
    assert images.write(b"<svg/>") == ""


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://example.org/dot.png",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,",
        "data:image/png;base64,PHN2Zy8+",
        "data:image/png;base64,A",
        images.write(PNG).replace("png", "jpeg"),
        images.write(PNG).replace(";base64", ""),
        images.write(PNG) + "\n",
        images.write(PNG).upper(),
    ],
)
def test_what_is_no_picture_or_another_one_than_it_says_is_not_read(uri):
    assert images.read(uri) is None


@pytest.mark.parametrize("size", [16, 17, 18, 100])
def test_largest_uri_is_as_long_as_that_of_the_largest_picture(size):
    assert len(images.write(b"\xff\xd8\xff".ljust(size))) == images.largest_uri(size)


@pytest.mark.parametrize(
    ("text", "words"), [("Look! (a picture)", "Look!"), ("(a picture)", ""), ("Look (a picture) there", None)]
)
def test_words_beside_a_picture_are_those_without_its_mark(text, words):
    assert images.words_beside(text) == (text if words is None else words)
