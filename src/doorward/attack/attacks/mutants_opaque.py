"""Thousands of session tokens and refresh tokens, each a live one with something changed."""

from ..attack import Attack
from ..attacker import Attacker
from ..mutants import kept, mutants
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
        kept(target.client)
        if answer.status == 200:
            return succeeded("A token was taken that nobody had issued.")
        if answer.status >= 500:
            raise AssertionError(f"a token broke the server: it answered {answer.status}")
        if len(seen) > count:
            break
    alive = target.refresh(live) if signed else target.me(login)
    if alive.status != 200:
        raise AssertionError("the live token died of the changed ones")
    return held(f"None of {count} changed tokens was taken, and the live one still is.")


ATTACK = Attack(
    id="mutants-opaque",
    title="Thousands of changed session and refresh tokens",
    story="An attacker has a token of their own, or part of somebody's."
    " A program of theirs changes it in every way it can think of, thousands of times."
    " A server that compares a part, or takes two spellings for one, opens a session.",
    references=("CWE-697", "CWE-1025", "ASVS V7.2.2"),
    defences=("secrets are compared",),
    run=_run,
)
