"""One refresh token, presented thirty times at once."""

from concurrent.futures import ThreadPoolExecutor

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded

PARALLEL = 30


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    token = target.log_in().refresh
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(target.refresh, [token] * PARALLEL))
    fresh = [each for each in answers if each.json().get("refresh_token", token) != token]
    if len(fresh) > 1:
        return succeeded(f"{len(fresh)} of {PARALLEL} requests got a new refresh token.")
    if not fresh:
        raise AssertionError("nobody got a refresh token")
    return held(f"One of {PARALLEL} requests got a new refresh token.")


ATTACK = Attack(
    id="refresh-race",
    title="Thirty refreshes at once",
    story="A thief and an owner present one refresh token in the same millisecond. A server that"
    " looks first and writes later lets both pass. Each then has refresh tokens of its own,"
    " and the theft stays unnoticed.",
    references=("CWE-362", "ASVS V10.4.5"),
    defences=("reuse of a refresh token is detected",),
    run=_run,
)
