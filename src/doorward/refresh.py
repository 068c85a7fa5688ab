"""How a refresh token is exchanged, and a credential of the other mode while these change over."""

from dataclasses import dataclass

from . import rules
from .credentials import Credentials
from .decisions import Decisions
from .errors import Reason, Rejected
from .events import Events
from .rows import Rows
from .rules import Verdict
from .settings import Settings
from .tokens import SESSION_PREFIX, RefreshToken, SessionToken, hash_secret, parse_session_token
from .types import Clock, Device, Issued, Session


@dataclass(frozen=True, slots=True)
class Refresh:
    """Reads the row, judges, writes and issues, again when a sibling was faster."""

    rows: Rows
    settings: Settings
    clock: Clock
    credentials: Credentials
    decisions: Decisions
    events: Events

    async def __call__(self, shown: str, device: Device, jkt: str = "") -> Issued:
        """What `Auth.refresh` and `Grants.refresh` promise.  Raises `Rejected`."""
        if shown.startswith(SESSION_PREFIX) and self.settings.modes == ("token", "session"):
            return await self._reissue(parse_session_token(shown), device)
        token = self.credentials.read_refresh_token(shown)
        if "token" not in self.settings.modes:
            raise Rejected(Reason.UNKNOWN, "refresh tokens are not in use here")
        return await self._refresh(token, device, jkt)

    async def _reissue(self, token: SessionToken, device: Device) -> Issued:
        """Tokens for who comes with a session token.  Nothing is written: the row becomes one of
        refresh tokens when the first of them is rotated."""
        row = rules.with_session_token(await self.rows.get(token.sid))
        row, _ = rules.checked_holder(row, hash_secret(token.secret), self.clock())
        await self.events.of("reissued", row, device=device)
        return await self.credentials.issue(row, token.secret)

    async def _refresh(self, token: RefreshToken, device: Device, jkt: str) -> Issued:
        digest, shown = hash_secret(token.secret), (token.generation, token.branch)
        to_session, mixed = self.settings.mode == "session", len(self.settings.modes) > 1
        while True:
            now = self.clock()
            row = await self.rows.get(token.sid)
            row, current = rules.checked_holder(row, digest, now, exchanging=mixed)
            if rules.check_key(row, jkt):
                kept = rules.touched(row, now, self.settings)
                if await self.decisions.replace(row, kept):
                    await self.events.of("refreshed", kept, device=device, reason="kept")
                    return await self.credentials.issue(kept, token.secret, keep=True, jkt=jkt)
                continue  # a sibling was faster
            verdict = rules.judge_refresh(row, *shown, now, self.settings.grace, current=current)
            anew = to_session or not current
            new = await self._follow(verdict, row, token, now, device, anew=anew)
            if new is None:
                continue  # a sibling was faster
            # a second tab gets nothing to grow on, also where a session is changing over
            replay = verdict is Verdict.REPLAY and current
            if replay or not anew:
                await self.events.of("refreshed", new, device=device, reason=verdict.value)
                return await self.credentials.issue(
                    new, token.secret, "token", keep=replay, jkt=jkt
                )
            return await self._exchanged(new, token.secret, device)

    async def _exchanged(self, row: Session, secret: bytes, device: Device) -> Issued:
        """What stands for the secret that a row was given for a refresh token of this one: by
        whichever node, it is the same; as its mode has it, a session token or new tokens."""
        for candidate in self.credentials.exchanged(row, secret):
            if hash_secret(candidate) == row.secret_hash:
                await self.events.of("reissued", row, device=device)
                return await self.credentials.issue(row, candidate)
        raise Rejected(Reason.SUPERSEDED, "exchanged already")

    async def _follow(
        self,
        verdict: Verdict,
        row: Session,
        token: RefreshToken,
        now: int,
        device: Device,
        *,
        anew: bool,
    ) -> Session | None:
        """Do what the verdict says, with `anew` under another secret.  The row as it now is, or
        None when a sibling was faster."""
        if verdict is Verdict.REUSED or verdict is Verdict.UNSTEADY:
            gone = await self.decisions.end(row.sid)
            if gone:
                await self.events.of(verdict.value, row, device=device, other=row.device, sids=gone)
            raise Rejected(Reason(verdict.value))
        shown = (token.generation, token.branch)
        new = rules.moved_on(row, verdict, shown, now, self.settings)
        if new is row:
            return row
        if anew:
            digest = hash_secret(self.credentials.exchanged(new, token.secret)[0])
            new = rules.exchanged(new, digest)
        if not await self.decisions.replace(row, new):
            return None
        if verdict is Verdict.ADOPT:
            await self.events.of("adopted", new, device=device)
        return new
