"""Administrators register applications and scopes, change them, and end what was allowed."""

import logging
import re

import httpx2
import pytest

from doorward import Rejected
from doorward.server.audit.history import Query
from doorward.settings import DAY, MINUTE
from tests.server.desk import Desk, desk_of
from tests.server.house import Opened
from tests.server.third_party import API, CALLBACK, READ, WRITE, Application, application, form_of

pytestmark = pytest.mark.anyio

HERE = "/api/admin/applications"
PHOTOS = {"name": "Photos", "redirect_uris": [CALLBACK], "scopes": [READ.name, WRITE.name]}
BOTH = f"{READ.name} {WRITE.name}"
NEW_SECRET = re.compile(r"dwc_[\w-]{43}")


@pytest.fixture
async def desk(opened: Opened) -> Desk:
    found = await desk_of(await opened(provider=True))
    for scope in (READ, WRITE):
        await found.house.service.provider.scopes.add(scope)
    return found


async def added(desk: Desk, **more: object) -> Application:
    answer = await desk.admin.post(HERE, json={**PHOTOS, **more})
    assert answer.status_code == 201, answer.text
    client = await desk.house.service.provider.clients.find(answer.json()["client_id"])
    assert client
    return Application(desk.house, client, answer.json()["client_secret"])


async def lives(desk: Desk, token: str) -> bool:
    try:
        await desk.house.service.provider.grants.authenticate(token, API)
    except Rejected:
        return False
    return True


async def sent(desk: Desk, path: str, **form: str) -> httpx2.Response:
    """The form of a page of the console, filled in."""
    page = await desk.admin.get(path)
    assert page.status_code == 200, (path, page.status_code)
    action = re.search(r'method="post" action="([^"]+)"', page.text)
    assert action
    address = action[1].replace("&amp;", "&")
    return await desk.admin.post(address, data={**form_of(page.text), **form})


async def kinds(desk: Desk) -> list[str]:
    found = await desk.house.service.history.page(Query(person=desk.root))
    told = [each.entry.kind for each in reversed(found)]
    return [kind for kind in told if kind not in ("login", "revoked")]


async def test_an_application_is_registered_and_its_secret_is_shown_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "doorward")
    answer = await desk.admin.post(HERE, json={**PHOTOS, "acts_for_itself": True})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    secret = said.pop("client_secret")
    assert NEW_SECRET.fullmatch(secret)
    assert said == {
        **PHOTOS,
        "client_id": said["client_id"],
        "kind": "confidential",
        "post_logout_uris": [],
        "resources": [API],
        "acts_for_itself": True,
        "pkce_exempt": False,
        "id_token_alg": None,
        "describes_itself": False,
        "created_at": desk.house.clock(),
        "old_secret_until": None,
        "disabled_at": None,
    }
    one = f"{HERE}/{said['client_id']}"
    assert (await desk.admin.get(HERE)).json() == {"applications": [said]}
    assert (await desk.admin.get(one)).json() == {**said, "grants": 0, "used_at": None}
    rotated = await desk.admin.post(f"{one}/secret", json={"overlap": 60})
    assert rotated.headers["cache-control"] == "no-store"
    assert rotated.json()["old_secret_until"] == desk.house.clock() + 60
    newer = rotated.json()["client_secret"]
    shown = [
        (await desk.admin.get(path)).text
        for path in (HERE, one, "/admin/applications", f"/admin/applications/{said['client_id']}")
    ]
    shown += [repr(await desk.house.service.history.page(Query())), caplog.text]
    shown += [(await desk.admin.patch(one, json={"name": "Prints"})).text]
    shown += [(await desk.admin.post(f"{one}/{act}")).text for act in ("disable", "enable")]
    for text in shown:
        assert secret not in text
        assert newer not in text
        assert "secret_hash" not in text
    assert await kinds(desk) == [
        *("client_added", "client_secret_rotated", "client_changed", "client_disabled"),
        "client_enabled",
    ]
    for body in (
        {**PHOTOS, "name": ""},
        {**PHOTOS, "redirect_uris": ["http://photos.example/"]},
        {**PHOTOS, "scopes": ["a\0", "\u202e"]},
        {**PHOTOS, "kind": "secret"},
        {**PHOTOS, "client_secret": "mine"},
    ):
        refused = await desk.admin.post(HERE, json=body)
        assert (refused.status_code, refused.json()["reason"]) == (400, "invalid_request"), body
    public = await added(desk, kind="public")
    assert public.secret is None
    for answer in (
        await desk.admin.post(f"{HERE}/{public.client.client_id}/secret", json={}),
        await desk.admin.post(f"{one}/secret", json={"overlap": -1}),
        await desk.admin.patch(one, json={"name": None}),
        await desk.admin.patch(one, json={"kind": "public"}),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (400, "invalid_request")


async def test_what_an_application_loses_ends_at_once(desk: Desk) -> None:
    app = await added(desk, scopes=["openid", READ.name, WRITE.name])
    one = f"{HERE}/{app.client.client_id}"
    reads = (await app.tokens(desk.customer, scope=READ.name))["access_token"]
    writes = (await app.tokens(desk.customer, scope=BOTH))["access_token"]
    assert (await desk.admin.get(one)).json()["grants"] == 2
    named = await desk.admin.patch(one, json={"name": "Prints"})
    assert (named.json()["grants_ended"], named.json()["name"]) == (0, "Prints")
    narrowed = await desk.admin.patch(one, json={"scopes": [READ.name]})
    assert (narrowed.status_code, narrowed.json()["grants_ended"]) == (200, 1)
    assert [await lives(desk, token) for token in (reads, writes)] == [True, False]
    (grant,) = (await desk.admin.get(f"{one}/grants")).json()["grants"]
    assert grant == {
        "sid": grant["sid"],
        "subject": desk.carol,
        "scopes": [READ.name],
        "resource": API,
        "created_at": desk.house.clock(),
        "seen_at": desk.house.clock(),
    }
    further = (await desk.admin.get(f"{one}/grants")).json()["after"]
    last = (await desk.admin.get(f"{one}/grants", params={"after": further})).json()
    assert last == {"grants": [], "after": None}
    disabled = await desk.admin.post(f"{one}/disable")
    assert disabled.json()["grants_ended"] == 1
    assert not await lives(desk, reads)
    assert (await app.authorize(desk.customer)).status_code == 400
    assert (await desk.admin.post(f"{one}/enable")).json()["disabled_at"] is None
    assert await lives(desk, (await app.tokens(desk.customer, scope=READ.name))["access_token"])
    for method, path in (
        *(("GET", ""), ("PATCH", ""), ("GET", "/grants")),
        *(("POST", "/disable"), ("POST", "/enable"), ("POST", "/secret")),
    ):
        body: dict[str, str] | None = {} if method == "PATCH" or path == "/secret" else None
        gone = await desk.admin.request(method, f"{HERE}/c_{'0' * 32}{path}", json=body)
        assert (gone.status_code, gone.json()["reason"]) == (404, "not_found"), path


async def test_access_to_one_person_is_seen_and_ended(desk: Desk) -> None:
    app, other = await added(desk), await added(desk, name="Prints")
    theirs = f"/api/admin/users/{desk.carol}/applications"
    user = f"/admin/users/{desk.carol}"
    assert (await desk.admin.get(theirs)).json() == {"applications": []}
    assert "No application has access" in (await desk.admin.get(user)).text
    token = (await app.tokens(desk.customer, scope=READ.name))["access_token"]
    kept = (await other.tokens(desk.customer, scope=READ.name))["access_token"]
    mine = (await app.tokens(desk.admin, scope=READ.name))["access_token"]
    client = app.client.client_id
    found = (await desk.admin.get(theirs)).json()["applications"]
    assert {
        "client_id": client,
        "name": "Photos",
        "scopes": [READ.name],
        "since": desk.house.clock(),
        "grants": 1,
        "used_at": desk.house.clock(),
    } in found
    assert len(found) == 2
    assert f'href="{user}/applications/{client}/end"' in (await desk.admin.get(user)).text
    ended = await desk.admin.delete(f"{theirs}/{client}")
    assert (ended.status_code, ended.json()) == (200, {"grants_ended": 1})
    assert [await lives(desk, each) for each in (token, kept, mine)] == [False, True, True]
    assert (await desk.customer.get("/api/me")).status_code == 200
    (row,) = await desk.house.service.history.page(Query(kind="consent_withdrawn"))
    assert (row.entry.actor, row.entry.subject) == (desk.root, desk.carol)
    assert (await desk.admin.delete(f"{theirs}/{client}")).status_code == 404
    assert (await desk.admin.get("/api/admin/users/u_no/applications")).status_code == 404
    assert (
        await desk.admin.delete(f"/api/admin/users/u_no/applications/{client}")
    ).status_code == 404
    page = f"{user}/applications/{other.client.client_id}/end"
    answer = await sent(desk, page)
    assert answer.headers["location"] == user
    assert not await lives(desk, kept)
    told = (await desk.admin.get(user)).text
    assert "Access ended: 1 grant ended." in told
    assert "No application has access" in told


async def test_scopes_are_added_and_removed(desk: Desk) -> None:
    here, mail = "/api/admin/scopes", {"name": "mail/read", "resource": API, "sentence": "Mail."}
    answer = await desk.admin.post(here, json=mail)
    assert (answer.status_code, answer.json()) == (201, mail)
    names = [each["name"] for each in (await desk.admin.get(here)).json()["scopes"]]
    assert names[3:] == ["mail/read", READ.name, WRITE.name]
    assert (await desk.admin.post(here, json=mail)).json()["reason"] == "invalid_request"
    await added(desk)
    used = await desk.admin.delete(here, params={"name": READ.name})
    assert used.status_code == 400
    assert "Photos may ask for photos:read" in used.json()["detail"]
    for name, status in (("mail/read", 200), ("mail/read", 404), ("a\0", 400), ("openid", 400)):
        assert (await desk.admin.delete(here, params={"name": name})).status_code == status, name
    assert (await desk.admin.delete(here)).status_code == 400
    answer = await sent(
        desk,
        "/admin/scopes/new",
        **mail,
    )
    assert answer.headers["location"] == "/admin/scopes"
    assert "Scope added." in (await desk.admin.get("/admin/scopes")).text
    wrong = await sent(desk, "/admin/scopes/new", name="b", resource="photos", sentence="B.")
    assert wrong.status_code == 400
    assert 'id="resource-error"' in wrong.text
    refused = await sent(desk, f"/admin/scopes/remove?name={READ.name}")
    assert (refused.status_code, "may ask for" in refused.text) == (400, True)
    answer = await sent(desk, "/admin/scopes/remove?name=mail%2Fread")
    assert answer.headers["location"] == "/admin/scopes"
    page = (await desk.admin.get("/admin/scopes")).text
    assert "Scope removed." in page
    assert "mail/read" not in page
    assert page.count(">Remove</a>") == 0
    assert (await desk.admin.get("/admin/scopes/remove?name=none")).status_code == 404
    assert await kinds(desk) == [
        *("scope_added", "client_added", "scope_removed", "scope_added", "scope_removed")
    ]


async def test_the_console_registers_changes_and_rotates(desk: Desk) -> None:
    assert "No application is registered" in (await desk.admin.get("/admin/applications")).text
    wanted = {"name": "Photos", "kind": "confidential", "redirect_uris": CALLBACK}
    wrong = await sent(desk, "/admin/applications/new", **{**wanted, "redirect_uris": "http://a/"})
    assert wrong.status_code == 400
    assert 'id="redirect_uris-error"' in wrong.text
    assert "http://a/</textarea>" in wrong.text
    form = {**wanted, "redirect_uris": f"{CALLBACK}\r\n{CALLBACK}/2 ", "scopes": BOTH}
    shown = await sent(desk, "/admin/applications/new", **form)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    (secret,) = NEW_SECRET.findall(shown.text)
    (client,) = await desk.house.service.provider.clients.all()
    assert client.redirect_uris == (CALLBACK, f"{CALLBACK}/2")
    assert client.scopes == {READ.name, WRITE.name}
    assert client.has_secret(secret, desk.house.clock())
    here = f"/admin/applications/{client.client_id}"
    listed = (await desk.admin.get("/admin/applications")).text
    assert f'href="{here}"' in listed
    app = Application(desk.house, client, secret)
    await app.tokens(desk.customer, scope=BOTH)
    desk.house.clock.advance(MINUTE)
    one = (await desk.admin.get(here)).text
    assert READ.sentence in one
    assert "<dt>Live grants</dt><dd>1</dd>" in one
    edit = (await desk.admin.get(f"{here}/edit")).text
    assert f"{CALLBACK}\n{CALLBACK}/2</textarea>" in edit
    changes = {"name": "Prints", "redirect_uris": CALLBACK, "scopes": READ.name, "kind": "public"}
    answer = await sent(desk, f"{here}/edit", **changes, pkce_exempt="yes", id_token_alg="RS256")
    assert answer.headers["location"] == here
    assert "Changed: 1 grant ended." in (await desk.admin.get(here)).text
    after = await desk.house.service.provider.clients.find(client.client_id)
    assert after
    assert (after.name, after.kind, after.pkce_exempt) == ("Prints", "confidential", True)
    assert (after.id_token_alg, sorted(after.scopes)) == ("RS256", [READ.name])
    rotated = await sent(desk, f"{here}/rotate", overlap=str(DAY))
    (newer,) = NEW_SECRET.findall(rotated.text)
    assert rotated.headers["cache-control"] == "no-store"
    assert "The old secret works until" in rotated.text
    assert "The old one works until" in (await desk.admin.get(here)).text
    assert (await sent(desk, f"{here}/rotate", overlap="1")).status_code == 400
    at_once = await sent(desk, f"{here}/rotate", overlap="0")
    after = await desk.house.service.provider.clients.find(client.client_id)
    assert after
    assert not after.has_secret(newer, desk.house.clock())
    assert after.has_secret(NEW_SECRET.findall(at_once.text)[0], desk.house.clock())
    await sent(desk, f"{here}/disable")
    assert "Disabled: 0 grants ended." in (await desk.admin.get(here)).text
    await sent(desk, f"{here}/enable")
    assert "Enabled:" in (await desk.admin.get(here)).text
    public = await sent(desk, "/admin/applications/new", **{**wanted, "kind": "public"})
    assert "It is public" in public.text
    assert not NEW_SECRET.search(public.text)
    (public_id,) = set(re.findall(r"c_[0-9a-f]{32}", public.text))
    assert (await desk.admin.get(f"/admin/applications/{public_id}/rotate")).status_code == 404


async def test_without_a_provider_there_is_no_entry_and_no_page(opened: Opened) -> None:
    desk = await desk_of(await opened(provider=False))
    page = (await desk.admin.get("/admin")).text
    assert "/admin/applications" not in page
    assert "/admin/scopes" not in page
    assert (
        "Applications with access" not in (await desk.admin.get(f"/admin/users/{desk.carol}")).text
    )
    for path in ("/admin/applications", "/admin/scopes", HERE, "/api/admin/scopes"):
        assert (await desk.admin.get(path)).status_code == 404
    with_one = await desk_of(await opened(provider=True))
    page = (await with_one.admin.get("/admin")).text
    assert 'href="/admin/applications"' in page
    assert 'href="/admin/scopes"' in page


async def test_many_grants_are_counted_no_further_than_a_page_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.oauth.access.MOST_COUNTED", 1)
    app = await application(desk.house)
    await app.tokens(desk.customer)
    assert "2,000 grants that were used last" in (await desk.admin.get("/admin/applications")).text


async def test_every_page_that_asks_about_an_act_needs_a_recent_proof(desk: Desk) -> None:
    app = await added(desk)
    desk.house.clock.advance(5 * MINUTE + 1)
    here = f"/admin/applications/{app.client.client_id}"
    for page in (
        *(f"{here}/{name}" for name in ("edit", "rotate", "disable", "enable")),
        *("/admin/applications/new", "/admin/scopes/new", f"/admin/scopes/remove?name={READ.name}"),
        f"/admin/users/{desk.carol}/applications/{app.client.client_id}/end",
    ):
        led = await desk.admin.get(page)
        assert led.status_code == 303, page
        assert led.headers["location"].startswith("/elevate?return_to=%2Fadmin%2F")
    assert (await desk.admin.get(here)).status_code == 200
