"""The guesses that one request makes: wrong until forgiven, under way until its client hears."""

from collections.abc import Sequence

from .limiter import Guess
from .limits import Bucket
from .visit import Visit


async def begin(visit: Visit, buckets: Sequence[Bucket]) -> Guess:
    """Count a guess that this request makes, as wrong until it is forgiven, by itself: one request
    may try many.  Raises `Rejected(too_many_attempts)`."""
    async with visit.telling():
        guess = await visit.gate.limiter.begin(buckets)
    visit.guesses += (guess,)
    return guess


def answer(visit: Visit) -> None:
    """The client is told something: from now on nobody waits for what was guessed before, and only
    its own login takes a count back."""
    guesses, visit.guesses = visit.guesses, ()
    for guess in guesses:
        guess.answer()


async def forgive(visit: Visit) -> None:
    """Nobody judged what is under way, and its client learns nothing."""
    for guess in visit.guesses:
        await guess.forgive()


def end(visit: Visit) -> None:
    """The request is over: whatever is under way and nobody forgave was wrong."""
    for guess in visit.guesses:
        guess.end()
