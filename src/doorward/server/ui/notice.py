"""One sentence of news, told by the page after a redirect."""

from typing import Literal, NamedTuple

from ..plural import counted

Tone = Literal["news", "done"]


class Notice(NamedTuple):
    """A sentence, and whether it tells of something the person just `done`.  The sentence may name
    `{sessions}` or `{grants}`, of which the act then tells how many there were."""

    sentence: str = ""
    tone: Tone = "done"

    def of(self, sessions: int) -> "Notice":
        """The notice about so many sessions."""
        words = self.sentence.replace("{sessions}", counted(sessions, "session"))
        return self._replace(sentence=words.replace("{grants}", counted(sessions, "grant")))


NO_NEWS = Notice()
