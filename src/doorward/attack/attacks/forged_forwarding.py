"""Headers that only a proxy should write, written by the client."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded

ADDRESS = "203.0.113.66"
FROM = (
    [("X-Forwarded-For", ADDRESS)],
    [("X-Forwarded-For", f"{ADDRESS}, 127.0.0.1")],
    [("Forwarded", f"for={ADDRESS};proto=https")],
    [("X-Real-IP", ADDRESS), ("True-Client-IP", ADDRESS), ("CF-Connecting-IP", ADDRESS)],
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    victim = target.log_in()
    for headers in FROM:
        if not target.try_login(victim.account, victim.account.password, headers).accepted:
            raise AssertionError("a login with forwarding headers was refused")
    seen = target.act(victim, "GET", "/api/sessions")
    if seen.status != 200 or "sessions" not in seen.json():
        raise AssertionError(f"the sessions could not be listed: {seen.status}")
    if ADDRESS in seen.text:
        return succeeded("The list of sessions shows the address that the client made up.")
    for name in ("X-Forwarded-User", "Remote-User", "X-Remote-User", "X-Forwarded-Email"):
        for who in (victim.account.email, victim.account.subject):
            if target.client.send("GET", "/api/me", [(name, who)]).status == 200:
                return succeeded(f"The header {name} logged somebody in.")
    for name in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri"):
        found = target.client.send("GET", "/healthz", [(name, "/api/sessions"), *victim.headers()])
        if "sessions" in found.json():
            return succeeded(f"The header {name} led to another path than the requested one.")
    return held("No header that only a proxy should write was trusted.")


ATTACK = Attack(
    id="forged-forwarding",
    title="Forged forwarding headers",
    story="An attacker sends the headers in which a proxy reports the client and the path. An"
    " application that trusts them from everybody records the wrong address. It counts"
    " guesses by that address, hides where a thief came from, or logs in whomever a header"
    " names.",
    references=("RFC 7239 section 8", "CWE-348", "CWE-290"),
    defences=("only configured proxies are trusted",),
    run=_run,
)
