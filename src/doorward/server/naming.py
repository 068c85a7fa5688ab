"""Puts the names that an operator used into a sentence of the library about settings."""

import re
from collections.abc import Collection, Mapping


def in_their_words(
    sentence: str, options: Mapping[str, str], variables: Mapping[str, str], given: Collection[str]
) -> str:
    """`options` and `variables` are what each setting is called on the command line and in the
    environment, `given` those that the environment gave.  A name that is also a common word, such
    as `accept`, counts only at the beginning of the sentence."""
    called = {name: variables[name] if name in given else options[name] for name in options}
    names = "|".join(name for name in called if "_" in name)
    words = "|".join(name for name in called if "_" not in name)
    found = re.sub(rf"^(?:{words})\b|\b(?:{names})\b", lambda its: called[its[0]], sentence)
    told = {options[name]: called[name] for name in given if name in options}
    return re.sub(r"--[a-z][a-z-]*", lambda its: told.get(its[0], its[0]), found)
