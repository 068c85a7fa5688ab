"""One of every token that the server issues, each to a person of its own."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

import httpx2

from doorward.server.accounts.invitation import invitation_link
from doorward.server.journeys.first_admin.flow import setup_link
from tests.server.authenticator import Authenticator
from tests.server.factors import asked, code, give_totp
from tests.server.house import ORIGIN, House, login
from tests.server.mailbag import posted
from tests.server.third_party import Application

METRICS = "m" * 40
"""What stands in the file of `--metrics-token-file`."""


@dataclass(frozen=True, slots=True)
class Given:
    """A token, and where it belongs: the browser that may show it, its person, and what is shown
    beside it.  `key` answers challenges."""

    text: str
    browser: httpx2.AsyncClient
    email: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)
    key: Authenticator = field(default_factory=Authenticator)


@dataclass(frozen=True, slots=True)
class World:
    """A house with everything on, and an application that may ask for all.  Each browser has an
    address of its own, so that no limit answers in the place of what is tested."""

    house: House
    app: Application
    numbers: "count[int]" = field(default_factory=count)

    async def browser(self, **headers: str) -> httpx2.AsyncClient:
        number = next(self.numbers)
        return await self.house.browser(address=f"10.0.{number // 250}.{number % 250}", **headers)

    async def client(self, **headers: str) -> httpx2.AsyncClient:
        """As `browser`, without what a browser says of itself."""
        found = await self.browser(**headers)
        del found.headers["sec-fetch-site"]
        return found

    async def person(self, *roles: str) -> str:
        """The address of somebody new."""
        email = f"p{next(self.numbers)}@example.test"
        await self.house.account(email, *roles)
        return email

    async def entered(self, email: str = "") -> Given:
        """Somebody who is logged in; no token yet."""
        email, browser = email or await self.person(), await self.browser()
        assert (await login(browser, email=email)).status_code == 200
        return Given("", browser, email)


def cookie(browser: httpx2.AsyncClient, name: str) -> str:
    (found,) = [each.value for each in browser.cookies.jar if each.name == name]
    assert found
    return found


async def _bearer(world: World, name: str) -> Given:
    email, client = await world.person(), await world.client()
    answer = await login(client, email=email, transport="bearer")
    return Given(answer.json()[name], client, email)


async def login_token(world: World) -> Given:
    """The session token, or in token mode the access token."""
    return await _bearer(world, "access_token")


async def login_refresh(world: World) -> Given:
    return await _bearer(world, "refresh_token")


def of_grant(name: str, scope: str) -> Callable[[World], Awaitable[Given]]:
    async def mint(world: World) -> Given:
        person = await world.entered()
        tokens = await world.app.tokens(person.browser, scope=scope)
        return Given(tokens[name], person.browser, person.email)

    return mint


async def own_grant(world: World) -> Given:
    """What the application gets for itself, without a person."""
    answer = await world.app.token(grant_type="client_credentials")
    return Given(answer.json()["access_token"], await world.client())


async def authorization_code(world: World) -> Given:
    person = await world.entered()
    return Given(await world.app.code(person.browser), await world.client(), person.email)


async def client_secret(world: World) -> Given:
    assert world.app.secret
    return Given(world.app.secret, await world.client())


async def csrf(world: World) -> Given:
    person = await world.entered()
    text = (await person.browser.get("/api/me")).json()["csrf_token"]
    del person.browser.headers["sec-fetch-site"]
    return Given(text, person.browser, person.email)


async def letter(world: World, email: str, kind: str) -> str:
    """The text of the letter of this kind."""
    found = [each for each in await posted(world.house) if (each.to, each.kind) == (email, kind)]
    assert found, (email, kind)
    return found[-1].text


def ticket_in(text: str) -> str:
    return str(re.findall(r"\?ticket=([\w-]{43})", text)[-1])


async def reset(world: World) -> Given:
    email, browser = await world.person(), await world.browser()
    await browser.post("/api/forgot", json={"email": email})
    return Given(ticket_in(await letter(world, email, "reset_asked")), browser, email)


async def verify(world: World) -> Given:
    person = await world.entered()
    await person.browser.post("/api/verify/letter", json={})
    text = await letter(world, person.email, "verification_sent")
    return Given(ticket_in(text), person.browser, person.email)


async def invitation(world: World) -> Given:
    email, at = f"p{next(world.numbers)}@example.test", world.house.clock()
    user = await world.house.service.users.create(email, None, at=at)
    link = await invitation_link(world.house.service.auth.store, user, ORIGIN, at=at)
    return Given(ticket_in(link), await world.browser(), email)


async def first_admin(world: World) -> Given:
    link = await setup_link(world.house.service)
    assert link is not None
    email = f"p{next(world.numbers)}@example.test"
    return Given(ticket_in(link), await world.browser(), email)


async def email_change(world: World) -> Given:
    person, new = await world.entered(), f"p{next(world.numbers)}@new.test"
    assert (await person.browser.post("/api/email", json={"email": new})).status_code == 202
    text = await letter(world, new, "email_confirm")
    return Given(ticket_in(text), person.browser, person.email)


async def email_undo(world: World) -> Given:
    change = await email_change(world)
    answer = await change.browser.post("/api/email/confirm", json={"ticket": change.text})
    assert answer.status_code == 204
    text = await letter(world, change.email, "email_left")
    return Given(ticket_in(text), await world.browser(), change.email)


async def _mail_login(world: World) -> tuple[str, str, str, Given]:
    email, browser = await world.person(), await world.browser()
    asker = (await browser.post("/api/login/mail", json={"email": email})).json()["ticket"]
    text = await letter(world, email, "login_asked")
    (typed,) = re.findall(r"(?<![\w-])[0-9A-Z]{4}-[0-9A-Z]{4}(?![\w-])", text)
    return asker, typed, ticket_in(text), Given("", browser, email)


async def mail_link(world: World) -> Given:
    _, _, link, who = await _mail_login(world)
    return Given(link, who.browser, who.email)


async def mail_asker(world: World) -> Given:
    asker, typed, _, who = await _mail_login(world)
    return Given(asker, who.browser, who.email, {"code": typed})


async def mail_code(world: World) -> Given:
    asker, typed, _, who = await _mail_login(world)
    return Given(typed, who.browser, who.email, {"ticket": asker})


async def _second_step(world: World) -> tuple[str, str, Given]:
    """A login that waits for its second factor: its ticket, a recovery code, and the rest."""
    email, browser = await world.person(), await world.browser()
    service, subject = world.house.service, await world.house.account(email)
    await give_totp(world.house, subject)
    user = await service.users.by_subject(subject)
    assert user
    at, ending = world.house.clock(), user.ending
    codes = await service.recovery_codes.renew(subject, at=at, ending=ending)
    ticket = await asked(browser, email=email)
    return ticket, codes[0], Given("", browser, email)


async def second_step(world: World) -> Given:
    ticket, recovery, who = await _second_step(world)
    beside = {"totp": code(world.house), "recovery": recovery}
    return Given(ticket, who.browser, who.email, beside)


async def flow_cookie(world: World) -> Given:
    _, _, who = await _second_step(world)
    return Given(cookie(who.browser, "__Host-flow"), who.browser, who.email)


async def totp_code(world: World) -> Given:
    ticket, _, who = await _second_step(world)
    return Given(code(world.house), who.browser, who.email, {"ticket": ticket})


async def recovery_code(world: World) -> Given:
    ticket, recovery, who = await _second_step(world)
    return Given(recovery, who.browser, who.email, {"ticket": ticket})


async def enrol_step(world: World) -> Given:
    """A login of somebody who must set up an app first."""
    email, browser = await world.person("careful"), await world.browser()
    return Given(await asked(browser, email=email), browser, email)


def challenge(path: str) -> Callable[[World], Awaitable[Given]]:
    async def mint(world: World) -> Given:
        person = await world.entered()
        key, browser = Authenticator(), person.browser
        if path != "/api/passkeys":
            options = (await browser.post("/api/passkeys/options", json={})).json()
            body = {"credential": key.create(options), "name": "key"}
            assert (await browser.post("/api/passkeys", json=body)).is_success
        options = (await browser.post(f"{path}/options", json={})).json()
        key.handle = key.handle or options["user"]["id"]
        return Given(options["challenge"], browser, person.email, {}, key)

    return mint


async def metrics(world: World) -> Given:
    return Given(METRICS, await world.client())


MINTS: dict[str, Callable[[World], Awaitable[Given]]] = {
    "login": login_token,
    "login refresh": login_refresh,
    "grant at an API": of_grant("access_token", "openid photos:read"),
    "grant at userinfo": of_grant("access_token", "openid"),
    "grant refresh": of_grant("refresh_token", "openid photos:read offline_access"),
    "own grant": own_grant,
    "ID token": of_grant("id_token", "openid"),
    "code": authorization_code,
    "client secret": client_secret,
    "csrf": csrf,
    "reset": reset,
    "verify": verify,
    "invitation": invitation,
    "first_admin": first_admin,
    "change_email": email_change,
    "undo_email": email_undo,
    "login_link": mail_link,
    "login_by_mail": mail_asker,
    "mail code": mail_code,
    "second_step": second_step,
    "flow cookie": flow_cookie,
    "totp code": totp_code,
    "recovery code": recovery_code,
    "enrol step": enrol_step,
    "passkey": challenge("/api/login/passkey"),
    "passkey to add": challenge("/api/passkeys"),
    "passkey to prove": challenge("/api/elevate/passkey"),
    "metrics": metrics,
}
"""By the kind of the ticket, where it is one."""
