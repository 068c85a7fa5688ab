"""The server's key file, stolen without the database."""

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
    target.require_tokens()
    victim, thief = target.log_in(), target.log_in()
    claims = json.loads(decode(thief.credential.split(".")[1]))
    theirs = json.loads(decode(victim.credential.split(".")[1]))
    payload = segment(claims | theirs | {"iat": int(time.time()), "sub": theirs["sub"]})
    header = header_of(thief.credential)
    forged = forged_with(target.files.key.read_bytes(), header, payload)
    if not forged:
        raise AssertionError("the key file holds nothing")
    if any(target.me(victim, token).status == 200 for token in forged):
        return succeeded("A token signed with the contents of the key file was accepted.")
    return held("Nothing in the key file signs a token; the signing keys are stored elsewhere.")


ATTACK = Attack(
    id="leaked-root-key",
    title="A leaked key file",
    story="A thief gets the server's key file from an image or a repository, but not its"
    " database. They sign tokens with everything that they find in it. If the file holds the"
    " signing key, they can be anybody until somebody notices.",
    references=("CWE-321", "ASVS V13.3.1"),
    defences=("the key file alone signs nothing",),
    run=_run,
)
