"""The same seed strikes the same requests."""

from collections import Counter

from tests.faults.chance import MIXES, Chance


def test_the_fate_of_a_request_follows_from_the_seed_and_its_name_alone():
    keys = [(lesson, "journal", ordinal) for lesson in range(20) for ordinal in range(20)]

    forwards = {key: Chance(5).fate("browser", *key) for key in keys}
    backwards = {key: Chance(5).fate("browser", *key) for key in reversed(keys)}

    assert forwards == backwards
    assert forwards != {key: Chance(6).fate("browser", *key) for key in keys}


def test_every_fault_comes_about_as_often_as_it_should():
    chance, tries = Chance(1), 20_000
    found = Counter(chance.fate("browser", number).name for number in range(tries))

    assert found.keys() == {"", *MIXES["browser"]}
    for name, share in MIXES["browser"].items():
        assert abs(found[name] / tries - share) < 0.005, name


def test_blows_are_spread_over_the_lessons():
    moments = Chance(1).moments("kill", 10, range(1, 101))

    assert sorted((lesson - 1) // 10 for lesson, _ in moments) == list(range(10))
    assert moments == Chance(1).moments("kill", 10, range(1, 101))
    assert Chance(1).moments("kill", 0, range(1, 101)) == set()
