"""Methods and paths that two servers read differently."""

from ..attack import Attack
from ..attacker import Attacker
from ..target import Login, Target
from ..verdict import Verdict, held, succeeded

HEADERS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
PATHS = (
    "/api/me/",
    "//api/me",
    "/api//me",
    "/api/./me",
    "/api/x/../me",
    "/api/%2e/me",
    "/api/x/%2e%2e/me",
    "/API/ME",
    "/api/me;x=1",
    "/api/me%00",
    "/api/me%20",
    "/api/me%2f",
    "/api%2fme",
    "/api\\me",
    "/login/../api/me",
    "/.well-known/jwks.json/../../api/me",
    "/api/me.json",
    "/api/me?x",
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    login = target.log_in(target.sign_up())
    for path in PATHS:
        if target.client.send("GET", path).status == 200 and not path.startswith("/login"):
            return succeeded(f"{path} was answered without a login.")
    for header in (*((name, "POST") for name in HEADERS), ("", "")):
        if _ended(target, login, "GET", "/api/logout", header):
            return succeeded(f"A GET logged out, {_because(header[0])}.")
    for header in ((name, "DELETE") for name in HEADERS):
        if _ended(target, login, "GET", "/api/sessions", header):
            return succeeded(f"A GET ended sessions, {_because(header[0])}.")
    for path in ("/api/logout?_method=POST", "/logout", "/logout?_method=POST"):
        if _ended(target, login, "GET", path, ("", "")):
            return succeeded(f"A GET of {path} logged out.")
    return held(
        f"{len(PATHS)} spellings of a path all needed a login, and no GET changed anything."
    )


def _because(name: str) -> str:
    return f"because {name} asked for it" if name else "without any header"


def _ended(target: Target, login: Login, method: str, path: str, header: tuple[str, str]) -> bool:
    """Whether the request did something, or ended a session of the login's account."""
    other = target.log_in(login.account)
    more = [header] if header[0] else []
    answer = target.client.send(method, path, [*more, *target.own, *login.headers()])
    if answer.status >= 500:
        raise AssertionError(f"{method} {path} broke the server: {answer.status}")
    alive = all(target.me(each).status == 200 for each in (login, other))
    return not alive or answer.status == 204


ATTACK = Attack(
    id="method-override",
    title="Disguised paths and methods",
    story="An attacker writes a path, or a method, so that a proxy in front takes it for a"
    " harmless one. The application behind the proxy reads it differently. The request gets"
    " past the proxy's rules, or past the check of its origin.",
    references=("CWE-436", "CWE-650", "ASVS V4.1.4"),
    defences=("no header overrides the method",),
    run=_run,
)
