"""The pure decisions, by tables."""

from typing import Any

import pytest

from doorward import Principal, Reason, Rejected, Settings
from doorward.rules import (
    Verdict,
    check_permission,
    check_secret,
    check_standing,
    checked_attributes,
    checked_names,
    due_for_touch,
    elevated,
    judge_refresh,
    needs_step_up,
    place,
    principal_of,
    rebranched,
    rotated,
    touched,
)
from doorward.settings import MAX_ATTRIBUTE_BYTES, MAX_BRANCHES, MAX_ROLE_BYTES
from tests.core.scene import session

G = 300
SETTINGS = Settings(mode="token", idle_ttl=4000, absolute_ttl=8000, access_ttl=G)
ROW = session(generation=5, branch=2, parent_branch=1, rotated_at=2000)

ROTATE, REPLAY, REBRANCH = Verdict.ROTATE, Verdict.REPLAY, Verdict.REBRANCH
ADOPT, REUSED, UNSTEADY = Verdict.ADOPT, Verdict.REUSED, Verdict.UNSTEADY

CURRENT, PARENT = (5, 2), (4, 1)
NEWER = [(5, 3), (5, 255), (6, 0), (9, 7), (2**32 - 1, 255)]
# displaced siblings, displaced and superseded ancestors, the first of all
ELSE = [(5, 0), (5, 1), (4, 0), (4, 2), (3, 1), (3, 9), (0, 0)]

WITHIN, LATER = [-3600, -60, -1, 0, 1, G - 1, G], [G + 1, 2 * G, 10**9]


def reason_of(verb: Any, *args: Any, **kwargs: Any) -> Reason:
    with pytest.raises(Rejected) as refused:
        verb(*args, **kwargs)
    return refused.value.reason


# --- the refresh table ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "seconds", "verdict"),
    [
        *((CURRENT, s, ROTATE) for s in WITHIN + LATER),
        *((PARENT, s, REPLAY) for s in WITHIN),
        *((PARENT, s, REBRANCH) for s in LATER),
        *((newer, s, ADOPT) for newer in NEWER for s in WITHIN + LATER),
        *((other, s, REUSED) for other in ELSE for s in WITHIN + LATER),
    ],
)
def test_every_cell_of_the_refresh_table(
    shown: tuple[int, int], seconds: int, verdict: Verdict
) -> None:
    assert judge_refresh(ROW, *shown, 2000 + seconds, G) is verdict


@pytest.mark.parametrize("seconds", WITHIN + LATER)
def test_without_grace_a_parent_is_reused_however_soon_it_comes(seconds: int) -> None:
    verdicts = {
        shown: judge_refresh(ROW, *shown, 2000 + seconds, 0)
        for shown in (CURRENT, PARENT, *NEWER, *ELSE)
    }
    assert verdicts == {
        CURRENT: ROTATE,
        PARENT: REUSED,
        **dict.fromkeys(NEWER, ADOPT),
        **dict.fromkeys(ELSE, REUSED),
    }


@pytest.mark.parametrize(
    ("branch", "verdict"),
    [(0, REBRANCH), (MAX_BRANCHES - 1, REBRANCH), (MAX_BRANCHES, UNSTEADY)],
)
def test_a_family_rebranches_sixteen_times_and_then_ends(branch: int, verdict: Verdict) -> None:
    row = session(generation=5, branch=branch, parent_branch=1, rotated_at=2000)
    assert MAX_BRANCHES == 16
    assert judge_refresh(row, *PARENT, 2000 + G + 1, G) is verdict
    assert judge_refresh(row, *PARENT, 2000 + G, G) is REPLAY
    assert judge_refresh(row, 5, branch, 2000 + G + 1, G) is ROTATE


def test_the_first_token_of_a_family_has_no_parent() -> None:
    first = session(generation=0, branch=0, parent_branch=0)
    assert judge_refresh(first, 0, 0, 1000, G) is ROTATE
    everything = {(g, b) for g in range(4) for b in range(4)} - {(0, 0)}
    assert {judge_refresh(first, *shown, 10**6, G) for shown in everything} == {ADOPT}


def test_rotation_moves_one_generation_on_and_remembers_which_branch_it_came_from() -> None:
    new = rotated(ROW, *CURRENT, 3000, SETTINGS)
    assert (new.generation, new.branch, new.parent_branch, new.rotated_at) == (6, 0, 2, 3000)
    assert (new.seen_at, new.ends_at) == (3000, 7000)
    assert judge_refresh(new, *CURRENT, 3000, G) is REPLAY


def test_adoption_moves_on_from_what_was_presented() -> None:
    new = rotated(ROW, 9, 7, 3000, SETTINGS)
    assert (new.generation, new.branch, new.parent_branch) == (10, 0, 7)
    assert judge_refresh(new, 9, 7, 3000, G) is REPLAY
    assert judge_refresh(new, *CURRENT, 3000, G) is REUSED


def test_a_new_branch_displaces_the_one_before_and_leaves_the_parent() -> None:
    new = rebranched(ROW, 3000, SETTINGS)
    assert (new.generation, new.branch, new.parent_branch, new.rotated_at) == (5, 3, 1, 3000)
    assert (new.seen_at, new.ends_at) == (3000, 7000)
    assert judge_refresh(new, *CURRENT, 3000, G) is REUSED
    assert judge_refresh(new, *PARENT, 3000, G) is REPLAY


def test_no_step_of_a_refresh_says_that_the_client_was_told_anything_new() -> None:
    for new in (rotated(ROW, *CURRENT, 3000, SETTINGS), rebranched(ROW, 3000, SETTINGS)):
        assert (new.ver, new.secret_hash) == (ROW.ver, ROW.secret_hash)
        assert (new.authenticated_at, new.roles) == (ROW.authenticated_at, ROW.roles)


# --- alive ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "now", "reason"),
    [
        ({}, 1000, None),
        ({}, 4999, None),
        ({}, 5000, Reason.IDLE),
        ({}, 8999, Reason.IDLE),
        ({}, 9000, Reason.EXPIRED),
        ({"ends_at": 9000}, 8999, None),
        ({"ends_at": 9000}, 9000, Reason.EXPIRED),
        ({"revoked_at": 1500}, 1400, Reason.REVOKED),
        ({"revoked_at": 0}, 1000, Reason.REVOKED),
        ({"revoked_at": 1500}, 9000, Reason.REVOKED),
        ({}, -(10**9), None),
    ],
)
def test_a_session_ends_by_decision_by_its_age_and_by_idleness(
    fields: dict[str, Any], now: int, reason: Reason | None
) -> None:
    row = session(**fields)
    if reason is None:
        check_standing(row, now)  # raises nothing
    else:
        assert reason_of(check_standing, row, now) is reason


@pytest.mark.parametrize(
    ("seen_at", "now", "due"),
    [(1000, 1299, False), (1000, 1300, True), (1000, 1301, True), (1000, 0, False)],
)
def test_activity_is_noted_when_the_interval_is_over_and_not_before(
    seen_at: int, now: int, due: bool
) -> None:
    assert due_for_touch(session(seen_at=seen_at), now, SETTINGS.touch_after) is due


@pytest.mark.parametrize(
    ("now", "seen_at", "ends_at"),
    [
        (1000, 1000, 5000),
        (2500, 2500, 6500),
        (5000, 5000, 9000),
        (5001, 5001, 9000),  # never past the absolute end
        (8999, 8999, 9000),
        (400, 1000, 5000),  # a clock that stepped back takes no activity back
    ],
)
def test_activity_begins_idleness_anew_and_never_moves_the_absolute_end(
    now: int, seen_at: int, ends_at: int
) -> None:
    new = touched(session(), now, SETTINGS)
    assert (new.seen_at, new.ends_at, new.expires_at) == (seen_at, ends_at, 9000)


# --- secrets --------------------------------------------------------------------------------------

NOW_HASH, BEFORE_HASH, OTHER_HASH = b"n" * 32, b"b" * 32, b"o" * 32
STEPPED_UP = session(secret_hash=NOW_HASH, previous_secret_hash=BEFORE_HASH, previous_until=2060)


@pytest.mark.parametrize(
    ("digest", "now", "current"),
    [(NOW_HASH, 0, True), (NOW_HASH, 9999, True), (BEFORE_HASH, 2059, False)],
)
def test_the_current_secret_and_for_a_minute_the_one_before_are_good(
    digest: bytes, now: int, current: bool
) -> None:
    assert check_secret(STEPPED_UP, digest, now) == (STEPPED_UP, current)


@pytest.mark.parametrize(
    ("row", "digest", "now", "reason"),
    [
        (None, NOW_HASH, 0, Reason.UNKNOWN),
        (STEPPED_UP, OTHER_HASH, 0, Reason.UNKNOWN),
        (STEPPED_UP, b"", 0, Reason.UNKNOWN),
        (STEPPED_UP, NOW_HASH[:-1], 0, Reason.UNKNOWN),
        (STEPPED_UP, BEFORE_HASH, 2060, Reason.SUPERSEDED),
        (session(secret_hash=NOW_HASH), BEFORE_HASH, 0, Reason.UNKNOWN),
        # whoever knows only a sid is not told that its session was ended
        (session(secret_hash=NOW_HASH, revoked_at=1), OTHER_HASH, 0, Reason.UNKNOWN),
    ],
)
def test_any_other_secret_is_refused(row: Any, digest: bytes, now: int, reason: Reason) -> None:
    assert reason_of(check_secret, row, digest, now) is reason


def test_a_step_up_gives_a_new_secret_new_factors_and_a_minute_for_the_old() -> None:
    row = session(
        secret_hash=BEFORE_HASH, amr=("pwd",), generation=7, branch=3, parent_branch=2, ver=4
    )
    new = elevated(row, NOW_HASH, ("otp", "pwd"), 2000, SETTINGS)
    assert (new.secret_hash, new.previous_secret_hash) == (NOW_HASH, BEFORE_HASH)
    assert (new.previous_until, new.previous_authenticated_at) == (2060, 1000)
    assert (new.authenticated_at, new.amr, new.ver) == (2000, ("pwd", "otp"), 5)
    assert (new.generation, new.branch, new.parent_branch, new.rotated_at) == (0, 0, 0, 2000)
    assert (new.seen_at, new.ends_at, new.expires_at) == (2000, 6000, 9000)


def test_a_place_is_the_secret_and_where_the_refresh_token_stands() -> None:
    assert place(ROW) == (ROW.secret_hash, 5, 2)


# --- permission -----------------------------------------------------------------------------------

EDITOR = Principal(
    subject="ann",
    sid="s",
    mode="session",
    roles=frozenset({"editor"}),
    scopes=frozenset({"posts:write"}),
    amr=("pwd",),
    authenticated_at=1000,
)


@pytest.mark.parametrize(
    ("needs", "now", "reason"),
    [
        ({}, 10**9, None),
        ({"role": "editor"}, 1000, None),
        ({"role": "edit"}, 1000, Reason.INSUFFICIENT_ROLE),
        ({"role": ""}, 1000, Reason.INSUFFICIENT_ROLE),
        ({"role": "posts:write"}, 1000, Reason.INSUFFICIENT_ROLE),
        ({"any_role": frozenset({"admin", "editor"})}, 1000, None),
        ({"any_role": frozenset({"admin", "edit"})}, 1000, Reason.INSUFFICIENT_ROLE),
        ({"any_role": frozenset()}, 1000, Reason.INSUFFICIENT_ROLE),
        ({"scope": "posts:write"}, 1000, None),
        ({"scope": "editor"}, 1000, Reason.INSUFFICIENT_SCOPE),
        ({"fresh": 300}, 1300, None),
        ({"fresh": 300}, 1301, Reason.STEP_UP_REQUIRED),
        ({"fresh": 0}, 1000, None),
        ({"fresh": 0}, 1001, Reason.STEP_UP_REQUIRED),
        ({"role": "admin", "scope": "none", "fresh": 0}, 1001, Reason.INSUFFICIENT_ROLE),
        ({"verified": True}, 1000, Reason.UNVERIFIED),
        ({"factor": "password"}, 1000, None),
        ({"factor": "passkey"}, 1000, Reason.STEP_UP_REQUIRED),
        ({"factor": "mfa", "fresh": 300}, 1000, Reason.STEP_UP_REQUIRED),
    ],
)
def test_a_principal_has_what_is_needed_or_is_told_what_lacks(
    needs: dict[str, Any], now: int, reason: Reason | None
) -> None:
    whole = {"role": None, "scope": None, "fresh": None, **needs}
    if reason is None:
        check_permission(EDITOR, now, **whole)  # raises nothing
    else:
        assert reason_of(check_permission, EDITOR, now, **whole) is reason


def test_a_step_up_that_is_needed_says_how_recent_a_proof_must_be() -> None:
    assert needs_step_up(1000, 300, 1301)
    with pytest.raises(Rejected) as refused:
        check_permission(EDITOR, 2000, role=None, scope=None, fresh=300)
    assert refused.value.max_age == 300


def test_a_principal_has_the_rows_roles_and_its_own_proof() -> None:
    row = session(roles=frozenset({"r"}), scopes=frozenset({"s"}), amr=("pwd", "otp"))
    assert principal_of(row, "token", 77, ("pwd",)) == Principal(
        subject="ann",
        sid=row.sid,
        mode="token",
        roles=frozenset({"r"}),
        scopes=frozenset({"s"}),
        amr=("pwd",),
        authenticated_at=77,
    )


# --- what an application hands in -----------------------------------------------------------------


def test_names_of_roles_become_a_set_and_no_names_are_none() -> None:
    assert checked_names(None) is None
    assert checked_names([]) == frozenset()
    assert checked_names(["b", "a", "a"]) == frozenset({"a", "b"})


@pytest.mark.parametrize(
    "names",
    ["admin", ["two words"], [""], ["tab\t"], ["no-break\u00a0space"], ["\ud800"], ["line\nbreak"]],
)
def test_a_name_that_would_not_survive_a_list_with_spaces_is_refused(names: Any) -> None:
    with pytest.raises(ValueError, match="name"):
        checked_names(names)


@pytest.mark.parametrize(
    ("letter", "escaped"), [("x", 1), ('"', 2), ("\\", 2), ("é", 6), ("✓", 6), ("😀", 12)]
)
def test_names_are_measured_as_they_will_stand_in_a_token(letter: str, escaped: int) -> None:
    fits = (MAX_ROLE_BYTES - 4) // escaped
    assert checked_names([letter * fits]) == frozenset({letter * fits})
    with pytest.raises(ValueError, match="bytes"):
        checked_names([letter * (fits + 1)])


def test_attributes_are_copied_and_must_be_small() -> None:
    given: dict[str, str | int | bool] = {"theme": "dark", "beta": True, "visits": 3}
    kept = checked_attributes(given)
    assert kept == given
    assert kept is not given
    with pytest.raises(ValueError, match="bytes"):
        checked_attributes({"note": "x" * MAX_ATTRIBUTE_BYTES})


@pytest.mark.parametrize("value", [1.5, None, b"raw", ["list"], {"a": 1}])
def test_an_attribute_that_is_no_plain_value_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="attributes"):
        checked_attributes({"note": value})
