"""What a type checker says of the names that people use.  `./dev check` has mypy read it; nothing
runs it.  A line with `type: ignore` must be a mistake: where it is none, mypy calls the comment
unused.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, assert_type

from fastapi import Depends, FastAPI, Request, Response, Security

from doorward import (
    Attempt,
    Auth,
    Device,
    Event,
    Issued,
    Principal,
    Reason,
    Rejected,
    Session,
    Settings,
    open_store,
)
from doorward.open import open_auth
from doorward.passwords import Passwords
from doorward.stores import Backend, Cursor, Page
from doorward.testing import FakeClock
from doorward.testing.client import Client
from doorward.types import Mode
from doorward.web.fastapi import Doorward, Guard, LoginAttempt


async def record(event: Event) -> None:
    assert_type(event.sids, tuple[str, ...])


auth = Doorward(
    "sqlite:///app.db",
    mode="token",
    root_key_file=Path("root.key"),
    trusted_proxies=["10.0.0.7"],
    clock=FakeClock(),
    record=record,
    idle_ttl="12h",
)
app = FastAPI(lifespan=auth.lifespan)
auth.install(app, login_page="/login")

Editor = Annotated[Principal, Depends(auth.requires(role="editor", fresh=300))]
Writer = Annotated[Principal, Security(auth.principal, scopes=["posts:write"])]


@app.get("/me")
async def me(
    who: Annotated[Principal, Depends(auth.principal)],
    guest: Annotated[Principal | None, Depends(auth.optional_principal)],
) -> Principal:
    assert_type(who.roles, frozenset[str])
    assert_type(who.mode, Mode)
    assert_type(await auth.principal(), Principal)
    assert_type(await auth.optional_principal(), Principal | None)
    assert_type(auth.csrf_token(who), str)
    return who if guest is None else guest


@app.delete("/posts/{id}")
async def delete_post(id: int, editor: Editor, writer: Writer) -> str:
    return editor.subject + writer.subject


@app.post("/login")
async def login(request: Request, response: Response) -> str:
    attempt = await auth.attempt("ada")
    assert_type(attempt, LoginAttempt)
    issued = await attempt.login(
        response, subject="ada", roles={"editor"}, amr=["pwd"], transport="bearer"
    )
    assert_type(issued, Issued)
    assert_type(issued.refresh_token, str | None)
    assert_type(await auth.elevate(response), Issued | None)
    assert_type(await auth.touch(), Principal)
    assert_type(await auth.present("token"), Principal)
    await auth.logout(request, response)
    return auth.way_back("/account")


def guards() -> None:
    assert_type(auth.principal, Guard)
    assert_type(auth.requires(any_role=["editor", "admin"], max_staleness=0), Guard)
    assert_type(auth.requires(scope="posts:write"), Guard)


def settings() -> None:
    given = Settings(mode="token", accept=("session",), idle_ttl=timedelta(hours=1), access_ttl=60)
    assert_type(given.idle_ttl, int)
    assert_type(given.touch_every, int | None)
    assert_type(given.public_origin, str | None)
    assert_type(given.mode, Mode)


async def verbs(who: Principal) -> None:
    verbs = await auth.auth()
    assert_type(verbs, Auth)
    assert_type(await verbs.attempt(), Attempt)
    assert_type(await (await verbs.attempt()).login("ada", device=Device(label="phone")), Issued)
    assert_type(await verbs.authenticate("token", max_staleness=0), Principal)
    assert_type(verbs.authenticate_cached("token"), Principal | None)
    assert_type(await verbs.refresh("token"), Issued)
    assert_type(await verbs.elevate(who, amr=["otp"]), Issued)
    assert_type(await verbs.logout("token", "another"), Sequence[str])
    assert_type(await verbs.revoke(subject="ada", keep=who.sid), Sequence[str])
    assert_type(await verbs.change("ada", roles=[]), Sequence[str])
    assert_type(await verbs.stands(who), Principal)
    assert_type(await verbs.touch(who), Principal)
    assert_type(await verbs.sid_of("token"), str)
    await verbs.refused(Rejected(Reason.UNKNOWN))


async def rows(verbs: Auth, issued: Issued) -> None:
    row = await verbs.session(issued.session.sid)
    assert_type(row, Session | None)
    assert_type(await verbs.sessions("ada", Page(0, ""), limit=10), Sequence[Session])
    assert_type(await verbs.still_holds(issued), bool)
    assert_type(verbs.learned, Cursor | None)
    assert_type(verbs.asks_always, bool)
    assert_type(verbs.signs, bool)
    assert_type(verbs.view_age, float)
    assert_type(await verbs.jwks(), dict[str, list[dict[str, str]]])
    assert_type(await verbs.purge(step=100), int)
    await verbs.catch_up()
    await verbs.rotate_keys()
    await verbs.withdraw_key("kid")


async def without_a_framework(passwords: Passwords) -> None:
    assert_type(open_store("memory:"), Backend)
    assert_type(await open_auth("memory:", Settings(), record=record), Auth)
    assert_type(await passwords.hash("correct horse battery"), str)
    assert_type(await passwords.verify("correct horse battery", None), bool)
    assert_type(Client(app).log_in("ada", roles=["editor"], via="bearer"), Issued)


async def mistakes(who: Principal, response: Response) -> None:
    Settings(mode="cookie")  # type: ignore[arg-type]  # a mode is session or token
    Settings(idle="1h")  # type: ignore[call-arg]  # no such field
    Settings(idle_ttl=1.5)  # type: ignore[arg-type]  # a time is whole seconds
    Doorward("memory:", mode="cookie")  # type: ignore[arg-type]  # a mode is session or token
    auth.requires("editor")  # type: ignore[call-arg]  # it names what it asks for
    auth.requires(fresh="5m")  # type: ignore[arg-type]  # whole seconds
    attempt = await auth.attempt()
    await attempt.login(response)  # type: ignore[call-arg]  # whose login it is
    await attempt.login(response, subject="ada", transport="header")  # type: ignore[arg-type]  # no such transport
    who.roles = frozenset({"admin"})  # type: ignore[misc]  # a principal is frozen
    assert_type(who.subject, str)
