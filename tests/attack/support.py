"""One attack in one way, as the runner does it; and which of them each suite tries."""

import sys
from collections.abc import Iterator
from itertools import cycle, islice
from random import Random

import pytest

from doorward.attack.attack import Attack
from doorward.attack.attacker import Attacker
from doorward.attack.catalogue import catalogue
from doorward.attack.client import Client, another_source
from doorward.attack.lab import Instance
from doorward.attack.runner import judged
from doorward.attack.target import Target, Way
from doorward.attack.verdict import Verdict

WAYS = (Way("session", "cookie"), Way("token", "cookie"), Way("token", "bearer"))


def verdict_of(attack: Attack, instances: dict[str, Instance], way: Way) -> Verdict:
    instance = instances[way.mode]
    target = Target(Client(instance, another_source(instance.ip)), way, [])
    return judged(attack, Attacker(target, Random(0)))


def applied(attack: Attack, instances: dict[str, Instance]) -> Iterator[tuple[Way, Verdict]]:
    """The verdicts where the attack is applicable.  The first of them is in another way for each
    attack, so that the ordinary suite, which asks for no more, tries them in turn."""
    place = [each.id for each in catalogue()].index(attack.id) % len(WAYS)
    for way in islice(cycle(WAYS), place, place + len(WAYS)):
        verdict = verdict_of(attack, instances, way)
        if verdict.outcome != "not_applicable":
            yield way, verdict


def drives_a_browser(attack: Attack) -> bool:
    return hasattr(sys.modules[attack.run.__module__], "in_browser")


def param(attack: Attack, *more: str, soak: bool) -> object:
    marks = [pytest.mark.soak] if soak else []
    return pytest.param(attack, *more, id="-".join([attack.id, *more]), marks=marks)


EVERY = [param(attack, soak=True) for attack in catalogue()]
QUICK = [param(attack, soak=attack.slow) for attack in catalogue()]
"""What takes seconds without using them is left to the soak."""
