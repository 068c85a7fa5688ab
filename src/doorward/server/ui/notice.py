"""One sentence of news, told by the page after a redirect."""

from typing import Literal, NamedTuple

Tone = Literal["news", "done"]


class Notice(NamedTuple):
    """A sentence, and whether it tells of something the person just `done`."""

    sentence: str = ""
    tone: Tone = "done"
