"""Who is signed in."""


def test_it_says_who_is_signed_in_and_keeps_no_copy(client, teacher):
    client.force_login(teacher)

    response = client.get("/api/account/")

    assert (response.status_code, response.json()) == (200, {"username": teacher.username})
    assert response["Cache-Control"] == "no-store"


def test_whoever_is_signed_out_gets_401(client, db):
    assert client.get("/api/account/").status_code == 401
