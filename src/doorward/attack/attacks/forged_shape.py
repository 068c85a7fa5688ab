"""A valid token, cut, padded and altered."""

from ..attack import Attack
from ..attacker import Attacker
from ..mutants import ALPHABET
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    login = target.log_in()
    head, payload, signature = login.credential.split(".")
    last = ALPHABET[ALPHABET.index(signature[-1]) ^ 1]  # the lowest bit, which is often unused
    mutants = [f"{head}.{payload}.{signature[:-cut]}" for cut in (1, 2, 4, len(signature))]
    mutants += [f"{login.credential}=", f"{login.credential}==", f"{login.credential}.e30"]
    mutants += [f"{head}.{payload}", f"{head}..{signature}", f"{head}.{payload}.{signature}.", "."]
    mutants += [f"{head}.{payload}.{signature[:-1]}{last}", f"{head}=.{payload}.{signature}"]
    for mutant in mutants:
        if target.me(login, mutant).status == 200:
            return succeeded("A token whose bytes were changed was accepted.")
    return held(f"None of {len(mutants)} altered tokens was accepted.")


ATTACK = Attack(
    id="forged-shape",
    title="Cut, padded and altered tokens",
    story="An attacker changes a token's bytes without knowing the key. A lax parser accepts"
    " several texts as the same token, or compares only a part. The attacker gets around a"
    " list of revoked tokens, or guesses a signature.",
    references=("RFC 7515 section 2", "CWE-347", "ASVS V9.1.1"),
    defences=("signatures of tokens are verified",),
    run=_run,
)
