"""The API for administrators: theirs alone, and it does what it says in live sessions."""

import asyncio
import re
from itertools import count, cycle

import httpx2
import pytest
from fastapi.routing import APIRoute

from doorward.server.app import DECLARED
from doorward.server.audit.history import Query
from doorward.server.routes.access import AdminRoute, ConsoleRoute
from doorward.settings import MINUTE
from tests.server.desk import ADMIN, CUSTOMER, Desk, desk_of, person
from tests.server.house import ORIGIN, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio

NUMBERS = count(1)
MODES = ("session", "token")
BODIES = {
    ("PUT", "/api/admin/users/{subject}/roles"): {"roles": ["editor"]},
    ("POST", "/api/admin/users"): {"email": "new@example.test"},
    ("PATCH", "/api/admin/users/{subject}"): {"email": "other@example.test"},
    ("PATCH", "/api/passkeys/{id}"): {"name": "x"},
    ("POST", "/api/admin/applications"): {"name": "x"},
    ("PATCH", "/api/admin/applications/{client_id}"): {"name": "x"},
    ("POST", "/api/admin/applications/{client_id}/secret"): {},
    ("POST", "/api/admin/scopes"): {"name": "a", "resource": "https://a.example", "sentence": "A."},
}


@pytest.fixture
async def desk(either: House) -> Desk:
    return await desk_of(either)


@pytest.fixture(scope="module")
async def quiets(shared: Opened) -> dict[str, Desk]:
    return {mode: await desk_of(await shared(mode=mode, provider=True)) for mode in MODES}


@pytest.fixture(params=MODES)
def quiet(request: pytest.FixtureRequest, quiets: dict[str, Desk]) -> Desk:
    """A desk in each mode at which whatever is asked is refused."""
    return quiets[request.param]


@pytest.fixture(scope="module")
async def late_ones(shared: Opened) -> dict[str, Desk]:
    found = {mode: await desk_of(await shared(mode=mode, provider=True)) for mode in MODES}
    for desk in found.values():
        desk.house.clock.advance(5 * MINUTE + 1)
    return found


@pytest.fixture(params=MODES)
def late(request: pytest.FixtureRequest, late_ones: dict[str, Desk]) -> Desk:
    """The same, when the login of the administrator is too long ago to act on it."""
    return late_ones[request.param]


async def test_a_lock_ends_everything_of_one_person_and_nobody_else_notices(desk: Desk) -> None:
    other, _ = await person(desk.house, "third@example.test")
    phone = await desk.house.client()
    tokens = (await login(phone, email=CUSTOMER, transport="bearer")).json()
    answer = await desk.admin.post(f"/api/admin/users/{desk.carol}/lock")
    assert answer.status_code == 200
    assert answer.json()["sessions_ended"] == 2
    assert answer.json()["locked_at"] == desk.house.clock()
    assert (await desk.customer.get("/api/me")).status_code == 401
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await phone.get("/api/me", headers=bearer)).status_code == 401
    if "refresh_token" in tokens:
        body = {"refresh_token": tokens["refresh_token"]}
        assert (await phone.post("/api/refresh", json=body)).status_code == 401
    assert (await login(phone, email=CUSTOMER)).status_code == 401
    assert (await other.get("/api/me")).status_code == 200
    assert {"locked", "revoked", "login_failed"} <= set(await desk.kinds(desk.carol))
    again = await desk.admin.post(f"/api/admin/users/{desk.carol}/unlock")
    assert again.json()["locked_at"] is None
    assert (await login(phone, email=CUSTOMER)).status_code == 200


async def test_a_role_that_is_taken_away_is_gone_at_the_next_request_and_nobody_is_logged_out(
    desk: Desk,
) -> None:
    second, subject = await person(desk.house, "second@example.test", "admin")
    assert (await second.get("/api/admin/online")).status_code == 200
    answer = await desk.admin.put(f"/api/admin/users/{subject}/roles", json={"roles": ["editor"]})
    assert answer.json()["sessions_changed"] == 1
    assert answer.json()["roles"] == ["editor"]
    refused = await second.get("/api/admin/online")
    assert (refused.status_code, refused.json()["reason"]) == (403, "insufficient_role")
    assert (await second.get("/api/me")).json()["roles"] == ["editor"]


async def test_one_session_and_all_sessions_are_ended_and_counted(desk: Desk) -> None:
    phone = await desk.house.browser()
    await login(phone, email=CUSTOMER)
    details = (await desk.admin.get(f"/api/admin/users/{desk.carol}")).json()
    assert len(details["sessions"]) == 2
    sid = (await phone.get("/api/me")).json()["sid"]
    assert (await desk.admin.delete(f"/api/admin/sessions/{sid}")).json() == {"sessions_ended": 1}
    assert (await desk.admin.delete(f"/api/admin/sessions/{sid}")).status_code == 404
    assert (await phone.get("/api/me")).status_code == 401
    assert (await desk.customer.get("/api/me")).status_code == 200
    ended = await desk.admin.delete(f"/api/admin/users/{desk.carol}/sessions")
    assert ended.json() == {"sessions_ended": 1}
    assert (await desk.customer.get("/api/me")).status_code == 401


async def test_everybody_is_logged_out_but_the_administrator_who_did_it(desk: Desk) -> None:
    phone = await desk.house.browser()
    await login(phone, email=ADMIN)
    answer = await desk.admin.delete("/api/admin/sessions")
    assert (answer.status_code, answer.json()) == (200, {"sessions_ended": 2})
    assert (await desk.customer.get("/api/me")).status_code == 401
    assert (await phone.get("/api/me")).status_code == 401
    assert (await desk.admin.get("/api/me")).status_code == 200
    (whole,) = await desk.house.service.history.page(Query(kind="all_revoked"))
    assert (whole.entry.actor, whole.entry.address) == (desk.root, "198.51.100.7")
    assert whole.entry.detail == {"sessions": 2, "people": 2}
    (carols,) = await desk.house.service.history.page(Query(kind="revoked", person=desk.carol))
    assert (carols.entry.actor, carols.entry.subject) == (desk.root, desk.carol)
    assert (await login(desk.customer, email=CUSTOMER)).status_code == 200
    assert (await desk.admin.delete("/api/admin/sessions")).json() == {"sessions_ended": 1}


@pytest.mark.parametrize(
    "either", ["token", pytest.param("session", marks=pytest.mark.soak)], indirect=True
)
async def test_who_is_online_is_listed_and_searched_page_by_page(desk: Desk) -> None:
    for _ in range(60):
        desk.house.clock.advance(1)
        await login(await desk.house.client(), email=CUSTOMER, transport="bearer")
    await desk.admin.post("/api/elevate", json={"password": PASSWORD})
    first = (await desk.admin.get("/api/admin/online")).json()
    rest = (await desk.admin.get("/api/admin/online", params={"after": first["after"]})).json()
    sids = [row["sid"] for row in first["sessions"] + rest["sessions"]]
    assert (len(first["sessions"]), len(sids), len(set(sids))) == (50, 62, 62)
    assert rest["after"] is None
    assert {row["email"] for row in first["sessions"][2:]} == {CUSTOMER}
    found = (await desk.admin.get("/api/admin/online", params={"query": "ROOT@"})).json()
    assert [row["email"] for row in found["sessions"]] == [ADMIN]
    searched = await desk.admin.get("/api/admin/online", params={"query": "carol"})
    more = {"query": "carol", "after": searched.json()["after"]}
    last = (await desk.admin.get("/api/admin/online", params=more)).json()
    assert len(last["sessions"]) == 11


async def test_users_are_listed_and_searched_page_by_page(desk: Desk) -> None:
    for n in range(60):
        await desk.house.service.users.create(f"u{n:02}@example.test", None, at=1)
    first = (await desk.admin.get("/api/admin/users")).json()
    rest = (await desk.admin.get("/api/admin/users", params={"after": first["after"]})).json()
    assert len(first["users"]) == 50
    assert len(rest["users"]) == 12
    assert rest["after"] is None
    found = (await desk.admin.get("/api/admin/users", params={"query": "%_"})).json()
    assert found["users"] == []
    one = (await desk.admin.get("/api/admin/users", params={"query": desk.carol})).json()
    assert [user["email"] for user in one["users"]] == [CUSTOMER]
    assert "password_hash" not in one["users"][0]


async def test_a_reset_link_is_made_but_no_password_is_seen_or_chosen(desk: Desk) -> None:
    at = f"/api/admin/users/{desk.carol}"
    refused = [
        await desk.admin.post(f"{at}/lock", json={"password": "mine"}),
        await desk.admin.post(f"{at}/reset-link", json={"password": "mine"}),
        await desk.admin.put(f"{at}/roles", json={"roles": [], "password": "mine"}),
    ]
    assert [each.status_code for each in refused] == [400, 400, 400]
    user = await desk.house.service.users.by_subject(desk.carol)
    assert user is not None
    assert user.locked_at is None
    answer = (await desk.admin.post(f"{at}/reset-link")).json()
    assert answer["expires_at"] == desk.house.clock() + 3600
    assert answer["reset_link"].startswith("https://testserver/reset?ticket=")
    entries = await desk.house.service.history.page(Query(kind="reset_link_made"))
    assert "ticket" not in repr(entries)


async def test_what_happened_is_told_filtered_and_exported(desk: Desk) -> None:
    await login(await desk.house.client(), "wrong", email=CUSTOMER)
    await desk.admin.post(f"/api/admin/users/{desk.carol}/lock")

    async def asked(**params: str) -> list[tuple[str, str]]:
        answer = await desk.admin.get("/api/admin/history", params=params)
        return [(each["kind"], each["actor"]) for each in answer.json()["entries"]]

    assert await asked(person=CUSTOMER, kind="locked") == [("locked", desk.root)]
    assert await asked(person=desk.carol, kind="login_failed") == [("login_failed", "")]
    assert await asked(address="203.0.113.9") == []
    assert len(await asked(address="::ffff:198.51.100.7")) > 4
    assert await asked(until=str(desk.house.clock())) == []
    assert len(await asked(since="2020-01-01")) > 4
    bad = await desk.admin.get("/api/admin/history", params={"since": "yesterday"})
    assert bad.status_code == 400
    lines = await desk.admin.get("/api/admin/history?format=jsonl&kind=locked")
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert lines.text.count("\n") == 1
    table = await desk.admin.get("/api/admin/history?format=csv")
    assert table.text.startswith("seq,at,kind,actor,")
    assert "attachment" in table.headers["content-disposition"]
    assert (await desk.admin.get("/api/admin/history?format=xls")).status_code == 400


@pytest.mark.parametrize(("field", "said"), [("since", "banana"), ("until", "2026-13-01")])
async def test_what_is_no_time_is_said_beside_its_field_on_the_page_and_answered_with_400(
    quiet: Desk, field: str, said: str
) -> None:
    asked = {field: said, "kind": "login"}
    answer = await quiet.admin.get("/api/admin/history", params=asked)
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid_request")
    page = await quiet.admin.get("/admin/history", params=asked)
    assert page.status_code == 400
    for each in (answer, page):
        assert "A time is like 2026-11-23" in each.text
    assert f'id="{field}-error"' in page.text
    assert '<details class="card filter" open>' in page.text
    assert '<option value="login" selected>Logged in</option>' in page.text


@pytest.mark.parametrize(
    ("field", "said", "sentence"),
    [
        ("kind", "foo", "The history has no such kind of entry"),
        ("kind", "refreshed", "The history has no such kind of entry"),
        ("address", "300.1.1.1", "An address is one whole address"),
        ("address", "198.51.100.0/24", "An address is one whole address"),
        ("address", "198.51", "An address is one whole address"),
    ],
)
async def test_what_the_history_cannot_hold_is_said_beside_its_field_and_answered_with_400(
    quiet: Desk, field: str, said: str, sentence: str
) -> None:
    answer = await quiet.admin.get("/api/admin/history", params={field: said})
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid_request")
    page = await quiet.admin.get("/admin/history", params={field: said})
    assert page.status_code == 400
    for each in (answer, page):
        assert sentence in each.text
    assert f'id="{field}-error"' in page.text
    assert f'aria-describedby="{field}-error" aria-invalid="true" autofocus' in page.text
    assert f'value="{said}"' in page.text
    assert "Nothing was found." not in page.text


async def test_keys_are_shown_rotated_and_withdrawn(opened: Opened) -> None:
    desk = await desk_of(await opened(mode="token"))
    keys = (await desk.admin.get("/api/admin/keys")).json()["keys"]
    assert [key["state"] for key in keys] == ["signing", "waiting"]
    signing, waiting = (key["kid"] for key in keys)
    rotated = (await desk.admin.post("/api/admin/keys/rotate")).json()
    assert rotated == {"kid": waiting, "signs_from": desk.house.clock() + 3600}
    answer = (await desk.admin.post(f"/api/admin/keys/{signing}/compromise")).json()
    assert signing in answer["withdrawn"]
    assert answer["signing"] not in (signing, waiting)
    assert (await desk.customer.get("/api/me")).status_code == 200
    assert (await desk.admin.post("/api/admin/keys/none/compromise")).status_code == 404


async def test_in_session_mode_there_is_no_key_to_rotate(opened: Opened) -> None:
    desk = await desk_of(await opened())
    assert (await desk.admin.get("/api/admin/keys")).json() == {"keys": []}
    assert (await desk.admin.post("/api/admin/keys/rotate")).status_code == 404


# --- who may, and who may not ---------------------------------------------------------------------


def guarded() -> list[APIRoute]:
    everywhere = [
        route
        for router in DECLARED.routers
        for route in router.routes
        if isinstance(route, APIRoute)
    ]
    return [route for route in everywhere if re.match(r"(/api)?/admin\b", route.path)]


def routes() -> list[tuple[str, str]]:
    """Every route of the console and its API."""
    return [
        (method, route.path.replace(":path}", "}"))
        for route in guarded()
        for method in sorted(route.methods or ())
    ]


def acts() -> list[tuple[str, str]]:
    """Those that change something."""
    return [(method, path) for method, path in routes() if method not in ("GET", "HEAD")]


def in_turn(desk: str, some: list[tuple[str, str]]) -> pytest.MarkDecorator:
    """Each of these routes at this desk in one mode, and under soak in the other.  All are guarded
    by one of two classes, and in each mode there are some of either class and of every method."""
    ordered = sorted(some, key=lambda route: (route[1].startswith("/api/"), route))
    rows = [
        pytest.param(mode, *route, marks=() if mode == first else pytest.mark.soak)
        for route, first in zip(ordered, cycle(MODES))
        for mode in MODES
    ]
    return pytest.mark.parametrize((desk, "method", "path"), rows, indirect=[desk])


def test_every_route_for_administrators_is_of_the_kind_that_asks_who_comes() -> None:
    assert len(guarded()) > 20
    for route in guarded():
        expected = AdminRoute if route.path.startswith("/api/") else ConsoleRoute
        assert type(route) is expected, route.path


async def ask(
    client: httpx2.AsyncClient, method: str, path: str, subject: str, **headers: str
) -> httpx2.Response:
    address = path.format(subject=subject, sid="A" * 22, kid="k", name="lock", client_id="c_0")
    json = BODIES.get((method, path)) if path.startswith("/api/") else None
    return await client.request(method, address, json=json, headers=headers)


@in_turn("quiet", routes())
async def test_a_route_for_administrators_refuses_everybody_else(
    quiet: Desk, method: str, path: str
) -> None:
    nobody = await quiet.house.browser()
    number = next(NUMBERS)  # another source each time: refusals of one source are sampled
    former, subject = await person(
        quiet.house, f"{number}@example.test", "admin", address=f"2001:db8:{number:x}::1"
    )
    await quiet.admin.put(f"/api/admin/users/{subject}/roles", json={"roles": []})
    page = not path.startswith("/api/")
    for client, expected in ((nobody, 303 if page else 401), (quiet.customer, 403), (former, 403)):
        there = await ask(client, method, path, quiet.carol)
        absent = await ask(client, method, path, "u_nobody")
        assert there.status_code == expected
        assert there.status_code == absent.status_code
        if not page:
            assert there.content == absent.content
        if expected == 303:
            assert there.headers["location"].startswith("/login?")
    found = await quiet.house.service.history.page(Query(kind="denied", person=subject))
    assert [each.entry.outcome for each in found] == ["insufficient_role"] * 2
    user = await quiet.house.service.users.by_subject(quiet.carol)
    assert user is not None
    assert (user.locked_at, user.roles) == (None, frozenset())


@in_turn("quiet", acts())
async def test_no_act_is_done_from_a_page_of_another_login(
    quiet: Desk, method: str, path: str
) -> None:
    token = (await quiet.customer.get("/api/me")).json()["csrf_token"]
    answer = await ask(quiet.admin, method, path, quiet.carol, **{"x-csrf-token": token})
    assert answer.status_code == 403
    assert "belongs to another login" in answer.text
    assert (await quiet.customer.get("/api/me")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("//admin", "/admin/", "/admin/.", "/./admin", "/x/../admin", "/%61dmin", "/%2561dmin"),
        *("/ADMIN", "/admin;x", "/admin%00", "/admin%2fusers", "/admin/users/", "/admin.json"),
        *("//api/admin/users", "/api//admin/users", "/api/admin/users/", "/api/admin/users;a=b"),
        *("/api/x/../admin/users", "/api/admin/./users", "/API/admin/users", "/api/%61dmin/users"),
    ],
)
async def test_no_spelling_of_an_address_leads_past_who_may_see_it(quiet: Desk, path: str) -> None:
    stranger = await quiet.house.browser()
    overrides = {"x-http-method-override": "GET", "x-original-url": "/admin", "x-rewrite-url": path}
    for client in (stranger, quiet.customer):
        for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
            answer = await client.request(method, f"{ORIGIN}{path}", headers=overrides)
            assert answer.status_code in (303, 400, 401, 403, 404, 405), (method, path)
            assert ADMIN not in answer.text


@in_turn("late", acts())
async def test_an_act_needs_a_recent_proof(late: Desk, method: str, path: str) -> None:
    answer = await ask(late.admin, method, path, late.carol)
    if path.startswith("/api/"):
        assert (answer.status_code, answer.json()["reason"]) == (401, "step_up_required")
        assert "max_age=300" in answer.headers["www-authenticate"]
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/elevate?return_to=%2Fadmin%2F")
    assert (await late.admin.get("/api/admin/users")).status_code == 200
    user = await late.house.service.users.by_subject(late.carol)
    assert user is not None
    assert user.locked_at is None
    assert (await late.customer.get("/api/me")).status_code == 200


@in_turn("quiet", acts())
async def test_no_other_site_acts_by_an_administrators_cookie(
    quiet: Desk, method: str, path: str
) -> None:
    foreign = {"sec-fetch-site": "cross-site"}
    answer = await ask(quiet.admin, method, path, quiet.carol, **foreign)
    assert answer.status_code == 403
    assert "cross_origin" in answer.text or "This form was not sent from" in answer.text
    user = await quiet.house.service.users.by_subject(quiet.carol)
    assert user is not None
    assert (user.locked_at, user.roles) == (None, frozenset())
    assert (await quiet.customer.get("/api/me")).status_code == 200


# --- the last administrator -----------------------------------------------------------------------


async def test_the_last_administrator_cannot_be_locked_or_demoted(desk: Desk) -> None:
    refused = [
        await desk.admin.post(f"/api/admin/users/{desk.root}/lock"),
        await desk.admin.put(f"/api/admin/users/{desk.root}/roles", json={"roles": ["editor"]}),
    ]
    assert [(each.status_code, each.json()["reason"]) for each in refused] == [
        (409, "last_admin"),
        (409, "last_admin"),
    ]
    more = {"roles": ["admin", "editor"]}
    answer = await desk.admin.put(f"/api/admin/users/{desk.root}/roles", json=more)
    assert answer.json()["roles"] == ["admin", "editor"]


async def test_a_locked_administrator_or_a_role_of_a_similar_name_does_not_count(
    desk: Desk,
) -> None:
    users = desk.house.service.users
    for n, role in enumerate(("Admin", "admin2", "sub/admin")):
        await users.create(f"x{n}@example.test", None, frozenset({role}), at=1)
    locked = await users.create("locked@example.test", None, frozenset({"admin"}), at=1)
    await users.lock(locked.subject, at=1)
    answer = await desk.admin.post(f"/api/admin/users/{desk.root}/lock")
    assert (answer.status_code, answer.json()["reason"]) == (409, "last_admin")


@pytest.mark.parametrize("act", ["roles", "lock"])
async def test_of_two_administrators_who_take_each_other_away_at_once_one_stays(
    desk: Desk, act: str
) -> None:
    other, subject = await person(desk.house, "other@example.test", "admin")

    async def take(client: httpx2.AsyncClient, whom: str) -> int:
        at = f"/api/admin/users/{whom}/{act}"
        if act == "lock":
            return (await client.post(at)).status_code
        return (await client.put(at, json={"roles": []})).status_code

    for _ in range(5):
        statuses = await asyncio.gather(take(desk.admin, subject), take(other, desk.root))
        assert await desk.house.service.users.any_admin(), statuses
        assert min(statuses) == 200
        for whom, client, email in (
            (subject, other, "other@example.test"),
            (desk.root, desk.admin, ADMIN),
        ):
            await desk.house.service.users.set_roles(whom, frozenset({"admin"}))
            user = await desk.house.service.users.by_subject(whom)
            assert user is not None
            await desk.house.service.users.settle(whom, user.decided)
            await desk.house.service.users.unlock(whom)
            assert (await login(client, email=email)).status_code == 200
