"""The doors for learning platforms: who is let in, as whom, and everything that is not."""

import base64
import hmac
import json
import time
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests import lessons
from tests.lti_browser import WINDOW, come_back, launch, set_out
from tests.lti_platform import AGS, CLIENT, DEEP, INSTRUCTOR, LTI, OTHER_KEY, OWN_KEY, SCORE, SUB
from tutor.models import (
    Assignment,
    Audience,
    Classroom,
    Consent,
    ConsentText,
    InstructorRole,
    Lesson,
    LtiIdentity,
    LtiLink,
    LtiNonce,
    LtiPlatform,
)
from tutor.services import lti_keys


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def who(client: Client) -> User | None:
    key = client.session.get("_auth_user_id")
    return key and User.objects.get(pk=key)


def why(response) -> str:
    """The word with which somebody was refused."""
    assert response.status_code == 400
    return response.content.decode().partition("<code>")[2].partition("</code>")[0]


def nobody_came() -> bool:
    return not LtiIdentity.objects.exists() and not LtiNonce.objects.exists()


# --- Coming in -----------------------------------------------------------------------------------------------------


def test_launch_leads_a_new_learner_to_the_lesson_of_the_link(moodle, browser, lesson):
    response = launch(browser, moodle)

    assertRedirects(response, reverse("lesson", args=["cafe"]), fetch_redirect_response=False)
    person = who(browser)
    assert person == LtiIdentity.objects.get(sub=SUB, platform__issuer=moodle.url).person
    assert (person.first_name, person.last_name, person.email) == ("Lea", "Lind", "")
    assert (person.is_staff, person.is_superuser, person.has_usable_password()) == (False, False, False)
    assert (person.groups.count(), person.user_permissions.count()) == (0, 0)
    assert person.get_username().startswith("lea-")
    assert moodle.asked == ["GET /jwks"]


def test_launch_makes_the_course_a_class_of_the_teacher_and_gives_it_the_lesson(moodle, browser, lesson, teacher):
    Lesson.objects.update(owner=teacher, audience=Audience.CLASSES)

    launch(browser, moodle)

    classroom = Classroom.objects.get()
    assert (classroom.name, classroom.teacher) == ("English 7b", teacher)
    assert list(classroom.learners.all()) == [who(browser)]
    assert Assignment.objects.get(classroom=classroom).lesson == lesson
    assertContains(browser.get(reverse("lesson", args=["cafe"])), "Ordering in a café")


def test_launch_again_changes_nothing_but_the_name_there(moodle, browser, lesson):
    launch(browser, moodle)
    first = who(browser)

    launch(Client(), moodle, family_name="Lund")
    launch(browser, moodle, family_name="Lund")

    assert who(browser) == first
    assert (User.objects.get(pk=first.pk).last_name, LtiIdentity.objects.count(), Classroom.objects.count()) == (
        "Lund",
        1,
        1,
    )


def test_launch_asks_for_agreement_before_the_first_lesson(moodle, browser, lesson):
    ConsentText.objects.create(text="We keep what you say.")
    client = Client()
    launch(client, moodle)

    response = client.post(reverse("start", args=["cafe"]))

    assert response["Location"].startswith(reverse("consent"))
    assert not Consent.objects.exists()


def test_launch_of_a_lesson_that_is_not_there_leads_to_the_others(moodle, browser, lesson):
    response = launch(browser, moodle, **{f"{LTI}custom": {"lesson": "nowhere"}})

    assertRedirects(response, "/", fetch_redirect_response=False)
    assert who(browser).joined_classrooms.count() == 1


def test_launch_opens_no_lesson_that_the_teacher_could_not_give(moodle, browser, lesson, reviewer):
    Lesson.objects.update(owner=reviewer, audience=Audience.CLASSES)

    response = launch(browser, moodle)

    assertRedirects(response, "/", fetch_redirect_response=False)
    assert not Assignment.objects.exists()


def test_launch_takes_the_place_of_whoever_was_signed_in(moodle, learner_client, learner, lesson):
    launch(learner_client, moodle)

    assert who(learner_client) == LtiIdentity.objects.get().person != learner


def test_nobody_is_matched_by_a_name_or_an_address(moodle, browser, lesson, admin_user):
    launch(browser, moodle, email=admin_user.email, preferred_username="admin", sub=str(admin_user.pk))

    assert who(browser) != admin_user


def test_an_account_that_was_switched_off_is_not_let_in(moodle, browser, lesson):
    launch(browser, moodle)
    User.objects.filter(lti_identity__sub=SUB).update(is_active=False)

    fresh = Client()
    assert why(launch(fresh, moodle)) == "account"
    assert who(fresh) is None


@pytest.mark.parametrize("role", InstructorRole.values)
def test_instructors_are_what_the_platform_says_and_learners_never(moodle, browser, lesson, role):
    LtiPlatform.objects.update(instructors=role)

    launch(browser, moodle, **{f"{LTI}roles": [INSTRUCTOR]})
    launch(Client(), moodle, sub="other")

    teacher, learner = who(browser), User.objects.get(lti_identity__sub="other")
    is_staff = role != InstructorRole.LEARNERS
    assert (teacher.is_staff, teacher.reviewed_classrooms.count()) == (is_staff, int(is_staff))
    groups = ["Teachers"] if role == InstructorRole.TEACHERS else []
    assert list(teacher.groups.values_list("name", flat=True)) == groups
    assert (teacher.is_superuser, learner.is_staff, learner.reviewed_classrooms.count()) == (False, False, 0)


def test_a_former_instructor_no_longer_reads_what_the_course_says(moodle, browser, lesson):
    LtiPlatform.objects.update(instructors=InstructorRole.REVIEWERS)
    launch(browser, moodle, **{f"{LTI}roles": [INSTRUCTOR]})

    launch(browser, moodle)

    assert who(browser).reviewed_classrooms.count() == 0


@pytest.mark.parametrize(
    ("endpoint", "kept"),
    [
        ({"scope": [SCORE], "lineitem": "{url}/lineitems/7"}, True),
        ({"scope": [], "lineitem": "{url}/lineitems/7"}, False),
        ({"scope": [SCORE], "lineitem": "http://127.0.0.1:1/lineitems/7"}, False),
        ({"scope": [SCORE], "lineitem": "https://elsewhere.example.org/7"}, False),
        ({"scope": [SCORE]}, False),
        (None, False),
    ],
)
def test_where_scores_go_is_kept_if_it_is_at_the_platform(moodle, browser, lesson, endpoint, kept):
    if endpoint and "lineitem" in endpoint:
        endpoint["lineitem"] = endpoint["lineitem"].format(url=moodle.url)

    launch(browser, moodle, **{AGS: endpoint})

    assert list(LtiLink.objects.values_list("line_item", flat=True)) == ([endpoint["lineitem"]] if kept else [])


# --- Being refused -------------------------------------------------------------------------------------------------

NOW = int(time.time())


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"key": OTHER_KEY}, "signature"),
        ({"kid": "unknown"}, "signature"),
        ({"alg": "none"}, "signature"),
        ({"iat": 1_600_000_000, "exp": 1_600_000_060}, "signature"),
        ({"exp": None}, "signature"),
        ({"nbf": NOW + 3600}, "signature"),
        ({"aud": "somebody-else"}, "registration"),
        ({"aud": None}, "registration"),
        ({"aud": [CLIENT, "somebody-else"]}, "audience"),
        ({"aud": [CLIENT, "somebody-else"], "azp": "somebody-else"}, "audience"),
        ({"azp": "somebody-else"}, "audience"),
        ({"iss": "https://elsewhere.example.org"}, "registration"),
        ({f"{LTI}deployment_id": "2"}, "deployment"),
        ({f"{LTI}deployment_id": None}, "deployment"),
        ({f"{LTI}version": "1.1"}, "message"),
        ({f"{LTI}message_type": "Made-up"}, "message"),
        ({f"{LTI}resource_link": None}, "message"),
        ({f"{LTI}roles": None}, "message"),
        ({"sub": None}, "message"),
        ({"sub": "x" * 256}, "claims"),
        ({"sub": "a\nb"}, "claims"),
        ({f"{LTI}context": {"title": "no id"}}, "claims"),
        ({f"{LTI}context": ["odd"]}, "claims"),
    ],
)
def test_a_launch_that_is_not_right_in_everything_is_refused(moodle, browser, lesson, token, word):
    assert why(launch(browser, moodle, **token)) == word
    assert who(browser) is None
    assert nobody_came()


def test_a_symmetric_signature_with_the_public_key_is_refused(moodle, browser, lesson):
    """The old trick: the public key taken for a secret that both know."""
    asked = set_out(browser, moodle)
    body = moodle.id_token(asked["nonce"]).split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg": "HS256", "kid": "own"}').rstrip(b"=").decode()
    proof = hmac.digest(OWN_KEY.export_to_pem(), f"{head}.{body}".encode(), "sha256")

    forged = f"{head}.{body}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"

    assert why(come_back(browser, asked, forged)) == "signature"
    assert nobody_came()


@pytest.mark.parametrize("token", ["", "a.b.c", "..", "é.é.é", "e30.e30.e30", "e30.W10.", "[].[].[]", "a" * 10_000])
def test_what_is_no_token_at_all_is_refused(moodle, browser, lesson, token):
    assert why(come_back(browser, set_out(browser, moodle), token)) in {"state", "format", "nonce"}
    assert nobody_came()


def test_the_same_launch_twice_is_refused(moodle, browser, lesson):
    asked = set_out(browser, moodle)
    token = moodle.id_token(asked["nonce"])
    cookies = browser.cookies.copy()
    assert come_back(browser, asked, token).status_code == 302

    again = Client()
    again.cookies.update(cookies)
    assert why(come_back(again, asked, token)) == "replay"
    assert who(again) is None


def test_the_launch_of_somebody_else_signs_nobody_in(moodle, browser, lesson):
    """Login CSRF: an attacker's own launch, whole and signed, posted by the browser of a victim."""
    attacker = Client()
    asked = set_out(attacker, moodle)
    set_out(browser, moodle)

    assert why(come_back(browser, asked, moodle.id_token(asked["nonce"]))) == "cookie"
    assert who(browser) is None
    assert nobody_came()


def test_a_state_is_ours_and_not_old(moodle, browser, lesson):
    asked = set_out(browser, moodle)
    token = moodle.id_token(asked["nonce"], exp=int(time.time()) + 3600)

    assert why(come_back(browser, asked | {"state": "state-made-up"}, token)) == "state"
    assert why(come_back(browser, asked | {"state": ""}, token)) == "state"
    with time_machine.travel(time.time() + 601, tick=False):
        assert why(come_back(browser, asked, token)) == "state"
    assert nobody_came()


def test_a_wish_to_choose_that_turns_out_to_be_a_launch_needs_the_cookie(moodle, browser, lesson):
    asked = set_out(Client(), moodle, "lti_deep_link")

    assert why(come_back(browser, asked, moodle.id_token(asked["nonce"]))) == "cookie"
    assert who(browser) is None


def test_a_platform_that_was_switched_off_sends_nobody(moodle, browser, lesson):
    asked = set_out(browser, moodle)
    LtiPlatform.objects.update(is_active=False)

    assert why(come_back(browser, asked, moodle.id_token(asked["nonce"]))) == "platform"
    assert why(browser.get(reverse("lti_begin"), moodle.login_params("x"), headers=WINDOW)) == "platform"


@pytest.mark.parametrize("changes", [{"iss": "https://elsewhere.example.org"}, {"client_id": "other"}, {"iss": ""}])
def test_who_is_not_registered_begins_nothing(moodle, browser, changes):
    params = moodle.login_params("http://testserver/lti/launch/") | changes

    assert why(browser.get(reverse("lti_begin"), params, headers=WINDOW)) == "platform"


def test_a_login_without_a_hint_is_refused(moodle, browser):
    params = moodle.login_params("x") | {"login_hint": ""}

    assert why(browser.get(reverse("lti_begin"), params, headers=WINDOW)) == "login"


JWKS = {
    "failed": lambda: (500, {}, b"{}"),
    "moved": lambda: (302, {"Location": "/elsewhere"}, b""),
    "no json": lambda: (200, {}, b"<html>"),
    "no keys": lambda: (200, {}, b"{}"),
    "odd": lambda: (200, {}, b"[1]"),
    "endless": lambda: (200, {}, b"[" + b" " * 300_000),
}


@pytest.mark.parametrize("act", JWKS)
def test_a_platform_whose_keys_cannot_be_had_sends_nobody(moodle, browser, lesson, act):
    moodle.acts["/jwks"] = JWKS[act]

    assert why(launch(browser, moodle)) in {"keys", "too_large"}
    assert nobody_came()
    assert "GET /elsewhere" not in moodle.asked


def test_a_platform_that_is_slow_sends_nobody(moodle, browser, lesson, monkeypatch):
    monkeypatch.setattr("tutor.peers.lti.PATIENCE", 0.1)
    moodle.acts["/jwks"] = lambda: (time.sleep(0.5), (200, {}, b"{}"))[1]

    assert why(launch(browser, moodle)) == "timeout"


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RS256"},
        json.loads(OWN_KEY.export_public()) | {"alg": "RS512"},
    ],
)
def test_keys_that_the_standard_does_not_allow_are_as_if_not_there(moodle, browser, lesson, key):
    published = json.dumps({"keys": [key | {"kid": "own"}]}).encode()
    moodle.acts["/jwks"] = lambda: (200, {}, published)

    assert why(launch(browser, moodle)) == "signature"


def test_keys_are_asked_for_once_a_minute(moodle, browser, lesson):
    launch(browser, moodle)
    launch(browser, moodle)
    assert moodle.asked == ["GET /jwks"]

    cache.clear()
    launch(browser, moodle)
    assert moodle.asked == ["GET /jwks"] * 2


def test_no_refusal_is_logged_with_what_was_sent(moodle, browser, lesson, caplog):
    caplog.set_level("DEBUG")
    launch(browser, moodle, **{f"{LTI}deployment_id": "zqxj-secret"})
    launch(browser, moodle, sub="zqxj-secret\n")

    assert "lti refused platform=" in caplog.text
    assert "zqxj-secret" not in caplog.text


# --- Frames --------------------------------------------------------------------------------------------------------


def test_in_a_frame_only_a_window_of_its_own_is_offered(moodle, browser, lesson):
    params = moodle.login_params("http://testserver/lti/launch/")

    for headers in ({"sec-fetch-dest": "iframe"}, {}):
        response = browser.get(reverse("lti_begin"), params, headers=headers)
        assert response.status_code == 200
        assert response.cookies == {}
        assertContains(response, 'target="_blank" rel="noopener"')
        assert "X-Frame-Options" not in response.headers
        assert "frame-ancestors *" in response["Content-Security-Policy"]
    assert moodle.asked == []


def test_the_window_of_its_own_goes_on_in_browsers_that_do_not_say_what_it_is(moodle, browser, lesson):
    params = moodle.login_params("http://testserver/lti/launch/") | {"window": "1"}

    assert browser.get(reverse("lti_begin"), params).status_code == 302
    assert browser.get(reverse("lti_begin"), params, headers={"sec-fetch-dest": "iframe"}).status_code == 200


def test_the_cookie_of_the_way_is_kept_from_scripts_and_from_other_hosts(moodle, browser, settings):
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver"]
    params = moodle.login_params("http://testserver/lti/launch/")

    response = browser.get(reverse("lti_begin"), params, headers=WINDOW, secure=True)

    [(name, cookie)] = response.cookies.items()
    assert name.startswith("__Host-viva-lti-")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "None", "/")
    asked = dict(parse_qsl(urlsplit(response["Location"]).query))
    assert asked["redirect_uri"] == "https://testserver/lti/launch/"


def test_a_login_may_be_posted(moodle, browser):
    response = browser.post(reverse("lti_begin"), moodle.login_params("x"), headers=WINDOW)

    assert response["Location"].startswith(f"{moodle.url}/auth?")


# --- Choosing a lesson ---------------------------------------------------------------------------------------------


def test_a_teacher_chooses_a_lesson_and_the_platform_gets_it_signed(moodle, browser, lesson):
    offered = launch(browser, moodle, "lti_deep_link", **moodle.deep_linking())
    assertContains(offered, "Ordering in a café")
    assert f"frame-ancestors {moodle.url};" in offered["Content-Security-Policy"]
    ticket = offered.content.decode().partition('name="ticket" value="')[2].partition('"')[0]

    response = browser.post(reverse("lti_choose"), {"ticket": ticket, "lesson": "cafe"})

    assert f"form-action {moodle.url}/return;" in response["Content-Security-Policy"]
    assertContains(response, f'action="{moodle.url}/return?course=1"')
    token = response.content.decode().partition('name="JWT" value="')[2].partition('"')[0]
    claims = moodle.verified(token, audience=moodle.url)
    assert {name: claims[name] for name in ("iss", f"{LTI}deployment_id", f"{LTI}message_type", f"{DEEP}data")} == {
        "iss": CLIENT,
        f"{LTI}deployment_id": "1",
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{DEEP}data": "opaque;,'",
    }
    assert claims[f"{DEEP}content_items"] == [
        {
            "type": "ltiResourceLink",
            "title": "Ordering in a café",
            "text": "You order a drink.",
            "url": "http://testserver/lti/launch/",
            "custom": {"lesson": "cafe"},
            "lineItem": {"scoreMaximum": 100, "label": "Ordering in a café"},
            "window": {"targetName": "_blank"},
        }
    ]
    assert who(browser) is None


def test_choosing_works_in_a_frame_without_any_cookie(moodle, lesson):
    asked = set_out(Client(), moodle, "lti_deep_link")

    response = come_back(Client(), asked, moodle.id_token(asked["nonce"], **moodle.deep_linking()))

    assertContains(response, "Choose a lesson")
    assert response.cookies == {}


def test_a_platform_without_data_and_columns_gets_neither(moodle, browser, lesson):
    wish = moodle.deep_linking(data=None, accept_lineitem=False)
    offered = launch(browser, moodle, "lti_deep_link", **wish)
    ticket = offered.content.decode().partition('name="ticket" value="')[2].partition('"')[0]

    response = browser.post(reverse("lti_choose"), {"ticket": ticket, "lesson": "cafe"})

    token = response.content.decode().partition('name="JWT" value="')[2].partition('"')[0]
    claims = moodle.verified(token, audience=moodle.url)
    assert f"{DEEP}data" not in claims
    assert "lineItem" not in claims[f"{DEEP}content_items"][0]


def test_only_lessons_that_the_teacher_could_give_are_offered(moodle, browser, lesson, reviewer):
    lessons.publish(slug="private", by=reviewer)
    Lesson.objects.filter(slug="private").update(owner=reviewer, audience=Audience.CLASSES)
    lessons.publish(slug="hidden")
    Lesson.objects.filter(slug="hidden").update(audience=Audience.NOBODY)

    offered = launch(browser, moodle, "lti_deep_link", **moodle.deep_linking())

    assertContains(offered, 'value="cafe"')
    assertNotContains(offered, 'value="private"')
    assertNotContains(offered, 'value="hidden"')
    ticket = offered.content.decode().partition('name="ticket" value="')[2].partition('"')[0]
    assert why(browser.post(reverse("lti_choose"), {"ticket": ticket, "lesson": "private"})) == "lesson"
    assert why(browser.post(reverse("lti_choose"), {"ticket": f"{ticket}x", "lesson": "cafe"})) == "state"


@pytest.mark.parametrize("count", [1, 3])
def test_offering_takes_as_many_queries_for_three_lessons_as_for_one(
    moodle, browser, db, count, django_assert_num_queries
):
    for number in range(count):
        lessons.publish(slug=f"l{number}")
    launch(browser, moodle, "lti_deep_link", **moodle.deep_linking())
    asked = set_out(browser, moodle, "lti_deep_link")
    token = moodle.id_token(asked["nonce"], **moodle.deep_linking())

    with django_assert_num_queries(8):
        come_back(browser, asked, token)


@pytest.mark.parametrize("url", ["http://elsewhere.example.org/", "javascript:alert(1)", "https://u:p@x.org/", 7, None])
def test_a_choice_goes_nowhere_unsafe(moodle, browser, lesson, url):
    wish = moodle.deep_linking(deep_link_return_url=url)

    assert why(launch(browser, moodle, "lti_deep_link", **wish)) == "claims"


def test_a_return_address_cannot_widen_the_policy(moodle, browser, lesson):
    address = f"{moodle.url}/return;script-src,*"
    offered = launch(browser, moodle, "lti_deep_link", **moodle.deep_linking(deep_link_return_url=address))
    ticket = offered.content.decode().partition('name="ticket" value="')[2].partition('"')[0]

    response = browser.post(reverse("lti_choose"), {"ticket": ticket, "lesson": "cafe"})

    assert f"form-action {moodle.url}/return%3Bscript-src%2C*;" in response["Content-Security-Policy"]


# --- Keys, and being off -------------------------------------------------------------------------------------------


def test_our_keys_are_public_and_only_the_public_half(moodle, browser):
    first = browser.get(reverse("lti_keys")).json()["keys"]
    lti_keys.renew()
    both = browser.get(reverse("lti_keys")).json()["keys"]

    assert [len(first), len(both)] == [1, 2]
    assert both[1:] == first
    assert {frozenset(key) for key in both} == {frozenset({"alg", "e", "kid", "kty", "n", "use"})}


@pytest.mark.parametrize("name", ["lti_begin", "lti_launch", "lti_deep_link", "lti_choose", "lti_keys"])
def test_none_of_it_is_there_while_lti_is_off(settings, browser, db, name):
    settings.LTI = False

    assert [browser.get(reverse(name)).status_code, browser.post(reverse(name)).status_code] == [404, 404]


def test_who_came_from_a_platform_is_told_so_where_others_sign_in(browser, db, settings):
    words = "You came from Moodle or Canvas?"
    assertContains(browser.get(reverse("login")), words)

    settings.LTI = False
    assertNotContains(browser.get(reverse("login")), words)
