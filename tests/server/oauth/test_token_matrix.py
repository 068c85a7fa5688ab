"""Every token that the server issues, at every endpoint that takes one: only the diagonal passes.

What was shown everywhere works at its own place afterwards: no wrong place uses it up or ends it.
"""

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from doorward import tokens
from doorward.server.app import DECLARED
from doorward.server.oauth.clients import SECRET_PREFIX
from tests.server.house import PASSWORD, Opened
from tests.server.mailbag import with_mail
from tests.server.oauth.every_token import METRICS, MINTS, Given, World
from tests.server.oauth.takers import (
    OF_FACTORS,
    OF_LETTERS,
    OF_LOGINS,
    OF_PROGRAMS,
    OF_SESSIONS,
    OF_TOKENS,
    Taker,
)
from tests.server.third_party import application

pytestmark = pytest.mark.anyio

AT_ONCE, CODES_AT_ONCE = 40, 4
"""Wrong tokens, and wrong codes, that one browser may show before a limit answers."""

USED_UP = {"passkey", "passkey to add", "passkey to prove", "first_admin"}
"""Challenges work for one answer, right or wrong; other links die when one makes an
administrator."""

PARTS = {
    "logins-session": (*OF_LOGINS, *OF_SESSIONS),
    "logins-token": (*OF_LOGINS, *OF_TOKENS, *OF_PROGRAMS),
    "letters-session": OF_LETTERS,
    "factors-token": OF_FACTORS,
}

NOT_ISSUED = {"totp"}
"""Kinds of tickets that nobody is given: what waits under the id of a session."""

REFUSED = ("grant at an API", "grant at userinfo")

PUBLIC = {
    *("GET /", "GET /static/{address}", "GET /docs", "GET /healthz"),
    *("GET /.well-known/jwks.json", "GET /.well-known/change-password"),
    *("GET /.well-known/openid-configuration", "GET /.well-known/oauth-authorization-server"),
    *("POST /api/signup", "GET /signup", "POST /signup", "GET /signup/sent"),
    *("POST /api/login", "GET /login", "POST /login", "POST /oauth/authorize"),
    "POST /oauth/logout",
    *("POST /api/login/mail", "GET /login/mail", "POST /login/mail"),
    *("POST /api/forgot", "GET /forgot", "POST /forgot", "GET /forgot/sent"),
    *("GET /account/sessions/{sid}/end", "GET /account/sessions/end-others"),
    "GET /account/applications/{client_id:path}/end",
}
"""Routes that read no token, or one only to end it, as a login does; and addresses of forms, which
lead back to the form."""

BODY = {"email": "new@example.test", "current": PASSWORD, "new": "another passphrase"} | {
    "name": "x",
    "code": "123456",
}
"""What any route wants to read before it asks who sends it."""

OF_THE_FLOW = {
    *("GET /login/mail/code", "POST /login/mail/code", "GET /login/factor/enrol"),
    *("POST /login/factor/enrol", "POST /api/login/enrol/confirm", "GET /logout", "POST /logout"),
    "POST /api/login/passkey/options",
}
"""Pages of what is above as JSON, and second halves of it: the same function reads the token."""


@pytest.mark.parametrize("part", PARTS)
async def test_each_token_passes_at_its_own_places_alone(
    part: str,
    opened: Opened,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    world = await _world(opened, monkeypatch, tmp_path, part.partition("-")[2])
    every = await _every(world)
    for taker in PARTS[part]:
        await _only_its_own_pass(world, taker, every)
    places = {kind: taker for taker in reversed(PARTS[part]) for kind in taker.takes}
    for kind in places.keys() - USED_UP:
        taker = places[kind]
        assert await taker.show(world, every[kind], every[kind].text), (kind, taker.route)


async def test_every_kind_of_token_is_in_the_matrix(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert DECLARED.tickets - MINTS.keys() == NOT_ISSUED
    kinds = {kind for each in PARTS.values() for taker in each for kind in taker.takes}
    assert MINTS.keys() == kinds, "tokens that pass nowhere"
    every = await _every(await _world(opened, monkeypatch, tmp_path))
    prefixes = {text for name, text in vars(tokens).items() if name.endswith("_PREFIX")}
    prefixes.add(SECRET_PREFIX)
    beginnings = {given.text[:4] for given in every.values()}
    session_token = {tokens.SESSION_PREFIX}  # of the other mode
    assert prefixes - beginnings == session_token


async def test_every_route_is_in_the_matrix(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is in no table lets nobody in without a login, and so not with what a third party
    has."""
    world = await _world(opened, monkeypatch, tmp_path)
    taking = {taker.route for each in PARTS.values() for taker in each}
    every = {f"{method} {route.path}" for route in _routes(world) for method in route.methods or ()}
    named = taking | PUBLIC | OF_THE_FLOW
    assert named <= every, f"remove {sorted(named - every)}"
    shown = [await MINTS[kind](world) for kind in REFUSED]
    for route in sorted(every - named):
        method, path = re.sub(r"\{[\w:]+\}", "x", route).split()
        for given in shown:
            headers = {"authorization": f"Bearer {given.text}", "sec-fetch-site": "none"}
            body = BODY if path.startswith("/api/") and method != "GET" else None
            answer = await given.browser.request(method, path, headers=headers, json=body)
            where = answer.headers.get("location", "")
            refused = answer.status_code == 401 or where.startswith("/login")
            assert refused, f"{route} answers {answer.status_code} {where}: which table is it in?"


def _routes(world: World) -> list[APIRoute]:
    found = [each for each in world.house.app.routes if isinstance(each, APIRoute)]
    return [each for each in found if each.methods != {"OPTIONS"}]


async def _every(world: World) -> dict[str, Given]:
    """One of each kind that there is in the mode of this house."""
    absent = {"login refresh"} if world.house.service.auth.settings.modes == ("session",) else set()
    return {kind: await mint(world) for kind, mint in MINTS.items() if kind not in absent}


async def _world(
    opened: Opened, patch: pytest.MonkeyPatch, folder: Path, mode: str = "token"
) -> World:
    file = folder / "metrics"
    file.write_text(METRICS)
    house = await with_mail(
        opened,
        patch,
        mode=mode,
        provider=True,
        verify="later",
        login_by_mail=True,
        require_factor=("careful",),
        metrics_token_file=str(file),
    )
    return World(house, await application(house, acts_for_itself=True))


async def _only_its_own_pass(world: World, taker: Taker, every: dict[str, Given]) -> None:
    """Some wrong tokens, then the right one, in as many browsers as that takes."""
    wrong = [each.text for kind, each in every.items() if kind not in taker.takes]
    kinds = {each.text: kind for kind, each in every.items()}
    most = CODES_AT_ONCE if taker.place in ("code", "recovery") else AT_ONCE
    turns = max(-(-len(wrong) // most), len(taker.takes))
    for number in range(turns):
        own = taker.takes[number % len(taker.takes)] if taker.takes else "login"
        right = await MINTS[own](world)
        for text in wrong[number::turns]:
            assert not await taker.show(world, right, text), (taker, kinds[text])
        assert await taker.show(world, right, right.text) == bool(taker.takes), (taker, own)
