"""Thousands of changed copies of a valid session token or refresh token."""

from ..attack import Attack
from ..attacker import Attacker
from ..mutants import keep_last, mutants
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    login = target.log_in()
    signed = target.way.mode == "token"
    live = login.refresh if signed else login.credential
    seen, count = {live}, 5_000 if attacker.full else 300
    for text in mutants(attacker.random, live):
        if text in seen:
            continue
        seen.add(text)
        answer = target.refresh(text) if signed else target.me(login, text)
        keep_last(target.client)
        if answer.status == 200:
            return succeeded("A token that was never issued was accepted.")
        if answer.status >= 500:
            raise AssertionError(f"a token broke the server: it answered {answer.status}")
        if len(seen) > count:
            break
    alive = target.refresh(live) if signed else target.me(login)
    if alive.status != 200:
        raise AssertionError("the changed tokens ended the original")
    return held(f"None of {count} changed tokens was accepted, and the original still works.")


ATTACK = Attack(
    id="mutants-opaque",
    title="Thousands of changed session and refresh tokens",
    story="An attacker has a token of their own, or part of somebody's. Their program changes it"
    " at random, thousands of times. A server that compares only a part, or accepts a second"
    " spelling, opens a session.",
    references=("CWE-697", "CWE-1025", "ASVS V7.2.1"),
    defences=("the whole secret is compared",),
    run=_run,
)
