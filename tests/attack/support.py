"""One attack in one way, as the runner does it."""

from random import Random

from doorward.attack.attack import Attack
from doorward.attack.attacker import Attacker
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
