"""A logout in the middle of thirty refreshes."""

from concurrent.futures import ThreadPoolExecutor

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded

PARALLEL = 30


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
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
        return succeeded("An access token still worked after the logout was answered.")
    later = {str(each.get("refresh_token", "")) for each in given} | {login.refresh}
    if any(target.refresh(token).status == 200 for token in later if token):
        return succeeded("A refresh token still worked after the logout was answered.")
    return held(
        f"{len(given)} of {PARALLEL} refreshes preceded the logout; none of their tokens works."
    )


ATTACK = Attack(
    id="revoke-race",
    title="A logout against thirty refreshes",
    story="A thief refreshes without a pause. The owner logs out in the middle of it. A refresh"
    " that overwrites the logout with what it read earlier restores the session.",
    references=("CWE-362", "CWE-613", "ASVS V7.4.1"),
    defences=("a logout ends the session on the server",),
    run=_run,
)
