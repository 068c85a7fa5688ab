"""The advice itself: pure functions from answers to settings, each with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..types import Mode
from .answers import Answers

Transport = Literal["cookie", "bearer", "cookie and bearer"]


IDLE = {"minutes": "15m", "workday": "12h", "weeks": "14d"}
ABSOLUTE = {"minutes": "12h", "workday": "7d", "weeks": "30d"}
STALENESS = {"now": 0, "second": 1, "minute": 30}
DATABASES = {
    "one": "sqlite:///doorward.db",
    "some": "postgresql://USER@HOST/NAME",
    "many": "postgresql://USER@HOST/NAME",
}
SESSIONS = "redis://HOST"
APP = {"subdomain": "https://app.example.org", "elsewhere": "https://app.example"}
"""An origin to be replaced by the reader's own."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, and the rows of `doorward compare` that it rests on."""

    about: str
    sentence: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """`settings` are options of the server by the names of their fields."""

    mode: Mode
    transport: Transport
    settings: Mapping[str, Any]
    reasons: tuple[Reason, ...]


def advise(answers: Answers) -> Advice:
    """What fits these answers."""
    mode, why_mode = _mode(answers)
    transport, why_transport = _transport(answers)
    settings: dict[str, Any] = {"mode": mode}
    reasons = [why_mode, why_transport]
    for part in (_lifetimes, _access, _staleness, _origins, _store):
        found, why = part(answers, mode)
        settings |= found
        reasons += why
    return Advice(
        mode=mode, transport=transport, settings=settings, reasons=tuple(reasons) + _roles(answers)
    )


Found = tuple[dict[str, Any], list[Reason]]


def _mode(answers: Answers) -> tuple[Mode, Reason]:
    if answers.others_check == "yes":
        return "token", Reason(
            "mode",
            "Other services can check a signed token with the public key alone, and ask nobody.",
            ("third-party", "visible", "request-bytes"),
        )
    if answers.clients == "mobile":
        return "token", Reason(
            "mode",
            "An app keeps its login for long. In token mode each request shows a credential that"
            " lives for minutes, and two holders of one refresh token are noticed.",
            ("stolen-credential", "theft-noticed", "bearer-bytes"),
        )
    return "session", Reason(
        "mode",
        "Nobody but this application checks logins, so a token would only be longer, and readable."
        " A lock is obeyed as soon in both modes.",
        ("request-bytes", "visible", "work", "lock"),
    )


def _transport(answers: Answers) -> tuple[Transport, Reason]:
    if not answers.in_browsers:
        return "bearer", Reason(
            "transport",
            "A client without a cookie jar sends Authorization, which no other site can make it"
            " send.",
            ("mobile", "bearer-bytes"),
        )
    if answers.pages == "elsewhere":
        return "bearer", Reason(
            "transport",
            "Browsers keep the cookie from pages of another domain, so those send Authorization,"
            " and a preflight before it.",
            ("other-domain", "preflights"),
        )
    if answers.clients == "all":
        return "cookie and bearer", Reason(
            "transport",
            "The login names the transport: pages take cookies, the app takes Bearer.",
            ("browser", "mobile"),
        )
    return "cookie", Reason(
        "transport",
        "The browser keeps an HttpOnly cookie that no script can read, and sends it without a"
        " preflight.",
        ("browser", "preflights"),
    )


def _lifetimes(answers: Answers, mode: Mode) -> Found:
    idle, absolute = IDLE[answers.away], ABSOLUTE[answers.away]
    if answers.stake == "money":
        idle, absolute = IDLE["minutes"], ABSOLUTE["minutes"]
        sentence = (
            "Whoever finds an open browser or steals a login has it until it ends: 15 minutes"
            " without use, and 12 hours at most, as NIST SP 800-63B asks at its highest level."
        )
    elif not answers.in_browsers and answers.away == "weeks":
        idle, absolute = "30d", "90d"
        sentence = (
            "An app is asked for a password when it was not used for a month, and every three"
            " months; each login stands in the list, where it can be ended."
        )
    else:
        sentence = (
            "A login ends when it rests for as long as people may be away, and some time after that"
            " in any case; it can be ended at once meanwhile."
        )
    rows = ("stolen-credential", "after-logout", "listed")
    return {"idle_ttl": idle, "absolute_ttl": absolute}, [Reason("lifetimes", sentence, rows)]


def _access(answers: Answers, mode: Mode) -> Found:
    if mode != "token":
        return {}, []
    if answers.others_check == "no":
        sentence = "Five minutes between refreshes cost little, and a lock does not wait for them."
        return {"access_ttl": "5m"}, [
            Reason("access token", sentence, ("refresh-bytes", "lock", "stolen-credential"))
        ]
    length = "2m" if answers.stake == "money" else "5m"
    sentence = (
        f"Services that check by themselves see no lock before the token expires, so it lives for"
        f" {length.removesuffix('m')} minutes."
    )
    return {"access_ttl": length}, [
        Reason("access token", sentence, ("third-party", "refresh-bytes"))
    ]


def _staleness(answers: Answers, mode: Mode) -> Found:
    if answers.machines == "one":
        return {}, [
            Reason(
                "locks",
                "On one machine every check asks whether anything was decided, so a lock is obeyed"
                " by the next request.",
                ("lock", "role", "work"),
            )
        ]
    seconds = STALENESS[answers.lock_within]
    sentence = (
        "Every request asks the store, so that a lock is obeyed by the next one on every node; the"
        " figures of the store are then those of a plain session. For a few routes alone, leave"
        " this out and guard them with max_staleness=0."
        if seconds == 0
        else "Nodes hear of a lock within milliseconds. A node that is cut off asks again after"
        f" {seconds} s and then answers nobody."
    )
    rows = ("lock", "role", "store-reads", "thousand-nodes")
    return {"max_staleness": seconds}, [Reason("locks", sentence, rows)]


def _origins(answers: Answers, mode: Mode) -> Found:
    if not answers.in_browsers or answers.pages == "same":
        return {}, []
    origin = APP[answers.pages]
    sentence = "Pages of another origin are served only if that origin is listed, in either mode."
    return {"trusted_origin": (origin,)}, [
        Reason("origins", sentence, ("other-domain", "preflights"))
    ]


def _store(answers: Answers, mode: Mode) -> Found:
    found: dict[str, Any] = {"database": DATABASES[answers.machines]}
    if answers.machines == "one":
        sentence = "A file is enough for one machine, also with several processes."
        return found, [Reason("store", sentence, ("four-processes", "stored-bytes"))]
    each = STALENESS[answers.lock_within] == 0
    if answers.machines == "many":
        found["sessions"] = SESSIONS
        sentence = "Each request asks" if each else "Nodes answer from memory, and follow"
        sentence += " one Redis, which answers more small questions than a database."
    else:
        asked = "each request asks" if each else "they ask when something changed"
        sentence = f"A few nodes share one PostgreSQL, which {asked}."
    return found, [Reason("store", sentence, ("store-reads", "thousand-nodes", "stored-bytes"))]


def _roles(answers: Answers) -> tuple[Reason, ...]:
    if answers.roles == "few":
        return ()
    sentence = (
        "Names of roles are kept short or grouped: in either mode a login has as many as fit into a"
        " token, and a token carries each of them with every request."
    )
    return (Reason("roles", sentence, ("role-bytes", "role-limit")),)
