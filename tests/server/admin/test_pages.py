"""The console's pages: they ask before an act, and lead on after it."""

import pytest

from doorward.server.admin.users.acts import ACTIONS
from doorward.settings import MINUTE
from tests.server.desk import CUSTOMER, Desk, desk_of, person
from tests.server.house import PASSWORD, House, Opened

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(either: House) -> Desk:
    return await desk_of(either)


@pytest.mark.parametrize(
    "page",
    [
        *(f"users/{{carol}}/{name}" for name in ACTIONS),
        "sessions/end-all",
        "sessions/{sid}/end",
        "keys/rotate",
        "keys/k/compromise",
        "users/u_nobody/lock",
        "sessions/nobodys/end",
    ],
)
async def test_every_page_that_asks_about_an_act_needs_a_recent_proof(
    desk: Desk, page: str
) -> None:
    sid = (await desk.customer.get("/api/me")).json()["sid"]
    desk.house.clock.advance(5 * MINUTE + 1)
    led = await desk.admin.get(f"/admin/{page.format(carol=desk.carol, sid=sid)}")
    assert led.status_code == 303
    assert led.headers["location"].startswith("/elevate?return_to=%2Fadmin%2F")


async def test_a_page_that_asks_about_an_act_leads_to_the_proof_first_and_back(desk: Desk) -> None:
    desk.house.clock.advance(5 * MINUTE + 1)
    page = f"/admin/users/{desk.carol}/lock"
    led = await desk.admin.get(page)
    assert led.headers["location"] == f"/elevate?return_to={page.replace('/', '%2F')}"
    form = {"password": PASSWORD, "return_to": page}
    back = await desk.admin.post("/elevate", data=form)
    assert (back.status_code, back.headers["location"]) == (303, page)
    shown = await desk.admin.get(page)
    assert f"Lock {CUSTOMER}?" in shown.text
    assert (await desk.customer.get("/api/me")).status_code == 200


async def test_the_page_that_logs_everybody_out_asks_first_and_says_what_it_did(desk: Desk) -> None:
    page = "/admin/sessions/end-all"
    assert f'href="{page}"' in (await desk.admin.get("/admin")).text
    asked = await desk.admin.get(page)
    assert '<button class="button harm">End everybody&#39;s sessions</button>' in asked.text
    assert (await desk.customer.get("/api/me")).status_code == 200
    done = await desk.admin.post(page)
    assert (done.status_code, done.headers["location"]) == (303, "/admin")
    shown = (await desk.admin.get("/admin")).text
    assert "Everybody is logged out: 1 session ended. You are still logged in." in shown
    assert "Everybody is logged out" not in (await desk.admin.get("/admin")).text
    told = (await desk.admin.get("/admin/history?kind=all_revoked")).text
    assert "1 person" in told
    assert "people:" not in told
    assert (await desk.customer.get("/api/me")).status_code == 401
    assert (await desk.admin.get("/api/me")).status_code == 200


async def test_the_menu_of_the_console_stands_wherever_an_act_leads(desk: Desk) -> None:
    menu = '<nav class="console" id="menu" aria-label="Console" popover>'
    at = f"/admin/users/{desk.carol}"
    shown = [
        await desk.admin.get(f"{at}/lock"),
        await desk.admin.get("/elevate"),
        await desk.admin.post(f"{at}/reset-link"),
    ]
    assert all(menu in each.text for each in shown)
    customer, _ = await person(desk.house, "plain@example.test")
    assert menu not in (await customer.get("/elevate")).text


async def test_a_page_says_in_plain_words_that_an_account_may_not_do_this(desk: Desk) -> None:
    page = await desk.customer.get("/admin", headers={"accept": "text/html"})
    assert page.status_code == 403
    assert "Your account may not do this." in page.text
    assert "principal" not in page.text
    answer = (await desk.customer.get("/api/admin/users")).json()
    assert answer["detail"] == "This needs a role that the account does not have."


@pytest.mark.parametrize(
    ("path", "form", "back", "told"),
    [
        (
            "users/{carol}/lock",
            {},
            "users/{carol}",
            "nobody can log in with this account. 1 session",
        ),
        ("users/{carol}/unlock", {}, "users/{carol}", "this person can log in again."),
        ("users/{carol}/end-all", {}, "users/{carol}", "Logged out everywhere: 1 session ended."),
        ("users/{carol}/roles", {"roles": "a b"}, "users/{carol}", "Roles set: 1 session changed"),
        ("sessions/{sid}/end", {}, "users/{carol}", "1 session ended."),
    ],
)
async def test_an_act_leads_back_to_where_it_began_and_says_what_it_did(
    desk: Desk, path: str, form: dict[str, str], back: str, told: str
) -> None:
    sid = (await desk.customer.get("/api/me")).json()["sid"]
    done = await desk.admin.post(f"/admin/{path.format(carol=desk.carol, sid=sid)}", data=form)
    page = f"/admin/{back.format(carol=desk.carol)}"
    assert (done.status_code, done.headers["location"]) == (303, page)
    assert told in (await desk.admin.get(page)).text
    assert told not in (await desk.admin.get(page)).text


async def test_an_act_on_the_keys_leads_back_to_them(opened: Opened) -> None:
    desk = await desk_of(await opened(mode="token"))
    (kid, *_) = [key["kid"] for key in (await desk.admin.get("/api/admin/keys")).json()["keys"]]
    for path, told in (
        ("keys/rotate", "the next key takes over within an hour."),
        (f"keys/{kid}/compromise", "nothing that this key signed is accepted any more."),
        (f"keys/{kid}/compromise", "This key was withdrawn before."),
    ):
        admin, _ = await person(
            desk.house, f"{path[-9:]}{told[:3]}@example.test".replace("/", ""), "admin"
        )
        done = await admin.post(f"/admin/{path}")
        assert (done.status_code, done.headers["location"]) == (303, "/admin/keys")
        assert told in (await admin.get("/admin/keys")).text


@pytest.mark.parametrize("until", ["0001-01-01", "0001-01-01T00:00:00%2B23:59", "0"])
async def test_a_history_that_ends_before_all_times_is_empty_and_no_failure(
    desk: Desk, until: str
) -> None:
    page = await desk.admin.get(f"/admin/history?until={until}")
    assert page.status_code == 200
    assert "Nothing was found." in page.text
