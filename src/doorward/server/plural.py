"""A number of something, in words."""


def counted(number: object, noun: str, nouns: str = "") -> str:
    """`1 session`, `2 sessions`; `nouns` where that is another word."""
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"
