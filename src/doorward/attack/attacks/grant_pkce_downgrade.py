"""A request whose proof of possession was taken out."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import said_by, third_party
from ..verdict import Verdict, held, succeeded

_WITHOUT: dict[str, dict[str, str | None]] = {
    "without a challenge": {"code_challenge": None, "code_challenge_method": None},
    "with a method alone": {"code_challenge": None},
    "without a method": {"code_challenge_method": None},
    "with the method plain": {"code_challenge_method": "plain"},
    "with a challenge too short": {"code_challenge": "short"},
}


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim = third_party(target), target.log_in()
    if "code" not in said_by(app.allow(victim)):
        raise AssertionError("an honest request gives no code")
    for how, changed in _WITHOUT.items():
        said = said_by(app.authorize(victim, **changed))
        if "code" in said:
            return succeeded(f"A request {how} gave a code.")
        if said.get("error") != "invalid_request":
            raise AssertionError(f"a request {how} was answered {said}")
    return held(f"{len(_WITHOUT)} requests without a proper challenge gave no code.")


ATTACK = Attack(
    id="grant-pkce-downgrade",
    title="PKCE, taken out on the way",
    story="An attacker changes the link by which an application asks for access, and"
    " leaves the challenge out. The code that comes is bound to no verifier. Whoever"
    " reads it can use it.",
    references=("RFC 9700 section 4.8.2", "CWE-757", "ASVS V10.4.6"),
    defences=("every request has a challenge",),
    run=_run,
    ours=True,
)
