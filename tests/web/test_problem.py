"""What a refusal looks like on the wire."""

import json

import pytest

from doorward.errors import EXPLANATIONS, Busy, Reason, Rejected, StoreMoved, StoreUnavailable
from doorward.web.problem import STATUS, challenge, problem

ANSWERS = {
    **dict.fromkeys(
        (
            *(Reason.CROSS_ORIGIN, Reason.UNVERIFIED),
            *(Reason.INSUFFICIENT_ROLE, Reason.INSUFFICIENT_SCOPE),
        ),
        403,
    ),
    Reason.TOO_MANY_SESSIONS: 409,
    Reason.TOO_MANY_ATTEMPTS: 429,
}
TITLES = {401: "Unauthorized", 403: "Forbidden", 409: "Conflict", 429: "Too Many Requests"}


def test_every_reason_has_a_status() -> None:
    assert set(STATUS) == set(Reason)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_refusal_is_answered_with_its_status_and_stable_reason(reason: Reason) -> None:
    status, headers, body = problem(Rejected(reason, "for logs only"))
    wanted = ANSWERS.get(reason, 401)
    assert status == wanted, (
        f"{reason} is answered with {status}, not {wanted}: correct STATUS in src/doorward/web/"
        "problem.py, or ANSWERS and TITLES in tests/web/test_problem.py"
    )
    assert json.loads(body) == {
        "type": "about:blank",
        "title": TITLES[status],
        "status": status,
        "detail": EXPLANATIONS[reason],
        "reason": reason.value,
    }
    assert headers[:3] == [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]


@pytest.mark.parametrize("reason", list(Reason))
def test_a_refusal_another_credential_could_cure_carries_a_challenge(reason: Reason) -> None:
    error = Rejected(reason, max_age=300)
    found = [value for name, value in problem(error)[1] if name == b"www-authenticate"]
    same = reason in (Reason.CROSS_ORIGIN, Reason.UNVERIFIED) or ANSWERS.get(reason) in (409, 429)
    assert found == ([] if same else [challenge(error)])


@pytest.mark.parametrize("error", [*(Rejected(reason) for reason in Reason), StoreUnavailable()])
def test_no_refusal_touches_a_cookie(error: Rejected | StoreUnavailable) -> None:
    names = [name for name, _ in problem(error)[1]]
    assert not {b"set-cookie", b"clear-site-data"} & set(names)
    assert len(names) == len(set(names))


def test_what_is_for_logs_is_not_shown() -> None:
    for error in (Rejected(Reason.EXPIRED, "h4sh"), StoreUnavailable("h4sh at db.internal")):
        status, headers, body = problem(error)
        assert b"h4sh" not in body + repr(headers).encode()
        assert status in (401, 503)


def test_a_store_that_is_gone_is_503_and_worth_another_try_in_a_second() -> None:
    status, headers, body = problem(StoreUnavailable())
    assert status == 503
    assert (b"retry-after", b"1") in headers
    assert (b"cache-control", b"no-store") in headers
    assert (b"content-length", str(len(body)).encode()) in headers
    assert b"www-authenticate" not in dict(headers)
    members = json.loads(body)
    assert (members["status"], members["reason"]) == (503, "store_unavailable")
    assert members["title"] == "Service Unavailable"
    assert members["detail"] == "The database does not answer; try again in a moment."


def test_too_many_passwords_at_once_are_503_and_worth_another_try() -> None:
    status, headers, body = problem(Busy(7))
    assert (status, json.loads(body)["reason"]) == (503, "busy")
    assert (b"retry-after", b"7") in headers


def test_who_tried_too_often_is_told_how_long_to_wait() -> None:
    status, headers, _ = problem(Rejected(Reason.TOO_MANY_ATTEMPTS, retry_after=12))
    assert (status, dict(headers)[b"retry-after"]) == (429, b"12")


def test_a_client_that_is_no_browser_is_told_what_to_send() -> None:
    said = json.loads(problem(Rejected(Reason.CROSS_ORIGIN))[2])["detail"]
    assert "Origin" in said
    assert "X-CSRF-Token" in said


def test_what_was_moved_is_503_says_so_and_asks_for_patience() -> None:
    status, headers, body = problem(StoreMoved("moved to `--database h4sh`"))
    assert (status, json.loads(body)["reason"]) == (503, "moved")
    assert (b"retry-after", b"10") in headers
    assert b"h4sh" not in body


def test_one_answer_cannot_spoil_the_next() -> None:
    problem(Rejected(Reason.EXPIRED))[1].clear()
    assert len(problem(Rejected(Reason.EXPIRED))[1]) == 4


def test_a_challenge_names_no_error_when_nothing_was_presented() -> None:
    assert challenge(Rejected(Reason.MISSING)) == b'Bearer realm="doorward"'


@pytest.mark.parametrize("reason", [Reason.MALFORMED, Reason.EXPIRED, Reason.REUSED])
def test_a_bad_credential_is_challenged_as_invalid_token(reason: Reason) -> None:
    assert challenge(Rejected(reason)) == b'Bearer error="invalid_token"'


@pytest.mark.parametrize("reason", [Reason.INSUFFICIENT_ROLE, Reason.INSUFFICIENT_SCOPE])
def test_a_lack_of_rights_is_challenged_as_insufficient_scope(reason: Reason) -> None:
    assert challenge(Rejected(reason)) == b'Bearer error="insufficient_scope"'


def test_a_step_up_challenge_says_how_fresh_the_authentication_must_be() -> None:
    error = b'Bearer error="insufficient_user_authentication"'
    reason = Reason.STEP_UP_REQUIRED
    assert challenge(Rejected(reason, max_age=300)) == error + b", max_age=300"
    assert challenge(Rejected(reason, max_age=0)) == error + b", max_age=0"
    assert challenge(Rejected(reason)) == error
