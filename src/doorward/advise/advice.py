"""Pure functions from answers to settings, each with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..types import Mode
from .answers import Answers
from .questions import QUESTIONS

Transport = Literal["cookie", "bearer", "cookie and bearer"]


IDLE = {"minutes": "15m", "workday": "12h", "weeks": "14d"}
ABSOLUTE = {"minutes": "12h", "workday": "7d", "weeks": "30d"}
STALENESS = {"now": 0, "second": 1, "minute": 60}
DATABASES = {
    "one": "sqlite:///doorward.db",
    "some": "postgresql://USER@HOST/NAME",
    "many": "postgresql://USER@HOST/NAME",
}
SESSIONS = "redis://HOST"
MEANT = QUESTIONS["away"].meanings
APP = {"subdomain": "https://app.example.org", "elsewhere": "https://app.example"}
"""Example origins, which the reader replaces."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, and the rows of `doorward compare` that support it."""

    about: str
    sentence: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """`settings` are values of `Options`, by the names of its fields."""

    mode: Mode
    transport: Transport
    settings: Mapping[str, Any]
    reasons: tuple[Reason, ...]


def advise(answers: Answers) -> Advice:
    """The mode, the transport and the settings that fit these answers."""
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
            "Other services can check a signed token by themselves, with the public key.",
            ("third-party", "visible", "request-bytes"),
        )
    if answers.clients in ("mobile", "all"):
        return "token", Reason(
            "mode",
            "In token mode the requests of an app carry a credential that lives for minutes, and"
            " Doorward notices when two clients use one refresh token.",
            ("stolen-credential", "theft-noticed", "bearer-bytes"),
        )
    return "session", Reason(
        "mode",
        "Only this application checks logins, so a token would gain nothing: it is longer than a"
        " session id, and anybody can read it. A lock takes effect equally fast in both modes.",
        ("request-bytes", "visible", "work", "lock"),
    )


def _transport(answers: Answers) -> tuple[Transport, Reason]:
    if not answers.in_browsers:
        return "bearer", Reason(
            "transport",
            "A client that keeps no cookies sends an Authorization header. No other site can make"
            " it send one.",
            ("mobile", "bearer-bytes"),
        )
    if answers.pages == "elsewhere":
        return "bearer", Reason(
            "transport",
            "Pages of another domain cannot use the cookie. A script keeps the credential in"
            " memory: a reload logs people out, and an injected script can read it. If the API can"
            " be on the site of the pages (api.example.org), a cookie works.",
            ("other-domain", "preflights"),
        )
    if answers.others_check == "yes":
        return "cookie and bearer", Reason(
            "transport",
            "Pages use a cookie, which other services never get. Clients of those log in for"
            " Bearer; give the services /.well-known/jwks.json, and set the audience.",
            ("browser", "third-party"),
        )
    if answers.clients == "all":
        return "cookie and bearer", Reason(
            "transport",
            "Pages use a cookie and the app uses Bearer. Each asks for its transport at login.",
            ("browser", "mobile"),
        )
    return "cookie", Reason(
        "transport",
        "The browser keeps an HttpOnly cookie, which no script can read. A GET with a cookie needs"
        " no preflight.",
        ("browser", "preflights"),
    )


def _lifetimes(answers: Answers, mode: Mode) -> Found:
    away, sentence = answers.away, ""
    if answers.stake == "money":
        away = "minutes"
        sentence = (
            "A login can be misused until it ends, by a thief or at an unattended browser. So it"
            " ends after 15 minutes without use and after 12 hours in any case. These are the time"
            " limits of NIST SP 800-63B at AAL3, which also requires a second factor; Doorward has"
            " none."
        )
    elif answers.in_browsers and answers.pages == "elsewhere" and away == "weeks":
        away = "workday"
        sentence = (
            "The script forgets the credential when its page closes, so a longer life would serve"
            " a thief alone."
        )
    idle, absolute = IDLE[away], ABSOLUTE[away]
    if not answers.in_browsers and away == "weeks":
        idle, absolute = "30d", "90d"
        sentence = (
            "On an app or in a program people type no password every two weeks: they log in again"
            " after a month without use, and every three months in any case. They can see each"
            " login in their list and end it there."
        )
    if away != answers.away:
        sentence += f" You answered {MEANT[answers.away]}; the advice is {MEANT[away]}."
    if not sentence:
        sentence = (
            "A login ends when it was not used for as long as people may be away, and in any case"
            " at its absolute limit. It can be ended at once at any time."
        )
    rows = ("stolen-credential", "after-logout", "listed")
    return {"idle_ttl": idle, "absolute_ttl": absolute}, [Reason("lifetimes", sentence, rows)]


def _access(answers: Answers, mode: Mode) -> Found:
    if mode != "token":
        return {}, []
    if answers.others_check == "no":
        sentence = "A refresh every five minutes costs little. A lock does not wait for one."
        return {"access_ttl": "5m"}, [
            Reason("access token", sentence, ("refresh-bytes", "lock", "stolen-credential"))
        ]
    minutes = 2 if answers.stake == "money" else 5
    sentence = (
        "Services that check tokens by themselves learn of no lock before the token expires, even"
        f" if this application obeys at once. So it lives for {minutes} minutes only."
    )
    return {"access_ttl": f"{minutes}m"}, [
        Reason("access token", sentence, ("third-party", "refresh-bytes"))
    ]


def _staleness(answers: Answers, mode: Mode) -> Found:
    if answers.machines == "one":
        return {}, [
            Reason(
                "locks",
                "On one machine every check asks whether the database changed, so a lock takes"
                " effect at the next request.",
                ("lock", "role", "work"),
            )
        ]
    seconds = STALENESS[answers.lock_within]
    if seconds == 0:
        sentence = (
            "Every request of this application asks the store, so a lock takes effect at the next"
            " one on every node. The store then answers one call for each request, as with a plain"
            " session. If only a few routes need this, leave the setting out and guard those routes"
            " with max_staleness=0."
        )
        return {"max_staleness": 0}, [Reason("locks", sentence, ("store-reads", "work"))]
    sentence = (
        "Nodes learn of a lock within milliseconds. A node that loses its connection to the store"
        f" refuses all requests after {seconds} s."
    )
    rows = ("lock", "role", "store-reads", "thousand-nodes")
    return {"max_staleness": seconds}, [Reason("locks", sentence, rows)]


def _origins(answers: Answers, mode: Mode) -> Found:
    if not answers.in_browsers or answers.pages == "same":
        return {}, []
    origin = APP[answers.pages]
    sentence = "In either mode, pages of another origin are served only if that origin is listed."
    return {"trusted_origin": (origin,)}, [
        Reason("origins", sentence, ("other-domain", "preflights"))
    ]


def _store(answers: Answers, mode: Mode) -> Found:
    found: dict[str, Any] = {"database": DATABASES[answers.machines]}
    if answers.machines == "one":
        sentence = "A SQLite file is enough for one machine, even with several processes."
        return found, [Reason("store", sentence, ("four-processes", "stored-bytes"))]
    each = STALENESS[answers.lock_within] == 0
    if answers.machines == "many":
        found["sessions"] = SESSIONS
        asked = (
            "Each request asks" if each else "Nodes answer from memory, and follow the changes in"
        )
        sentence = (
            f"{asked} one Redis, which answers more small requests than PostgreSQL does. The audit"
            " log of `doorward serve` stays in PostgreSQL, and takes about a hundred logins a"
            " second of the whole fleet."
        )
    else:
        asked = (
            "Each request asks it" if each else "Nodes answer from memory and follow its changes"
        )
        sentence = f"A few nodes share one PostgreSQL. {asked}."
    return found, [Reason("store", sentence, ("stored-bytes",))]


def _roles(answers: Answers) -> tuple[Reason, ...]:
    if answers.roles == "few":
        return ()
    sentence = (
        "Keep the names of roles short, or group roles. In either mode a login can have only as"
        " many roles as fit into a token, and a token carries all of them in every request."
    )
    return (Reason("roles", sentence, ("role-bytes", "role-limit")),)
