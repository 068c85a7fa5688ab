"""The keys that sign access tokens."""

from ...keys import signer_at
from ...settings import DAY
from ...types import SigningKey
from ..doctor_facts import Facts
from ..output import long
from .finding import NOTE, OK, UNSAFE, WARNING, Finding

OLD_KEY = 90 * DAY
"""Age at which a signing key should have had a successor."""


def signer(facts: Facts) -> Finding:
    """The age of the key that signs."""
    live = _live(facts)
    if not facts.keys:
        return Finding(OK, "There are no signing keys; token mode makes them when it starts.")
    if not any(key.signs_from is not None for key in live):
        return Finding(UNSAFE, "No key may sign access tokens.", "Restore the database.")
    signer = signer_at(live, facts.now)
    age = max(0, facts.now - (signer.signs_from or 0))
    if age > OLD_KEY:
        return Finding(
            NOTE, f"The same key has signed for {long(age)}.", "Run: doorward keys rotate"
        )
    return Finding(OK, f"The signing key is in use for {long(age)}.")


def successor(facts: Facts) -> Finding:
    """Whether another key waits to take over."""
    if not facts.keys:
        return Finding(OK, "There are no signing keys; token mode makes the next one, too.")
    waiting = [key.kid for key in _live(facts) if key.signs_from is None]
    if waiting:
        return Finding(OK, f"The next signing key, {waiting[0]}, waits, and others can learn it.")
    return Finding(
        WARNING,
        "No next signing key waits: should this one leak, others learn of its successor late.",
        "Run: doorward keys rotate",
    )


def _live(facts: Facts) -> list[SigningKey]:
    return [key for key in facts.keys if key.withdrawn_at is None]
