"""A stolen code, without what belongs to it."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import CALLBACK, third_party
from ..verdict import Verdict, held, succeeded

ELSEWHERE = "https://photos.doorward.example/elsewhere"


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, thief = third_party(target, [CALLBACK, ELSEWHERE]), third_party(target)
    code = app.code(target.log_in())
    tries = {
        "with another verifier": app.redeem(code, code_verifier=thief.verifier),
        "without a verifier": app.redeem(code, code_verifier=""),
        "with its challenge as verifier": app.redeem(code, code_verifier=code),
        "by another application": thief.redeem(code, code_verifier=app.verifier),
        "for another redirect URI": app.redeem(code, redirect_uri=ELSEWHERE),
        "without its redirect URI": app.redeem(code, redirect_uri=""),
    }
    for how, answer in tries.items():
        if answer.status == 200:
            return succeeded(f"The code gave tokens {how}.")
    if app.redeem(code).status != 200:
        return succeeded("A wrong use burned the code, so a stranger keeps the application out.")
    return held(f"{len(tries)} wrong uses gave nothing and burned nothing.")


ATTACK = Attack(
    id="grant-code-stolen",
    title="A stolen code, without what belongs to it",
    story="A thief gets the code of a victim before the application uses it. They show it"
    " with a verifier of their own, as another application, or for another address."
    " If it works, they act for the victim.",
    references=("RFC 7636", "RFC 9700 section 4.5", "CWE-345", "ASVS V10.4.6"),
    defences=("a code belongs to one request",),
    run=_run,
    ours=True,
)
