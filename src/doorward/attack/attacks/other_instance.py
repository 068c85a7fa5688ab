"""What another instance gave out, shown to this one."""

import json

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, header_of
from ..target import Login, Target
from ..verdict import Verdict, held, not_applicable, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.mode != "token":
        return not_applicable("Session mode signs nothing.")
    with target.other() as other:
        victim, stranger = target.log_in(), other.log_in()
        if other.me(stranger).status != 200:
            raise AssertionError("the other instance refuses its own token")
        tokens = _tokens(other, stranger.credential, victim.credential)
        for name, token in tokens.items():
            answer = target.me(victim, token)
            if answer.accepted:
                return succeeded(f"Another instance's token with {name} was believed.")
            if answer.status >= 500:
                raise AssertionError(f"a token with {name} broke the server: {answer.status}")
        if _renews(target, other, stranger):
            return succeeded("Another instance's refresh token was exchanged.")
    if target.me(victim).status != 200:
        raise AssertionError("the instance refuses its own token")
    return held(f"None of {len(tokens)} tokens that another instance signed was believed.")


def _tokens(other: Target, stranger: str, victim: str) -> dict[str, str]:
    """Whoever runs the other instance has whatever they like signed there, under any name."""
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
    """Whether this instance takes a refresh token that is good at the other."""
    if 200 <= target.refresh(stranger.refresh).status < 300:
        return True
    if other.refresh(stranger.refresh).status != 200:
        raise AssertionError("the other instance refuses its own refresh token")
    return False


ATTACK = Attack(
    id="other-instance",
    title="A token of another instance",
    story="An attacker runs an instance of the same program, or works at another tenant."
    " They have it sign a token for the victim's subject, under the name of the victim's key."
    " A server whose key is not its own, or that finds keys by name alone, believes it.",
    references=("RFC 8725 section 3.8", "CWE-321", "CWE-345", "ASVS V9.2.3"),
    defences=("tokens are verified",),
    run=_run,
)
