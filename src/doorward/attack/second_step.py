"""A login in two steps, as its owner takes it."""

import base64
import hmac
import time
from dataclasses import dataclass, field

from .exchange import Exchange
from .jar import Jar
from .target import Account, Missing, Target

PERIOD = 30
"""Seconds for which an authenticator app shows a code."""

ENOUGH = 8
"""Seconds that are left of a period when an attack begins to use codes."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """An account with an authenticator app, whose code of the period before this one was used to
    set it up; and its recovery codes."""

    target: Target
    account: Account
    secret: str
    recovery: tuple[str, ...]
    period: int

    def code(self, later: int = 0) -> str:
        """What the app shows now, or so many periods later (RFC 6238)."""
        return _code(self.secret, self.period + later)


@dataclass(frozen=True, slots=True)
class Step:
    """A login whose first step is done: its ticket, and the cookies of the browser."""

    ticket: str
    jar: Jar = field(default_factory=Jar)


def guarded(target: Target) -> Guarded:
    """A new account with an authenticator app.  Raises `Missing` where there are no apps."""
    _settle(target)
    account = target.sign_up()
    login = target.log_in(account)
    begun = target.act(login, "POST", "/api/totp")
    if not begun.json().get("secret"):
        if begun.status >= 500:
            raise AssertionError(f"/api/totp answered {begun.status}")
        raise Missing("The application knows no second factor.")
    secret, period = str(begun.json()["secret"]), _now(target) // PERIOD
    done = target.act(login, "POST", "/api/totp/confirm", {"code": _code(secret, period - 1)})
    if done.status != 200:
        raise AssertionError(f"the app could not be set up: {done.status} {done.text}")
    codes = tuple(done.json()["recovery_codes"])
    return Guarded(target, account, secret, codes, period)


def begin(target: Target, account: Account) -> Step:
    """The first step, with the right password."""
    return begun(target.try_login(account, account.password))


def begun(answer: Exchange) -> Step:
    """What an answer to the first step gave out.  Raises `AssertionError` for any other answer."""
    if answer.status != 202:
        raise AssertionError(f"no second factor was asked for: {answer.status} {answer.text}")
    step = Step(str(answer.json()["second_factor"]["ticket"]))
    step.jar.keep(answer.cookies())
    return step


def prove(
    target: Target, step: Step, code: str, *, kind: str = "totp", jar: Jar | None = None
) -> Exchange:
    """The second step, from the browser that took the first, or from one that holds `jar`."""
    headers = [*target.own, *(step.jar if jar is None else jar).header()]
    body = {"ticket": step.ticket, "code": code}
    answer = target.client.send("POST", f"/api/login/{kind}", headers, data=body)
    if answer.status >= 500:
        raise AssertionError(f"{answer.path} answered {answer.status}")
    return answer


def opened(target: Target, jar: Jar, *texts: str) -> str:
    """The page that these cookies open, or these texts in the place of a credential; or nothing."""
    paths = ("/api/me", "/account", "/admin")
    names = ("__Host-session", "__Host-access")
    shown = [jar.header()] if jar.cookies else []
    for text in filter(None, texts):
        shown.append([("Authorization", f"Bearer {text}")])
        shown += [[("Cookie", f"{name}={text}")] for name in names]
    for headers in shown:
        for path in paths:
            if target.client.send("GET", path, headers).status == 200:
                return path
    return ""


def _settle(target: Target) -> None:
    """Wait until enough of a period is left for an attack; the instance's own clock is put
    forward."""
    left = PERIOD - _now(target) % PERIOD
    if left >= ENOUGH:
        return
    if target.clock is None:
        time.sleep(left)
    else:
        target.clock.advance(left)


def _now(target: Target) -> int:
    return int(time.time()) if target.clock is None else target.clock()


def _code(secret: str, period: int) -> str:
    """RFC 4226 section 5.3, with SHA-1 and six digits."""
    digest = hmac.digest(base64.b32decode(secret), period.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**6:06}"
