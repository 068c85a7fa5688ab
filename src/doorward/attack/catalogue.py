"""Every attack, found by listing the folder `attacks`."""

from importlib import import_module
from pkgutil import iter_modules

from . import attacks
from .attack import Attack


def catalogue() -> list[Attack]:
    """All attacks, sorted by the names of their files; those that guess come last."""
    names = sorted(module.name for module in iter_modules(attacks.__path__))
    found = [import_module(f"{attacks.__name__}.{name}").ATTACK for name in names]
    return sorted(found, key=lambda attack: attack.last)


def chosen(only: str | None, full: bool = False) -> list[Attack]:
    """The attacks whose id begins with one of the words in `only`.  Without `only`, all that are
    not slow, or with `full` all.  Raises `ValueError` for a word that no id begins with."""
    every = catalogue()
    words = [] if only is None else [word.strip() for word in only.split(",")]
    for word in words:
        if not word or not any(attack.id.startswith(word) for attack in every):
            raise ValueError(f"no attack's id begins with {word!r}; see doorward attack --list")
    if words:
        return [attack for attack in every if attack.id.startswith(tuple(words))]
    return [attack for attack in every if full or not attack.slow]
