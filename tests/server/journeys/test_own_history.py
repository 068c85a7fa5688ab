"""What a person reads of their own history, and what stays out of it."""

import re

import pytest

from tests.server.desk import CUSTOMER, Desk, desk_of
from tests.server.house import PASSWORD, House, login

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(either: House) -> Desk:
    return await desk_of(either)


async def test_a_person_sees_their_own_history_and_not_who_acted_or_from_where(desk: Desk) -> None:
    await desk.admin.put(f"/api/admin/users/{desk.carol}/roles", json={"roles": ["editor"]})
    answer = await desk.customer.get("/api/history")
    entries = answer.json()["entries"]
    assert [each["kind"] for each in entries[:2]] == ["roles_set", "changed"]
    assert {each["by"] for each in entries[:2]} == {"administrator"}
    assert {(each["address"], each["device"]) for each in entries[:2]} == {("", "")}
    assert entries[-1]["by"] == "you"
    assert desk.root not in answer.text
    assert "root@" not in answer.text


async def test_the_page_of_a_persons_history_hides_where_an_administrator_was(desk: Desk) -> None:
    agent = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}
    await desk.admin.post(
        f"/admin/users/{desk.carol}/roles", data={"roles": "editor"}, headers=agent
    )
    assert "Firefox" in (await desk.admin.get("/admin/history")).text
    page = (await desk.customer.get("/account/history")).text
    assert "Roles set" in page
    assert "an administrator" in page
    assert "Firefox" not in page
    assert "root@" not in page


@pytest.mark.parametrize(
    "either", ["session", pytest.param("token", marks=pytest.mark.soak)], indirect=True
)
async def test_a_person_reads_all_of_their_own_history_page_by_page(desk: Desk) -> None:
    email = "dora@example.test"
    dora, phone = await desk.house.browser(), await desk.house.client()
    await dora.post("/api/signup", json={"email": email, "password": PASSWORD})
    await login(dora, email=email)
    for _ in range(55):
        await login(phone, email=email, transport="bearer")
    account = await dora.get("/account")
    assert 'href="/account/history"' in account.text
    first = await dora.get("/account/history")
    older = re.search(r'href="(/account/history\?after=[^"]+)"', first.text)
    assert older is not None
    rest = await dora.get(older[1])
    assert first.text.count('<th scope="row"') == 50
    assert "Account made" in rest.text
    stranger = await (await desk.house.browser()).get("/account/history")
    assert stranger.headers["location"].startswith("/login?return_to=")


async def test_what_an_administrator_did_to_others_is_no_part_of_their_own_history(
    desk: Desk,
) -> None:
    await desk.admin.post(f"/api/admin/users/{desk.carol}/lock")
    await desk.admin.delete("/api/sessions/s_of_somebody_else")
    entries = (await desk.admin.get("/api/history")).json()["entries"]
    assert [(each["kind"], each["by"]) for each in entries[:1]] == [("denied", "you")]
    assert {"locked", "revoked"}.isdisjoint(each["kind"] for each in entries)
    page = (await desk.admin.get("/account/history")).text
    assert "Tried what is not allowed" in page
    assert "Account locked" not in page
    assert "Sessions ended" not in page


async def test_a_person_reads_in_words_why_something_was_refused(desk: Desk) -> None:
    await login(await desk.house.client(), "wrong", email=CUSTOMER)
    form = {"current": "wrong", "new": "another passphrase"}
    await desk.customer.post("/account/password", data=form)
    page = (await desk.customer.get("/account/history")).text
    rows = re.findall(
        r'<th scope="row"[^>]*>([^<]*)<(?:(?!</tr>).)*class="fault"[^>]*>([^<]*)<', page, re.DOTALL
    )
    assert ("Login failed", "wrong address or password") in rows
    assert ("Wrong password", "refused") in rows
    assert not {"invalid_credentials", "wrong_password"} & set(re.findall(r"\w+", page))
