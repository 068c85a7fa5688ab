"""Who asks: people with one jar and two tabs, people whose login is revoked, and two who hold
copies of one refresh token."""

from asyncio import gather
from dataclasses import dataclass

from doorward.types import Mode
from tests.soak.node import Words
from tests.soak.nodes import Site

GRACE = 300
"""Seconds of the refresh grace: one access token's lifetime."""

GONE = ("revoked", "unknown")
"""What a revoked login is refused as; unknown once its row was purged, a day later."""

OVER = (*GONE, "expired")
"""The same for what is checked: an access token may also be out."""

TURNS = 4
"""Refreshes of each of two who dispute a login, until one of them must have been noticed."""


@dataclass
class Person:
    """One login and what its client holds.  Whatever gets no answer is asked again with that."""

    site: Site
    mode: Mode
    subject: str
    sid: str = ""
    credential: str = ""
    refresh_token: str = ""

    async def log_in(self) -> "Person":
        answer = await self.site.ask(do="login", mode=self.mode, subject=self.subject)
        self._hold(answer)
        self.sid = answer["sid"]
        self.site.count("logins acknowledged")
        return self

    async def go_on(self) -> None:
        """As an honest client does, who is never logged out, and refreshes when it must."""
        answer = await self.check()
        if answer == {"refused": "expired"}:
            await self.renew()
            answer = await self.check()
        assert answer == {"sid": self.sid}

    async def renew(self) -> None:
        """A refresh that succeeds."""
        answer = await self.refresh()
        assert answer.get("sid") == self.sid, answer

    async def check(self) -> Words:
        """As the store has it now."""
        return await self.site.ask(
            do="check", mode=self.mode, credential=self.credential, staleness=0
        )

    async def refresh(self) -> Words:
        answer = await self.site.ask(do="refresh", mode="token", token=self.refresh_token)
        if "refused" not in answer:
            self._hold(answer)
            self.site.count("refreshes acknowledged")
        return answer

    async def revoke(self) -> None:
        """By sid or with all else of this person; once it returns it is acknowledged."""
        by = self.site.random.choice(["sid", "subject"])
        whose = {by: self.sid if by == "sid" else self.subject}
        answer = await self.site.ask(do="revoke", mode=self.mode, whose=whose)
        assert "refused" not in answer
        self.site.count("revocations acknowledged")

    async def is_refused(self) -> None:
        """Neither what is checked nor what is exchanged is good any more."""
        answer = await self.check()
        assert answer.get("refused") in OVER, answer
        if self.mode == "token":
            answer = await self.refresh()
            assert answer.get("refused") in GONE, answer

    def _hold(self, answer: Words) -> None:
        self.credential = answer["credential"]
        self.refresh_token = answer["refresh_token"] or self.refresh_token


@dataclass
class Victim:
    """Somebody who goes on while their login is revoked elsewhere."""

    person: Person
    ended: bool = False

    async def go_on(self) -> None:
        """Ask once.  Nobody is let in who was refused before."""
        ended = self.ended
        if self.person.mode == "token" and self.person.site.random.random() < 0.5:
            answer = await self.person.refresh()
        else:
            answer = await self.person.check()
        if "refused" in answer:
            assert answer == {"refused": "revoked"}
            self.ended = True
        else:
            assert not ended, "a session was revived"


@dataclass
class Dispute:
    """An owner and a thief with a copy of everything, who both refresh."""

    owner: Person
    thief: Person

    async def begin(self) -> None:
        """Within the grace both are served, whichever node dies meanwhile."""
        await gather(self.owner.renew(), self.thief.renew())

    async def settle(self) -> None:
        """They cannot both go on: who was displaced is noticed, and that ends it for both."""
        site = self.owner.site
        for _ in range(TURNS):
            site.now += GRACE + 1
            for person in (self.owner, self.thief):
                answer = await person.refresh()
                if "refused" in answer:
                    assert answer == {"refused": "reused"}
                    site.count("disputes ended")
                    return
        raise AssertionError("a refresh family was forked")
