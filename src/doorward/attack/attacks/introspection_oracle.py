"""A stranger who asks about tokens."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import API, SCOPES, OtherApplication, third_party
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app = third_party(target)
    others = {"openid": "", "offline_access": "", "lab:other": "https://other.doorward.example"}
    stranger = OtherApplication(
        target, *target.applications.register(["https://x.example/"], others)
    )
    tokens = app.tokens(target.log_in())
    token = {"token": tokens["access_token"]}
    if not app.send("introspect", **token).json().get("active"):
        raise AssertionError(f"a client of {API} with {len(SCOPES)} scopes learns nothing")
    for each in tokens.values():
        if stranger.send("introspect", token=each).json() != {"active": False}:
            return succeeded("An application learned whose token it had found.")
        if stranger.send("revoke", token=each).status != 200:
            return succeeded("The answer to a revocation tells that a token is another's.")
    shown = {"without a secret": {"client_secret": ""}, "with a wrong one": {"client_secret": "x"}}
    for how, wrong in shown.items():
        answer = app.send("introspect", **token, **wrong)
        if answer.status != 401:
            return succeeded(f"A program {how} was told {answer.text}.")
    if not app.lives(tokens):
        return succeeded("A stranger ended the access of another application.")
    return held("A stranger learns nothing about a token, and ends nothing.")


ATTACK = Attack(
    id="introspection-oracle",
    title="Questions about found tokens",
    story="A thief has found strings that may be tokens. They ask the server what each is"
    " good for, as an application of their own or as nobody. The answers say whom it"
    " opens, or end the access of others.",
    references=("RFC 7662 section 4", "CWE-200", "ASVS V10.4.10"),
    defences=("a stranger learns nothing of a token",),
    run=_run,
    ours=True,
)
