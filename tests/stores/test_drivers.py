"""What is told to whoever lacks a driver: the same that the extras of the package hold."""

import re
from importlib.metadata import requires

from doorward.stores import DRIVERS


def test_what_pip_is_told_is_what_the_extra_holds() -> None:
    held: dict[str, set[str]] = {extra: set() for extra in DRIVERS}
    for requirement in requires("doorward") or ():
        found = re.search(r"^([\w-]+).*extra == [\"'](\w+)[\"']", requirement)
        if found and found[2] in held:
            held[found[2]].add(found[1])
    assert {extra: set(names.split()) for extra, names in DRIVERS.items()} == held
