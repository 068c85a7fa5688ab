"""CORS: which other origins may read an answer."""

from collections.abc import Callable

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, not_applicable, succeeded

ALLOW = "access-control-allow-origin"


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        return not_applicable("A browser keeps no bearer token by itself.")
    victim = target.log_in()
    host = target.client.address.host
    origins = (
        "https://evil.example",
        "null",
        f"http://evil.{host}",
        f"http://{host}.evil.example",
        f"http://evil{host}",
        f"{target.origin}.evil.example",
        f"{target.origin}@evil.example",
        f"http://{host}:1",
    )
    for origin in origins:
        said = [("Origin", origin)]
        asks = ("Access-Control-Request-Method", "POST")
        answers = [
            target.client.send("GET", "/api/me", [*said, *victim.headers()]),
            target.client.send("GET", "/api/sessions", [*said, *victim.headers()]),
            target.client.send("OPTIONS", "/api/me", [*said, asks]),
            target.client.send("OPTIONS", "/api/password", [*said, asks]),
        ]
        for answer in answers:
            if answer.status >= 500:
                raise AssertionError(f"{answer.path} answered {answer.status}")
            if answer.header(ALLOW) in (origin, "*") and _with_cookies(answer.header):
                return succeeded(
                    f"A page at {origin} may read {answer.path} with the victim's cookies."
                )
    return held(f"None of {len(origins)} other origins may read an answer.")


def _with_cookies(header: Callable[[str], str]) -> bool:
    return header("access-control-allow-credentials").lower() == "true"


ATTACK = Attack(
    id="cors",
    title="A page of another origin that reads answers",
    story="The attacker's page asks for the victim's data with the victim's cookies. The browser"
    " asks the server whether the page may read the answer. A server that allows every"
    " origin gives the data away.",
    references=("CWE-942", "ASVS V3.4.2"),
    defences=("other origins may not read answers",),
    run=_run,
)
