"""Everything that reads what strangers write says no in its one way; `make fuzz` looks for ten minutes."""

import pytest

from tests.fuzz import Reader, readers


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.name)
def test_reader_survives_what_is_damaged_and_wrong(reader: Reader):
    reader.run(1, 40)

    assert reader.inputs >= 20


def test_reader_that_crashes_is_found():
    def crash(raw: bytes) -> None:
        raw.decode()

    broken = Reader("broken", readers()[0].given, crash)

    with pytest.raises(UnicodeDecodeError):
        broken.run(1, 300)
