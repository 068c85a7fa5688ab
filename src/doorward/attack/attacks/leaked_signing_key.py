"""A stolen signing key, which the operator withdraws."""

import json

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, header_of
from ..verdict import Verdict, held, succeeded

TOKENS = 3


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    operator, victim = target.operator, target.log_in()
    claims = json.loads(decode(victim.credential.split(".")[1]))
    forged = [operator.sign(json.dumps(claims | {"jti": str(n)}).encode()) for n in range(TOKENS)]
    if target.me(victim, forged[0]).status != 200:
        raise AssertionError("a token signed with the leaked key is refused")
    kid = str(header_of(forged[0]).get("kid", ""))
    with target.node() as other:
        if other.me(victim, forged[1]).status != 200:
            raise AssertionError("another node refuses a token signed with the leaked key")
        operator.compromise(kid)
        for place, where in {"first": target, "other": other}.items():
            if any(where.me(victim, token).status == 200 for token in forged):
                return succeeded(f"The {place} node accepted a token of the withdrawn key.")
    published = target.client.send("GET", "/.well-known/jwks.json").json().get("keys", [])
    if kid in [key.get("kid") for key in published]:
        return succeeded("The withdrawn key is still published.")
    if target.refresh(victim.refresh).status != 200:
        raise AssertionError("the victim was logged out as well")
    return held("Both nodes refuse tokens of the withdrawn key, and the victim stays logged in.")


ATTACK = Attack(
    id="leaked-signing-key",
    title="A stolen signing key that is withdrawn",
    story="A thief has the key that signs access tokens, and signs some for other people. The"
    " operator withdraws the key. Where a node or the published list of keys is not updated,"
    " the thief's tokens still work.",
    references=("RFC 7517 section 5", "CWE-321", "CWE-324", "ASVS V11.2.2"),
    defences=("a withdrawn key verifies nothing",),
    run=_run,
)
