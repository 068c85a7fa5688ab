"""The file of the server's key, without the database."""

import json
import time

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, header_of, segment
from ..leaked_key import forged_with
from ..verdict import Verdict, held, not_applicable, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.files is None:
        return not_applicable("Only an instance that the lab started shows its files.")
    if target.way.mode != "token":
        return not_applicable("Session mode signs nothing.")
    victim, thief = target.log_in(), target.log_in()
    claims = json.loads(decode(thief.credential.split(".")[1]))
    theirs = json.loads(decode(victim.credential.split(".")[1]))
    payload = segment(claims | theirs | {"iat": int(time.time()), "sub": theirs["sub"]})
    header = header_of(thief.credential)
    forged = forged_with(target.files.key.read_bytes(), header, payload)
    if not forged:
        raise AssertionError("the key file holds nothing")
    if any(target.me(victim, token).status == 200 for token in forged):
        return succeeded("A token signed with what stands in the key file was believed.")
    return held(
        "Nothing that stands in the key file signs a token; the signing keys are elsewhere."
    )


ATTACK = Attack(
    id="leaked-root-key",
    title="A leaked key file",
    story="A thief gets the server's key from an image or a repository, and not its database."
    " They sign tokens with whatever stands in it."
    " A key that signs by itself makes them everybody, until somebody notices.",
    references=("CWE-321", "ASVS V13.3.3"),
    defences=("the key file signs nothing by itself",),
    run=_run,
)
