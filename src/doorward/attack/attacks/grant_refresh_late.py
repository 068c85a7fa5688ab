"""A stolen refresh token of an application, used after the application went on."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import third_party
from ..verdict import Verdict, detected, succeeded

LATE = 301
"""Seconds after which the application needs another access token."""


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, clock = third_party(target), target.clock
    if clock is None:
        raise AssertionError("an instance with applications has a clock")
    stolen = app.tokens(target.log_in(target.sign_up()), scope="openid offline_access")
    honest = stolen
    for _ in range(2):
        honest = app.refresh(honest["refresh_token"]).json()
        clock.advance(LATE)
    if app.refresh(stolen["refresh_token"]).status == 200:
        return succeeded("A refresh token that was replaced twice still gave tokens.")
    if app.refresh(honest["refresh_token"]).status == 200:
        return succeeded("The theft was refused, but what the thief may hold elsewhere lives on.")
    return detected("The old token was refused, and the access ended.")


ATTACK = Attack(
    id="grant-refresh-late",
    title="A stolen refresh token of an application",
    story="A thief copies the refresh token of an application and waits. The application"
    " refreshes, and the thief then shows the copy. The thief has access for months"
    " unless the reuse is noticed.",
    references=("RFC 9700 section 4.14.2", "CWE-294", "ASVS V10.4.5"),
    defences=("reuse of a refresh token is detected",),
    run=_run,
    ours=True,
)
