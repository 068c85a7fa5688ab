"""A logout in the middle of thirty refreshes."""

from concurrent.futures import ThreadPoolExecutor

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, not_applicable, succeeded

PARALLEL = 30


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.mode != "token":
        return not_applicable("Session mode has no refresh tokens.")
    login = target.log_in()
    with ThreadPoolExecutor(PARALLEL + 1) as pool:
        refreshes = [pool.submit(target.refresh, login.refresh) for _ in range(PARALLEL // 2)]
        end = pool.submit(target.log_out, login)
        refreshes += [pool.submit(target.refresh, login.refresh) for _ in range(PARALLEL // 2)]
        ended, answers = end.result(), [each.result() for each in refreshes]
    if not ended.accepted:
        raise AssertionError(f"the logout answered {ended.status}")
    given = [answer.json() for answer in answers if answer.status == 200]
    tokens = [str(each.get("access_token", "")) for each in given]
    if any(target.me(login, token).status == 200 for token in (login.credential, *tokens)):
        return succeeded("An access token was alive after the logout had answered.")
    later = {str(each.get("refresh_token", "")) for each in given} | {login.refresh}
    if any(target.refresh(token).status == 200 for token in later if token):
        return succeeded("A refresh token was alive after the logout had answered.")
    return held(f"{len(given)} of {PARALLEL} refreshes came before the end, and nothing after it.")


ATTACK = Attack(
    id="revoke-race",
    title="A logout against thirty refreshes",
    story="A thief refreshes without a pause. The owner logs out in the middle of it."
    " A refresh that writes last what it read first brings the session back to life.",
    references=("CWE-362", "CWE-613", "ASVS V7.4.1"),
    defences=("sessions end at the server",),
    run=_run,
)
