"""What another instance gave out, shown to this one."""

import json

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, header_of
from ..target import Login, Target
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    with target.other() as other:
        victim, stranger = target.log_in(), other.log_in()
        if other.me(stranger).status != 200:
            raise AssertionError("the other instance refuses its own token")
        tokens = _tokens(other, stranger.credential, victim.credential)
        for name, token in tokens.items():
            answer = target.me(victim, token)
            if answer.accepted:
                return succeeded(f"The server accepted another instance's token with {name}.")
            if answer.status >= 500:
                raise AssertionError(f"a token with {name} broke the server: {answer.status}")
        if _renews(target, other, stranger):
            return succeeded("The server exchanged another instance's refresh token.")
    if target.me(victim).status != 200:
        raise AssertionError("the instance refuses its own token")
    return held(f"The server refused all {len(tokens)} tokens that another instance signed.")


def _tokens(other: Target, stranger: str, victim: str) -> dict[str, str]:
    """The operator of the other instance can sign any claims there, under any `kid`."""
    sign, ours = other.operator.sign, decode(victim.split(".")[1])
    claims, theirs = json.loads(ours), json.loads(decode(stranger.split(".")[1]))
    issuer = {name: theirs[name] for name in ("iss", "aud") if name in theirs}
    foreign = json.dumps(claims | issuer).encode()
    kid = str(header_of(victim).get("kid", ""))
    return {
        "its own claims": stranger,
        "the victim's subject": sign(foreign),
        "the victim's subject and our key's name": sign(foreign, kid=kid),
        "all of the victim's claims": sign(ours),
        "all of the victim's claims and our key's name": sign(ours, kid=kid),
    }


def _renews(target: Target, other: Target, stranger: Login) -> bool:
    """Whether this instance exchanges a refresh token that is valid at the other."""
    if 200 <= target.refresh(stranger.refresh).status < 300:
        return True
    if other.refresh(stranger.refresh).status != 200:
        raise AssertionError("the other instance refuses its own refresh token")
    return False


ATTACK = Attack(
    id="other-instance",
    title="A token of another instance",
    story="An attacker operates another instance of the same program."
    " That instance signs a token with the victim's subject and the `kid` of the victim's server."
    " A server that shares its key, or finds keys by `kid` alone, accepts the token.",
    references=("RFC 8725 section 3.8", "CWE-321", "CWE-345", "ASVS V9.2.3"),
    defences=("signatures of tokens are verified",),
    run=_run,
)
