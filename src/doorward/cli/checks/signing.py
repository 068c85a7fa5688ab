"""The keys that sign access tokens and ID tokens."""

from ...keys import LINES, scheduled, signer_at
from ...settings import DAY
from ...types import SigningKey
from ..doctor_facts import Facts
from ..output import long
from .finding import NOTE, OK, UNSAFE, WARNING, Finding

OLD_KEY = 90 * DAY
"""Age at which a signing key should have had a successor."""


def signer(facts: Facts) -> Finding:
    """The age of the key that signs, of two the older one."""
    live = _live(facts)
    if not facts.keys:
        return Finding(OK, "There are no signing keys; token mode makes them when it starts.")
    if not scheduled(live, "access"):
        return Finding(UNSAFE, "No key may sign access tokens.", "Restore the database.")
    signers = [signer_at(live, facts.now, line) for line in LINES if scheduled(live, line)]
    age = max(0, *(facts.now - (signer.signs_from or 0) for signer in signers))
    if age > OLD_KEY:
        return Finding(
            NOTE, f"The same key has signed for {long(age)}.", "Run: doorward keys rotate"
        )
    return Finding(OK, f"The signing key is in use for {long(age)}.")


def successor(facts: Facts) -> Finding:
    """Whether another key waits to take over."""
    if not facts.keys:
        return Finding(OK, "There are no signing keys; token mode makes the next one, too.")
    live = _live(facts)
    waiting = [key.kid for key in live if key.signs_from is None]
    lines = {key.line for key in live}
    if waiting and lines == {key.line for key in live if key.signs_from is None}:
        return Finding(OK, f"The next signing key, {waiting[0]}, waits, and others can learn it.")
    return Finding(
        WARNING,
        "No next signing key waits: should this one leak, others learn of its successor late.",
        "Run: doorward keys rotate",
    )


def _live(facts: Facts) -> list[SigningKey]:
    return [key for key in facts.keys if key.withdrawn_at is None]
