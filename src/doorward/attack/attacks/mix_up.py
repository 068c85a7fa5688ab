"""An answer that does not say who gives it."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import said_by, third_party
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim = third_party(target), target.log_in()
    path = "/.well-known/oauth-authorization-server"
    metadata = target.client.send("GET", path).json()
    issuer = metadata.get("issuer")
    if not issuer or not metadata.get("authorization_response_iss_parameter_supported"):
        return succeeded("The metadata promises no issuer in answers, so no application checks it.")
    answers = {
        "an error": app.authorize(victim, prompt="none"),
        "a code after a consent": app.allow(victim),
        "a code": app.authorize(victim),
        "an unknown response type": app.authorize(victim, response_type="token"),
    }
    for what, answer in answers.items():
        said = said_by(answer)
        if not ("code" in said or "error" in said):
            raise AssertionError(f"the application is not told {what}: {answer.status}")
        if said.get("iss") != issuer:
            return succeeded(f"{what} came from {said.get('iss')}, and not from {issuer}.")
    return held(f"Each of {len(answers)} answers names its issuer.")


ATTACK = Attack(
    id="mix-up",
    title="Mix-up of two servers",
    story="An application lets people log in at several servers, and the attacker runs"
    " one of them. The attacker sends a victim on to the honest server. The"
    " application takes the answer for the attacker's, and shows the code there.",
    references=("RFC 9207", "RFC 9700 section 4.4", "CWE-346", "ASVS V10.2.2"),
    defences=("an answer names its issuer",),
    run=_run,
    ours=True,
)
