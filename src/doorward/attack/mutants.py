"""Changed copies of a credential, drawn from a seeded source."""

from collections.abc import Callable, Iterator
from random import Random

from .client import Client

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""In the order of base64url: a character's place is its value."""

ODD = "=.+/%~!*'()&$@:|^`{}[]<>?#\x7f\xa0\xc0\xe9"
"""Characters that no credential contains, and a header may contain."""

KEPT = 12
"""How many exchanges the transcript of such an attack keeps."""


def mutants(random: Random, text: str) -> Iterator[str]:
    """Endless.  None is `text` with white space around it, which would be the same header."""
    while True:
        changed = text
        for _ in range(random.choice((1, 1, 1, 2, 5))):
            changed = random.choice(_CHANGES)(random, changed)
        if changed != text and changed == changed.strip():
            yield changed


def keep_last(client: Client) -> None:
    """Forget all but the last exchanges."""
    del client.transcript[:-KEPT]


def _place(random: Random, text: str) -> int:
    # the ends are chosen more often: unused bits, padding and prefixes are there
    return random.choice((0, len(text) - 1, random.randrange(len(text)))) if text else 0


def _replace(random: Random, text: str) -> str:
    at = _place(random, text)
    return text[:at] + random.choice(ALPHABET) + text[at + 1 :]


def _insert(random: Random, text: str) -> str:
    at = random.choice((0, len(text), _place(random, text)))
    return text[:at] + random.choice(ODD + ALPHABET) + text[at:]


def _delete(random: Random, text: str) -> str:
    at = _place(random, text)
    return text[:at] + text[at + random.randint(1, 4) :]


def _turn_case(random: Random, text: str) -> str:
    at = _place(random, text)
    return text[:at] + text[at : at + 1].swapcase() + text[at + 1 :]


def _whole(random: Random, text: str) -> str:
    shapes = (
        text.upper(),
        text.lower(),
        text.swapcase(),
        text[::-1],
        text * 2,
        f'"{text}"',
        f"'{text}'",
        text.replace("-", "+").replace("_", "/"),
        text.replace(".", "%2e"),
        "".join(f"%{ord(one):02x}" if ord(one) < 256 else one for one in text[:4]) + text[4:],
        text + "=" * random.randint(1, 3),
    )
    return random.choice(shapes)


def _swap(random: Random, text: str) -> str:
    parts = text.split(".")
    random.shuffle(parts)
    return ".".join(parts)


def _cut(random: Random, text: str) -> str:
    return text[: _place(random, text)]


_CHANGES: tuple[Callable[[Random, str], str], ...] = (
    _replace,
    _replace,
    _insert,
    _delete,
    _turn_case,
    _whole,
    _swap,
    _cut,
)
