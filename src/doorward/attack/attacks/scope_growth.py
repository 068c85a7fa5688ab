"""More than a person allowed, without a question."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import READ, WRITE, said_by, third_party
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim = third_party(target), target.log_in()
    first = app.tokens(victim)
    if first["scope"] != READ or "code" not in said_by(app.authorize(victim, prompt="none")):
        raise AssertionError("what was allowed is asked for again")
    for scope in (WRITE, f"{READ} {WRITE}", f"{READ} offline_access", "openid"):
        answer = app.authorize(victim, scope=scope, prompt="none")
        if "code" in said_by(answer):
            return succeeded(f"{scope} was given, and only {READ} was allowed.")
        if app.authorize(victim, scope=scope).status != 200:
            raise AssertionError(f"nobody is asked about {scope}")
    other = third_party(target)
    if "code" in said_by(other.authorize(victim, prompt="none")):
        return succeeded("One application used what was allowed to another.")
    return held("For each scope that is new, and each application, the person is asked.")


ATTACK = Attack(
    id="scope-growth",
    title="More than was allowed, without a question",
    story="A person allows an application to read something. Later it sends them through"
    " a link that asks for more, and that shows no page. It may write from then on"
    " if the old consent counts for the new scope.",
    references=("RFC 6749 section 10.2", "CWE-862", "ASVS V10.7.1"),
    defences=("a new scope is asked for",),
    run=_run,
    ours=True,
)
