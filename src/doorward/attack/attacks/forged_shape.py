"""A good token, cut, padded and bent."""

from ..attack import Attack
from ..attacker import Attacker
from ..mutants import ALPHABET
from ..verdict import Verdict, held, not_applicable, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.mode != "token":
        return not_applicable("Session mode signs nothing.")
    login = target.log_in()
    head, payload, signature = login.credential.split(".")
    last = ALPHABET[ALPHABET.index(signature[-1]) ^ 1]  # the lowest bit, which is often unused
    mutants = [f"{head}.{payload}.{signature[:-cut]}" for cut in (1, 2, 4, len(signature))]
    mutants += [f"{login.credential}=", f"{login.credential}==", f"{login.credential}.e30"]
    mutants += [f"{head}.{payload}", f"{head}..{signature}", f"{head}.{payload}.{signature}.", "."]
    mutants += [f"{head}.{payload}.{signature[:-1]}{last}", f"{head}=.{payload}.{signature}"]
    for mutant in mutants:
        if target.me(login, mutant).status == 200:
            return succeeded("A token whose bytes were changed was believed.")
    return held(f"None of {len(mutants)} bent tokens was believed.")


ATTACK = Attack(
    id="forged-shape",
    title="Tokens cut and padded",
    story="An attacker changes a token's bytes without knowing the key."
    " A lax parser takes several texts for the same token, or compares less than all."
    " Lists of ended tokens are passed by, or signatures guessed.",
    references=("RFC 7515 section 2", "CWE-347", "ASVS V9.1.1"),
    defences=("tokens are verified",),
    run=_run,
)
