"""Signing in with a second factor: no door leads past it."""

import pyotp
import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tutor.models import SecondFactor
from tutor.services import second_factors
from tutor.services.sign_ins import MOST_TRIES

NOW = 1_800_000_015
CODE, SET_UP = "/accounts/code/", "/accounts/second-factor/"
STAFF_PAGES = ["/review/", "/review/live/", "/admin/", "/admin/tutor/lesson/", "/", "/history/"]


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def app(teacher) -> pyotp.TOTP:
    """The app of a teacher, set up half a minute ago."""
    session = {}
    app = pyotp.TOTP(second_factors.propose(session))
    second_factors.confirm(teacher, app.at(NOW - 30), session)
    return app


def proposed(client: Client) -> str:
    """The secret that a page shows."""
    page = client.get(SET_UP).content.decode()
    return page.partition('<code class="factor__secret">')[2].partition("<")[0].replace(" ", "")


@pytest.fixture
def half_in(client, app) -> Client:
    client.post("/accounts/login/", {"username": "tess", "password": "secret-tess"})
    return client


def test_after_the_password_comes_the_code_and_then_the_page_they_wanted(client, app):
    answer = client.post(
        "/accounts/login/?next=/review/", {"username": "tess", "password": "secret-tess", "next": "/review/"}
    )
    assertRedirects(answer, "/review/", fetch_redirect_response=False)
    assertRedirects(client.get("/review/"), f"{CODE}?next=%2Freview%2F")
    assertContains(client.get(f"{CODE}?next=/review/"), "One more step")
    key = client.session.session_key

    answer = client.post(CODE, {"code": app.now(), "next": "/review/"})

    assertRedirects(answer, "/review/")
    assert client.session.session_key != key
    assertContains(client.get("/"), "tess")


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_who_is_half_in_sees_no_page(half_in, path):
    assert half_in.get(path).status_code == 302
    assert half_in.get(path)["Location"].startswith(CODE)
    assert half_in.post(path, {"x": "y"})["Location"] == f"{CODE}?next=%2F"


def test_who_signs_in_by_the_door_of_the_admin_is_half_in_too(client, app):
    client.post("/admin/login/", {"username": "tess", "password": "secret-tess", "next": "/admin/"})

    assertRedirects(client.get("/admin/"), f"{CODE}?next=%2Fadmin%2F")


def test_for_programs_who_is_half_in_is_signed_out(half_in):
    assert half_in.get("/api/account/").json() == Client().get("/api/account/").json()


def test_a_wrong_code_is_told_and_counted_wherever_it_comes_from(half_in, app):
    for number in range(MOST_TRIES - 1):
        answer = half_in.post(CODE, {"code": "000000"}, REMOTE_ADDR=f"10.0.0.{number}")
        assertContains(answer, "Type the one your app shows now", status_code=400)

    assert half_in.post(CODE, {"code": "000000"}, REMOTE_ADDR="10.0.1.1").status_code == 429
    assert half_in.post(CODE, {"code": app.now()}, REMOTE_ADDR="10.0.1.2").status_code == 429


def test_who_is_locked_out_for_codes_reads_of_codes_and_it_is_logged_once(half_in, app, teacher, caplog):
    answers = [half_in.post(CODE, {"code": "000000"}) for _each in range(MOST_TRIES + 1)]

    for answer in answers[-2:]:
        assertContains(answer, "Too many wrong codes. Please wait 15 minutes", status_code=429)
        assertContains(answer, "an administrator can remove your second factor", status_code=429)
        assertContains(answer, f'<a class="button" href="{CODE}">Back to the code</a>', status_code=429, html=True)
        assertNotContains(answer, "password", status_code=429)
        assert 890 <= int(answer["Retry-After"]) <= 900
    logged = [record.getMessage() for record in caplog.records if record.name == "tutor.services.sign_ins"]
    assert logged == [f"locked out proof=code user={teacher.pk}"]


def test_right_codes_are_not_counted(half_in, app, now):
    for _time in range(MOST_TRIES + 2):
        now.shift(60)
        assertRedirects(half_in.post(CODE, {"code": app.now()}), "/")
        half_in.post("/accounts/logout/")
        half_in.post("/accounts/login/", {"username": "tess", "password": "secret-tess"})


def test_a_recovery_code_says_how_many_are_left(client, teacher):
    session = {}
    codes = second_factors.confirm(teacher, pyotp.TOTP(second_factors.propose(session)).now(), session)
    client.post("/accounts/login/", {"username": "tess", "password": "secret-tess"})

    answer = client.post(CODE, {"code": codes[0]}, follow=True)

    assertContains(answer, "You have 9 recovery codes left. Each works once.")


@pytest.mark.parametrize("there", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_the_code_leads_to_no_other_site(half_in, app, there):
    assertRedirects(half_in.post(CODE, {"code": app.now(), "next": there}), "/")


def test_who_signs_out_instead_is_nobody(half_in):
    half_in.post("/accounts/logout/")

    assertRedirects(half_in.get(CODE), "/accounts/login/?next=%2F")


def test_who_needs_no_code_is_led_on(learner_client, client):
    assertRedirects(learner_client.get(f"{CODE}?next=/history/"), "/history/")


def test_staff_set_it_up_and_see_their_recovery_codes_once(teacher_client):
    page = teacher_client.get(SET_UP)
    secret = proposed(teacher_client)
    assertContains(page, "<svg")
    assertContains(page, " ".join(secret[at : at + 4] for at in range(0, 32, 4)))
    assert page["Cache-Control"].startswith("max-age=0")
    wrong = teacher_client.post(SET_UP, {"code": "000000"})
    assertContains(wrong, "Type the one your app shows now", status_code=400)

    answer = teacher_client.post(SET_UP, {"code": pyotp.TOTP(secret).now()})

    assertContains(answer, "<li><code>", count=10)
    assertNotContains(teacher_client.get(SET_UP), secret[:4])
    assertContains(teacher_client.get(SET_UP), "You have 10 recovery codes left.")
    assert teacher_client.get("/").status_code == 200


def test_they_take_it_back_with_a_last_code(half_in, app, now):
    half_in.post(CODE, {"code": app.now()})
    assertContains(half_in.post(SET_UP, {"code": app.now()}), "not right any more", status_code=400)
    now.shift(60)

    assertRedirects(half_in.post(SET_UP, {"code": app.now()}), "/")

    assert not SecondFactor.objects.exists()


def test_it_is_for_staff(learner_client, client):
    assert learner_client.get(SET_UP).status_code == 404
    assertRedirects(Client().get(SET_UP), f"/accounts/login/?next={SET_UP}")


def test_where_it_is_required_staff_set_it_up_before_anything_else(settings, teacher_client, learner_client):
    settings.STAFF_SECOND_FACTOR = "required"

    assertRedirects(teacher_client.get("/review/"), f"{CODE}?next=%2Freview%2F", target_status_code=302)
    assertRedirects(teacher_client.get(f"{CODE}?next=/review/"), f"{SET_UP}?next=%2Freview%2F")
    assertNotContains(teacher_client.get(SET_UP), "Not now")
    teacher_client.post(SET_UP, {"code": pyotp.TOTP(proposed(teacher_client)).now()})
    assert teacher_client.get("/review/").status_code == 200
    assert learner_client.get("/").status_code == 200


def test_where_it_is_required_nobody_takes_it_back(settings, half_in, app, now):
    settings.STAFF_SECOND_FACTOR = "required"
    half_in.post(CODE, {"code": app.now()})
    now.shift(60)

    assertContains(half_in.post(SET_UP, {"code": app.now()}), "Staff of this school have to have one.")

    assert SecondFactor.objects.exists()


def test_a_secret_that_was_never_used_and_cannot_be_read_is_made_anew(teacher_client, settings):
    before = proposed(teacher_client)
    assert proposed(teacher_client) == before
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
    assert proposed(teacher_client) == before
    settings.SECRET_KEY_FALLBACKS = []

    assert len(proposed(teacher_client)) == 32
    assert proposed(teacher_client) != before


@pytest.mark.parametrize(("is_superuser", "removed"), [(True, True), (False, False)])
def test_a_superuser_removes_it_for_somebody_and_that_is_logged(client, app, teacher, is_superuser, removed):
    head = User.objects.create_user("head", password="secret-head", is_staff=True, is_superuser=is_superuser)
    client.force_login(head)

    client.post("/admin/auth/user/", {"action": "remove_second_factor", "_selected_action": [teacher.pk]})

    assert SecondFactor.objects.exists() is not removed
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Removed the second factor."] * removed


def test_the_command_removes_it_and_says_where_there_is_none(app, capsys):
    call_command("second_factor", remove="tess")

    assert capsys.readouterr().out == "Removed. tess signs in with the password alone now.\n"
    for name in ("tess", "nobody"):
        with pytest.raises(CommandError, match=name):
            call_command("second_factor", remove=name)


def test_whose_factor_was_removed_while_the_code_was_due_goes_on_without(half_in, teacher):
    second_factors.remove(teacher)

    assertRedirects(half_in.get(f"{CODE}?next=/history/"), "/history/")


def test_who_tried_too_often_and_then_asked_for_help_sets_up_a_new_one_at_once(half_in, teacher, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    for _time in range(MOST_TRIES + 1):
        half_in.post(CODE, {"code": "000000"})
    call_command("second_factor", remove="tess")
    half_in.get(CODE)

    answer = half_in.post(SET_UP, {"code": pyotp.TOTP(proposed(half_in)).now()})

    assertContains(answer, "<li><code>", count=10)
