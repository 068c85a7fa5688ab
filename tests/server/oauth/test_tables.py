"""Clients, scopes and consents in each kind of database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doorward.server.accounts.users import Users
from doorward.server.db.database import Database, open_database
from doorward.server.oauth import consents as consents_module
from doorward.server.oauth.client import Changes, InvalidClient, Registration
from doorward.server.oauth.clients import Clients
from doorward.server.oauth.consents import Consents
from doorward.server.oauth.scopes import STANDARD, InvalidScope, Scope, Scopes
from tests.server.databases import KINDS, new_url
from tests.server.third_party import API, CALLBACK, OTHER, READ, WRITE

pytestmark = pytest.mark.anyio

PUBLIC = Registration(name="A", kind="public", scopes=[READ], redirect_uris=[CALLBACK])


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(new_url(request.param, request, tmp_path))
    yield opened
    await opened.close()


async def registry(database: Database) -> Clients:
    """No clients yet, and the scopes that they may ask for."""
    for each in (READ, WRITE, OTHER):
        await Scopes(database).add(each)
    return Clients(database)


async def test_a_client_is_kept_as_it_was_registered_and_its_secret_is_not(
    database: Database,
) -> None:
    clients = await registry(database)
    scopes = [READ, STANDARD["openid"]]
    said = Registration(
        name=" Two\u2003words ",
        kind="confidential",
        scopes=scopes,
        redirect_uris=[CALLBACK] * 2,
        post_logout_uris=[CALLBACK + "/bye"],
        acts_for_itself=True,
        pkce_exempt=True,
        id_token_alg="RS256",
    )
    client, secret = await clients.add(said, at=5)
    found = await clients.find(client.client_id)
    assert found is not None
    assert found == client
    assert (found.name, found.redirect_uris) == ("Two words", (CALLBACK,))
    assert found.resources == {READ.resource}
    assert secret is not None
    assert len(secret) == 47
    assert found.has_secret(secret, 5)
    assert not found.has_secret(secret + " ", 5)
    assert secret not in repr(found) + str(found.facts())
    assert (found.secret_hash or "") not in repr(found) + str(found.facts())
    public, none = await clients.add(PUBLIC, at=6)
    assert (none, public.has_secret("", 6)) == (None, False)
    assert await clients.all() == [public, client]
    for unknown in ("", "c_", "c_\0", client.client_id + "\n"):
        assert await clients.find(unknown) is None
        assert await clients.disable(unknown, at=7) is None


async def test_who_is_disabled_stays_so_and_is_unsettled_until_that_is_noted(
    database: Database,
) -> None:
    clients = await registry(database)
    client, _ = await clients.add(PUBLIC, at=5)
    assert await clients.unsettled() == []
    first = await clients.disable(client.client_id, at=7)
    second = await clients.disable(client.client_id, at=9)
    assert first
    assert second
    assert (second.disabled_at, second.decided) == (7, 2)
    assert not await clients.settle(first)
    assert await clients.unsettled() == [second]
    assert await clients.enable(client.client_id) is None  # its grants may live
    assert await clients.change(client.client_id, {"name": "B"}) is None
    assert await clients.settle(second)
    assert await clients.unsettled() == []
    enabled = await clients.enable(client.client_id)
    assert enabled
    assert (enabled.disabled_at, enabled.decided) == (None, 2)


ALL = Registration(
    name="A",
    kind="confidential",
    scopes=[READ, WRITE, OTHER, STANDARD["openid"]],
    redirect_uris=[CALLBACK],
    acts_for_itself=True,
)

CHANGES: list[tuple[Changes, bool]] = [
    ({}, False),
    ({"name": " B ", "redirect_uris": [CALLBACK + "2"], "post_logout_uris": [CALLBACK]}, False),
    ({"pkce_exempt": True, "id_token_alg": "RS256"}, False),
    ({"scopes": ["openid", READ.name, WRITE.name, OTHER.name]}, False),
    ({"scopes": [READ.name, WRITE.name, OTHER.name]}, True),
    ({"scopes": []}, True),
    ({"acts_for_itself": False}, True),
]


async def test_a_change_is_decided_where_grants_may_be_left_that_are_beyond_it(
    database: Database,
) -> None:
    clients = await registry(database)
    for changes, narrower in CHANGES:
        client, _ = await clients.add(ALL, at=5)
        after = await clients.change(client.client_id, changes)
        assert after == await clients.find(client.client_id)
        assert after
        assert after.decided == narrower, changes
        unchanged = {name: getattr(client, name) for name in changes}
        same = replace(after, **unchanged, decided=0, resources=client.resources)
        assert same == client
    changed = await clients.change((await clients.add(ALL, at=5)).client.client_id, CHANGES[1][0])
    assert changed
    assert (changed.name, changed.redirect_uris) == ("B", (CALLBACK + "2",))
    assert changed.post_logout_uris == (CALLBACK,)
    one = await clients.change(changed.client_id, {"scopes": [OTHER.name]})
    assert one
    assert (set(one.scopes), set(one.resources)) == ({OTHER.name}, {OTHER.resource})
    assert await clients.change(changed.client_id, {"name": "C"}) is None  # not settled


async def test_a_change_is_checked_as_a_registration_is(database: Database) -> None:
    clients = await registry(database)
    public, _ = await clients.add(PUBLIC, at=5)
    wrong: list[Changes] = [
        {"name": ""},
        {"redirect_uris": []},
        {"redirect_uris": ["http://photos.example/"]},
        {"post_logout_uris": ["javascript:alert(1)"]},
        {"acts_for_itself": True},
        {"pkce_exempt": True},
        {"id_token_alg": "none"},
        {"scopes": [READ.name, "photos:unknown"]},
    ]
    for changes in wrong:
        with pytest.raises(InvalidClient):
            await clients.change(public.client_id, changes)
    with pytest.raises(InvalidClient, match="no scope 'gone'"):
        await clients.add(replace(PUBLIC, scopes=[replace(READ, name="gone")]), at=5)
    assert await clients.all() == [public]
    for unknown in ("", "c_\0", "c_" + "0" * 32):
        assert await clients.change(unknown, {"name": "B"}) is None
        assert await clients.rotate(unknown, at=5) is None
        assert await clients.enable(unknown) is None


async def test_two_changes_at_once_are_both_kept(database: Database) -> None:
    clients = await registry(database)
    client, _ = await clients.add(ALL, at=5)
    await asyncio.gather(
        clients.change(client.client_id, {"name": "B"}),
        clients.change(client.client_id, {"pkce_exempt": True}),
        clients.rotate(client.client_id, at=5),
    )
    after = await clients.find(client.client_id)
    assert after
    assert (after.name, after.pkce_exempt, after.old_secret_until) == ("B", True, 86405)


async def test_an_old_secret_works_until_its_time_is_over(database: Database) -> None:
    clients = await registry(database)
    client, first = await clients.add(ALL, at=0)
    rotated = await clients.rotate(client.client_id, at=10)
    assert rotated
    assert first
    assert rotated.secret
    assert rotated.client.old_secret_until == 86410
    for secret, at, works in (
        (first, 86409, True),
        (first, 86410, False),
        (rotated.secret, 86409, True),
        (rotated.secret, 10**12, True),
    ):
        assert rotated.client.has_secret(secret, at) is works
    again = await clients.rotate(client.client_id, at=20, overlap=5)
    assert again
    assert not again.client.has_secret(first, 20)
    assert again.client.has_secret(rotated.secret, 24)
    at_once = await clients.rotate(client.client_id, at=30, overlap=0)
    assert at_once
    assert at_once.secret
    assert not at_once.client.has_secret(again.secret or "", 30)
    assert at_once.client.has_secret(at_once.secret, 30)
    assert (at_once.client.old_secret_hash, at_once.client.old_secret_until) == (None, None)
    assert at_once.client == await clients.find(client.client_id)
    public, _ = await clients.add(PUBLIC, at=5)
    with pytest.raises(InvalidClient, match="no secret"):
        await clients.rotate(public.client_id, at=5)


async def test_a_scope_is_removed_once_no_client_may_ask_for_it(database: Database) -> None:
    clients, scopes = await registry(database), Scopes(database)
    client, _ = await clients.add(PUBLIC, at=5)
    await clients.disable(client.client_id, at=6)  # it can be enabled again
    with pytest.raises(InvalidScope, match="A may ask for photos:read"):
        await scopes.remove(READ.name)
    with pytest.raises(InvalidScope, match="every server"):
        await scopes.remove("openid")
    assert await scopes.remove(WRITE.name) == WRITE
    assert await scopes.remove(WRITE.name) is None
    assert await scopes.all() == [OTHER, READ]


async def test_of_a_client_and_the_removal_of_its_scope_one_wins(database: Database) -> None:
    clients, scopes = await registry(database), Scopes(database)
    await asyncio.gather(
        clients.add(PUBLIC, at=5), scopes.remove(READ.name), return_exceptions=True
    )
    used = [client for client in await clients.all() if READ.name in client.scopes]
    assert bool(used) == (READ in await scopes.all())


async def test_a_consent_is_of_nothing_that_the_client_may_not_ask_for(database: Database) -> None:
    clients, consents = await registry(database), Consents(database)
    client, _ = await clients.add(PUBLIC, at=5)
    late = await consents.give("ann", client.client_id, [READ.name, WRITE.name], API, at=6)
    assert late.scopes == {READ.name}
    before = await consents.give("ann", "c", ["a", "b"], "x", at=1)
    assert not await consents.narrow("ann", "c", ["a", "b", "z"], ["x"], at=2)
    assert await consents.find("ann", "c") == before
    assert await consents.narrow("ann", "c", ["b"], ["x"], at=2)
    left = await consents.find("ann", "c")
    assert left == replace(before, scopes=frozenset("b"), changed_at=2)
    assert await consents.narrow("ann", "c", ["b"], ["y"], at=3)
    assert await consents.of_person("ann") == [late]
    assert not await consents.narrow("ann", "c", [], [], at=4)
    assert not await consents.narrow("bob", "c", [], [], at=4)


WRONG_CLIENTS: list[dict[str, Any]] = [
    {"name": ""},
    {"name": "a" * 61},
    {"name": "right\u202eleft"},
    {"redirect_uris": []},
    {"redirect_uris": [CALLBACK + str(number) for number in range(21)]},
    {"redirect_uris": [CALLBACK, "http://photos.example/"]},
    {"post_logout_uris": ["http://photos.example/"]},
    {"acts_for_itself": True},
    {"pkce_exempt": True},
    {"id_token_alg": "HS256"},
    {"id_token_alg": "none"},
]


@pytest.mark.parametrize("wrong", WRONG_CLIENTS, ids=str)
def test_what_is_no_client(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidClient):
        replace(PUBLIC, **wrong)


def test_who_acts_for_itself_needs_no_redirect_uri() -> None:
    replace(PUBLIC, kind="confidential", redirect_uris=[], acts_for_itself=True)


WRONG_SCOPES = [
    ("openid", API, "Anything."),
    ("two words", API, "Anything."),
    ('a"', API, "Anything."),
    ("", API, "Anything."),
    ("a" * 81, API, "Anything."),
    ("a", "photos", "Anything."),
    ("a", "http://photos.example", "Anything."),
    ("a", f"{API}#x", "Anything."),
    ("a", API, " "),
    ("a", API, "two\nlines"),
    ("a", API, "a" * 201),
]


@pytest.mark.engine
async def test_what_is_no_scope() -> None:
    database = await open_database("memory:")
    for name, resource, sentence in WRONG_SCOPES:
        with pytest.raises(InvalidScope):
            await Scopes(database).add(Scope(name=name, resource=resource, sentence=sentence))
    assert await Scopes(database).all() == []
    await database.close()


async def test_a_scope_is_added_once(database: Database) -> None:
    scopes = Scopes(database)
    for each in (WRITE, READ):
        await scopes.add(each)
    with pytest.raises(InvalidScope, match="already"):
        await scopes.add(Scope(name=READ.name, resource=OTHER.resource, sentence="Other."))
    assert await scopes.all() == [READ, WRITE]
    assert set(await scopes.known()) == {*STANDARD, READ.name, WRITE.name}


async def test_a_consent_grows_until_it_is_withdrawn(database: Database) -> None:
    consents = Consents(database)
    assert await consents.find("ann", "c") is None
    await consents.give("ann", "c", ["a"], "x", at=1)
    grown = await consents.give("ann", "c", ["b"], "y", at=2)
    assert await consents.find("ann", "c") == grown
    assert grown.covers({"a", "b"}, "x")
    assert grown.covers(["a"], "y")
    assert not grown.covers(["a", "c"], "x")
    assert not grown.covers(["a"], "z")
    assert (grown.given_at, grown.changed_at) == (1, 2)
    assert [each.client_id for each in await consents.of_person("ann")] == ["c"]
    assert await consents.withdraw("ann", "c", at=3)
    assert not await consents.withdraw("ann", "c", at=4)
    assert await consents.of_person("ann") == []
    gone = await consents.find("ann", "c")
    assert gone
    assert not gone.covers([], "x")
    again = await consents.give("ann", "c", ["b"], "y", at=5)
    assert again.covers(["b"], "y")
    assert not again.covers(["a"], "y")
    assert again.given_at == 5
    assert await consents.unsettled() == [again]  # else grants of before could live on
    await consents.settle("ann", "c")
    assert await consents.unsettled() == []
    assert await consents.find("ann:c", "") is None


async def test_two_consents_at_once_are_both_kept(database: Database) -> None:
    consents = Consents(database)
    await asyncio.gather(
        *(consents.give("ann", "c", [f"s{n}"], "x", at=n) for n in range(5)),
    )
    found = await consents.find("ann", "c")
    assert found
    assert found.scopes == {f"s{n}" for n in range(5)}


async def test_everybody_who_ever_allowed_an_application_is_found(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consents_module, "PAGE", 5)
    consents = Consents(database)
    people = [f"u_{n:04}" for n in range(7)]
    for subject in people:
        await consents.give(subject, "c_1", ["a"], "x", at=1)
        await consents.give(subject, "c_2", ["a"], "x", at=1)
    await consents.withdraw(people[0], "c_1", at=2)
    first = await consents.subjects("c_1")
    assert len(first) == 5
    rest = await consents.subjects("c_1", first[-1])
    assert [*first, *rest] == people
    assert await consents.subjects("c_1", people[-1]) == []


async def test_the_consents_of_who_is_deleted_go_too(database: Database) -> None:
    users, consents = Users(database), Consents(database)
    user = await users.create("a@example.test", None, at=1)
    await consents.give(user.subject, "c", ["a"], "x", at=1)
    await consents.give("other", "c", ["a"], "x", at=1)
    assert await users.delete(user.subject)
    assert await consents.subjects("c") == ["other"]
