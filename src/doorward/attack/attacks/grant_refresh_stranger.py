"""The refresh token of one application, used by another, or for more."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import READ, WRITE, third_party
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, thief = third_party(target), third_party(target)
    token = app.tokens(target.log_in())["refresh_token"]
    if thief.refresh(token).status == 200:
        return succeeded("Another application was given tokens for the refresh token.")
    wanted = {"scope": f"{READ} {WRITE}"}, {"scope": "openid"}, {"resource": "https://evil.example"}
    for more in wanted:
        answer = app.refresh(token, **more)
        if answer.status == 200 and answer.json().get("scope") != READ:
            return succeeded(f"A refresh gave {answer.json().get('scope')}, which nobody allowed.")
        if answer.status == 200:
            return succeeded(f"A refresh with {more} was taken for an honest one.")
    if app.refresh(token).status != 200:
        return succeeded("A stranger who showed the token ended the access of its owner.")
    return held("The token was refused to another application and for more, and stays good.")


ATTACK = Attack(
    id="grant-refresh-stranger",
    title="A refresh token of another application",
    story="An application finds the refresh token of another one, or wants more than the"
    " person allowed. It shows the token as its own, and asks for other scopes. It"
    " acts for the victim with rights that nobody gave it.",
    references=("RFC 6749 section 10.4", "CWE-863", "ASVS V10.4.11"),
    defences=("a refresh token is of one application",),
    run=_run,
    ours=True,
)
