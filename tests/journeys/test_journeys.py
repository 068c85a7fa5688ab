"""What people do, from outside, the same in every mode, by every transport, on every store."""

import pytest

from tests.journeys.conftest import TOKENS, Arrive, Kind, Place, rows, statuses

NOBODY = 401


def test_a_person_signs_up_logs_in_and_stays(place: Place, arrive: Arrive, email: str) -> None:
    ann = arrive()
    assert ann.is_out()
    subject = ann.sign_up(email)
    assert ann.is_out()
    assert ann.log_in(email).status_code == 200
    sid = ann.knows("sid")
    assert [ann.knows("subject") for _ in range(3)] == [subject] * 3
    assert (ann.knows("sid"), ann.knows("mode")) == (sid, place.mode)


def test_a_wrong_password_opens_nothing_and_sets_nothing(
    place: Place, arrive: Arrive, email: str
) -> None:
    ann = arrive()
    ann.sign_up(email)
    assert ann.log_in(email, "not the right one").status_code == NOBODY
    assert ann.log_in("nobody" + email).status_code == NOBODY
    assert ann.held == {}
    assert ann.is_out()


def test_logging_in_again_ends_the_login_before(place: Place, arrive: Arrive, email: str) -> None:
    ann = arrive()
    ann.sign_up(email)
    ann.log_in(email)
    before, sid = ann.copy(), ann.knows("sid")
    ann.log_in(email)
    assert ann.knows("sid") != sid
    assert before.is_out()


def test_an_access_token_that_expired_is_renewed_by_whoever_may(
    brief: Place, arrive: Arrive, kind: Kind, email: str
) -> None:
    ann = arrive()
    ann.sign_up(email)
    ann.log_in(email)
    sid, before = ann.knows("sid"), dict(ann.held)
    brief.pass_access_ttl(ann)
    if kind == ("token", "bearer"):
        assert ann.is_out()
        assert ann.refresh().status_code == 200
    assert ann.knows("sid") == sid
    renewed = {name for name in before if ann.held[name] != before[name]}
    assert renewed == (set() if kind[0] == "session" else set(before))


def test_a_bearer_client_refreshes_when_it_likes(
    place: Place, arrive: Arrive, kind: Kind, email: str
) -> None:
    ann = arrive()
    ann.sign_up(email)
    ann.log_in(email)
    if kind[0] == "session":
        assert ann.ask("POST", "/api/refresh", {"refresh_token": "x"}).status_code == 404
        return
    refresh = ann.held.get("refresh_token") or ann.held["__Host-refresh"]
    given = ann.ask("POST", "/api/refresh", {"refresh_token": refresh})
    assert given.status_code == 200
    assert given.json()["refresh_token"] != refresh
    # the parent, at once: a second tab or a lost answer, which gets nothing to grow on
    again = ann.ask("POST", "/api/refresh", {"refresh_token": refresh})
    assert (again.status_code, again.json().get("refresh_token")) == (200, None)
    assert ann.ask("POST", "/api/refresh", {"refresh_token": "dwr_x"}).status_code == NOBODY


def test_a_step_up_gives_new_credentials_within_the_same_session(
    place: Place, arrive: Arrive, kind: Kind, email: str
) -> None:
    ann = arrive()
    ann.sign_up(email)
    ann.log_in(email)
    sid, at, before = ann.knows("sid"), ann.knows("authenticated_at"), ann.copy()
    assert ann.elevate().status_code == 200
    assert set(ann.held) == set(before.held)
    assert all(ann.held[name] != before.held[name] for name in before.held)
    assert (ann.knows("sid"), ann.knows("authenticated_at") >= at) == (sid, True)
    assert before.knows("authenticated_at") == at  # a request that was under way still finishes
    token = before.held.get("refresh_token") or before.held.get("__Host-refresh")
    if token is not None:
        answer = ann.ask("POST", "/api/refresh", {"refresh_token": token})
        assert (answer.status_code, answer.json()["reason"]) == (NOBODY, "superseded")
    assert ann.knows("sid") == sid


def test_roles_that_change_are_there_at_the_next_request_and_log_nobody_out(
    deciding: Place, arrive: Arrive, email: str
) -> None:
    ann = arrive()
    ann.sign_up(email)
    ann.log_in(email)
    assert ann.knows("roles") == []
    deciding.set_roles(email, "editor", "reader")
    assert ann.knows("roles") == ["editor", "reader"]
    deciding.set_roles(email)
    assert ann.knows("roles") == []


def test_a_locked_person_is_out_at_the_next_request_and_stays_out(
    deciding: Place, arrive: Arrive, email: str
) -> None:
    here, there = arrive(), arrive()
    here.sign_up(email)
    for each in (here, there):
        each.log_in(email)
    deciding.lock(email)
    assert here.is_out()
    assert there.is_out()
    assert here.log_in(email).status_code == NOBODY


def test_logging_out_kills_every_copy(place: Place, arrive: Arrive, email: str) -> None:
    ann = arrive()
    ann.sign_up(email)
    ann.log_in(email)
    thief = ann.copy()
    answer = ann.ask("POST", "/api/logout")
    assert answer.status_code == 204
    if ann.transport == "cookie":
        assert ann.held == {}
    assert thief.is_out()
    token = thief.held.get("refresh_token") or thief.held.get("__Host-refresh")
    if token is not None:
        assert ann.ask("POST", "/api/refresh", {"refresh_token": token}).status_code == NOBODY
    assert thief.ask("POST", "/api/logout").status_code == 204  # also with a dead session


def test_a_person_sees_every_login_and_which_is_this_one(
    place: Place, arrive: Arrive, email: str
) -> None:
    here, there = arrive(), arrive()
    here.sign_up(email)
    for each in (here, there):
        each.log_in(email)
    for each in (here, there):
        found = each.sessions()
        assert {one["sid"] for one in found} == {here.knows("sid"), there.knows("sid")}
        assert [one["sid"] for one in found if one["current"]] == [each.knows("sid")]
        assert {one["device"] for one in found} == {"Firefox on Linux"}


def test_one_login_is_ended_and_only_that_one(place: Place, arrive: Arrive, email: str) -> None:
    here, there = arrive(), arrive()
    here.sign_up(email)
    for each in (here, there):
        each.log_in(email)
    assert here.ask("DELETE", f"/api/sessions/{there.knows('sid')}").status_code == 204
    assert there.is_out()
    assert not here.is_out()
    assert len(here.sessions()) == 1


def test_all_but_this_one_are_ended(place: Place, arrive: Arrive, email: str) -> None:
    here, *others = [arrive() for _ in range(4)]
    here.sign_up(email)
    for each in (here, *others):
        each.log_in(email)
    assert here.ask("DELETE", "/api/sessions").status_code == 204
    assert [each.is_out() for each in (here, *others)] == [False, True, True, True]


def test_nobody_ends_the_login_of_another(place: Place, arrive: Arrive, email: str) -> None:
    ann, eve = arrive(), arrive()
    ann.sign_up(email)
    eve.sign_up("eve" + email)
    ann.log_in(email)
    eve.log_in("eve" + email)
    sid = ann.knows("sid")
    assert statuses(
        eve.ask("DELETE", f"/api/sessions/{sid}"), eve.ask("DELETE", "/api/sessions/" + "0" * 32)
    ) == [404, 404]
    assert eve.ask("DELETE", "/api/sessions").status_code == 204
    assert not ann.is_out()


@pytest.mark.parametrize("place", rows(TOKENS), indirect=True)
def test_a_refresh_token_that_was_stolen_ends_the_session_when_it_comes_back(
    place: Place, arrive: Arrive, email: str
) -> None:
    ann = arrive()
    ann.sign_up(email)
    ann.log_in(email)
    name = "refresh_token" if ann.transport == "bearer" else "__Host-refresh"
    stolen = [ann.held[name]]
    for _ in range(2):
        token = stolen[-1]
        given = ann.ask("POST", "/api/refresh", {"refresh_token": token}).json()
        stolen.append(given["refresh_token"])
    assert not ann.is_out()
    answer = ann.ask("POST", "/api/refresh", {"refresh_token": stolen[0]})
    assert (answer.status_code, answer.json()["reason"]) == (NOBODY, "reused")
    assert ann.is_out()
    for token in stolen:
        answer = ann.ask("POST", "/api/refresh", {"refresh_token": token})
        assert answer.status_code == NOBODY


def test_a_session_does_not_outlive_its_time_however_it_is_used(
    brief: Place, arrive: Arrive, kind: Kind, email: str
) -> None:
    ann = arrive()
    ann.sign_up(email)
    ann.log_in(email)
    assert not ann.is_out()
    brief.pass_absolute_ttl(ann)
    assert ann.is_out()
    assert ann.log_in(email).status_code == 200
    assert not ann.is_out()
