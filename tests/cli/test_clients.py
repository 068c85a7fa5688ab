"""The operator's commands for other applications, and what they may do for people."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.server.house import EMAIL, House, houses
from tests.server.third_party import API, OTHER, READ, Application, application

pytestmark = pytest.mark.anyio

WORDS = ["--redirect-uri", "https://photos.example/cb", "--scope", "photos:read"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with houses(tmp_path / "root.key") as opened:
        yield await opened(provider=True, database=f"sqlite:///{tmp_path}/doorward.db")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    found = Desk(tmp_path, f"sqlite:///{tmp_path}/doorward.db", tmp_path / "root.key")
    found.create(EMAIL)
    found.data("keys", "list")  # makes the root key
    found.data("scopes", "add", "photos:read", API, "See your photos.")
    return found


@pytest.mark.engine
def test_an_operator_registers_lists_and_disables(desk: Desk) -> None:
    names = [each["name"] for each in desk.data("scopes", "list")["scopes"]]
    assert names == ["openid", "email", "offline_access", "photos:read"]
    added = desk.data("clients", "add", "Photos", *WORDS)
    assert added["client_secret"].startswith("dwc_")
    public = desk.data("clients", "add", "App", "--public", *WORDS)
    assert (public["kind"], public["client_secret"]) == ("public", None)
    for wrong, said in (
        (["--redirect-uri", "http://photos.example/cb"], "begins with https"),
        ([*WORDS, "--scope", "mail:read"], "no scope 'mail:read'"),
        ([], "at least one redirect URI"),
    ):
        done = desk.run("clients", "add", "Wrong", *wrong)
        assert (done.status, said in done.err) == (1, True), done.err
    assert len(desk.data("clients", "list")["clients"]) == 2
    gone = desk.data("clients", "disable", added["client_id"])
    assert (gone["grants_ended"], gone["disabled_at"] is None) == (0, False)
    assert "disabled" in desk.run("clients", "list").out
    assert desk.run("clients", "disable", "c_unknown").status == 1
    assert added["client_secret"] not in desk.run("clients", "list", "--json").out


@pytest.mark.engine
def test_an_operator_changes_an_application_and_its_secret(desk: Desk) -> None:
    added = desk.data("clients", "add", "--acts-for-itself", "Photos", *WORDS)
    client, secret = added["client_id"], added["client_secret"]
    edited = desk.data(
        *("clients", "edit", client, "--name", "Prints", "--no-acts-for-itself"),
        *("--post-logout-uri", "https://photos.example/bye", "--id-token-alg", "RS256"),
    )
    shown = desk.data("clients", "show", client)
    assert {**edited, "grants_ended": 0} == {
        **{name: value for name, value in shown.items() if name not in ("grants", "used_at")},
        "grants_ended": 0,
    }
    assert (shown["grants"], shown["used_at"]) == (0, None)
    said = (shown["name"], shown["acts_for_itself"], shown["id_token_alg"], shown["scopes"])
    assert said == ("Prints", False, "RS256", ["photos:read"])
    back = desk.data("clients", "edit", client, "--post-logout-uri", "", "--id-token-alg=default")
    assert (back["post_logout_uris"], back["id_token_alg"]) == ([], None)
    for words, said_so in (
        (["edit", client], "Name what is to change"),
        (["edit", client, "--redirect-uri", ""], "at least one redirect URI"),
        (["edit", client, "--scope", "mail:read"], "no scope 'mail:read'"),
        (["edit", "c_unknown", "--name", "B"], "no client c_unknown"),
        (["show", "c_unknown"], "no client"),
        (["enable", "c_unknown"], "no client"),
        (["rotate-secret", "c_unknown"], "no client"),
    ):
        assert said_so in desk.refusal("clients", *words)
    rotated = desk.data("clients", "rotate-secret", client)
    assert rotated["client_secret"] != secret
    assert rotated["old_secret_until"]
    told = desk.run("clients", "rotate-secret", client, "--overlap", "90s").out
    assert "works for 1 minute more, until" in told
    last = desk.run("clients", "rotate-secret", client, "--overlap", "0").out
    assert "does not work any more" in last
    newest = last.split()[-1]
    for command in (["list"], ["show", client], ["disable", client], ["enable", client]):
        out = desk.run("clients", *command).out + desk.run("clients", *command, "--json").out
        assert out
        for each in (secret, rotated["client_secret"], told.split()[-1], newest):
            assert each not in out
    assert newest.encode() not in desk.bytes_at_rest()
    assert desk.data("clients", "show", client)["disabled_at"] is None
    public = desk.data("clients", "add", "App", "--public", *WORDS)["client_id"]
    assert "no secret" in desk.refusal("clients", "rotate-secret", public)
    assert desk.run("clients", "rotate-secret", client, "--overlap", "long").status == 2


@pytest.mark.engine
def test_an_operator_removes_a_scope_and_sees_the_resources(desk: Desk) -> None:
    client = desk.data("clients", "add", "Photos", *WORDS)["client_id"]
    desk.data("scopes", "add", OTHER.name, OTHER.resource, OTHER.sentence)
    assert desk.data("resources", "list") == {
        "resources": [
            {
                "resource": API,
                "scopes": ["photos:read"],
                "clients": [{"client_id": client, "name": "Photos"}],
            },
            {"resource": OTHER.resource, "scopes": [OTHER.name], "clients": []},
        ]
    }
    table = desk.run("resources", "list").out.splitlines()
    assert [line.split() for line in table[1:]] == [
        [API, "photos:read", "Photos"],
        [OTHER.resource, OTHER.name, "-"],
    ]
    assert "Photos may ask for photos:read" in desk.refusal("scopes", "remove", "photos:read")
    assert desk.data("scopes", "remove", OTHER.name)["name"] == OTHER.name
    assert "no scope" in desk.refusal("scopes", "remove", OTHER.name)
    assert "every server" in desk.refusal("scopes", "remove", "openid")
    desk.data("clients", "edit", client, "--scope", "openid")
    desk.data("scopes", "remove", "photos:read")
    assert "no resources" in desk.run("resources", "list").out


@pytest.mark.engine
async def test_an_operator_sees_grants_and_ends_them(house: House, tmp_path: Path) -> None:
    url, key = house.service.options.database, tmp_path / "root.key"
    desk, browser = Desk(tmp_path, url, key), await house.alice()
    app, other = await application(house), await application(house, name="Prints")
    client = app.client.client_id

    async def refused(app: Application, refresh: str) -> bool:
        return (await app.refresh(refresh)).status_code == 400

    assert "There are no grants." in desk.run("grants", "list").out
    assert f"{EMAIL} has no grants." in desk.run("grants", "list", EMAIL).out
    tokens = [await app.tokens(browser, scope="photos:read offline_access") for _ in range(3)]
    kept = await other.tokens(browser, scope="photos:read offline_access")
    every = desk.data("grants", "list")["grants"]
    assert len(every) == 4
    assert desk.data("grants", "list", EMAIL)["grants"] == every
    subject = await house.account()
    mine = next(each for each in every if each["client_id"] == client)
    assert mine == {
        "sid": mine["sid"],
        "subject": subject,
        "email": EMAIL,
        "client_id": client,
        "name": "Photos",
        "scopes": ["offline_access", "photos:read"],
        "resource": READ.resource,
        "created_at": house.clock(),
        "seen_at": house.clock(),
    }
    assert desk.data("clients", "show", client)["grants"] == 3
    assert desk.data("grants", "end", mine["sid"])["grants_ended"] == 1
    assert desk.data("grants", "list", client)["grants"] == []  # what it would get for itself
    assert "no live grant" in desk.refusal("grants", "end", mine["sid"])
    assert desk.data("grants", "end", EMAIL, client)["grants_ended"] == 2
    assert [await refused(app, each["refresh_token"]) for each in tokens] == [True] * 3
    assert not await refused(other, kept["refresh_token"])
    (entry,) = (await browser.get("/api/applications")).json()["applications"]
    assert entry["name"] == "Prints"
    assert "has no access" in desk.refusal("grants", "end", EMAIL, client)
    assert "no user" in desk.refusal("grants", "list", "bob@example.test")
    assert "no user" in desk.refusal("grants", "end", "bob@example.test", client)
