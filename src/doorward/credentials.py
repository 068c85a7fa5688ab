"""The strings of a session, minted and read: the one place that joins row, secret and keys."""

import json

from .access_token import Claims, mint_access_token, read_access_token
from .change_feed import ChangeFeed
from .errors import Rejected
from .id_token import IdToken, mint_id_token, read_id_token
from .keys import RootKeys, base64url
from .settings import Settings
from .signing import Signing
from .tokens import (
    GRANT_PREFIX,
    REFRESH_LENGTH,
    REFRESH_PREFIX,
    SESSION_PREFIX,
    SID_BYTES,
    RefreshToken,
    exchanged_secret,
    hash_secret,
    mint_refresh_token,
    mint_session_token,
    parse_refresh_token,
    parse_session_token,
)
from .types import Clock, Issued, Mode, Session


class Credentials:
    """Mints what a client carries and reads what it shows.  Reading proves form, MAC, signature
    and claims; whether the session behind it is alive is for `auth` to judge.

    With `grants` these are the strings of grants: refresh tokens have another prefix and another
    key for their MAC, and access tokens of logins are refused."""

    def __init__(
        self,
        signing: Signing,
        root: RootKeys,
        settings: Settings,
        clock: Clock,
        change_feed: ChangeFeed,
        *,
        grants: bool = False,
    ) -> None:
        self._signing = signing
        self._change_feed = change_feed
        self._settings = settings
        self._clock = clock
        self._grants = grants
        self._prefix = GRANT_PREFIX if grants else REFRESH_PREFIX
        self._refresh_keys = root.derive("grant" if grants else "refresh")
        self._exchange_keys = root.derive("exchange")

    async def issue(
        self,
        session: Session,
        secret: bytes,
        mode: Mode | None = None,
        *,
        keep: bool = False,
        jkt: str = "",
    ) -> Issued:
        """The strings of a mode for a row, of the setting's mode unless one is named.  With `keep`
        the client keeps the refresh token it has; with `jkt` the access token is bound to that
        key."""
        mode = mode or self._settings.mode
        await self._change_feed.keep_up()  # else it may sign with a key withdrawn elsewhere
        if mode == "session":
            token = mint_session_token(session.sid, secret)
            return Issued(
                session=session,
                mode=mode,
                credential=token,
                credential_expires_at=session.ends_at,
            )
        ring = await self._signing.ring()
        token, expires_at = mint_access_token(session, ring, self._settings, self._clock(), jkt)
        place = RefreshToken(session.sid, session.generation, session.branch, secret)
        return Issued(
            session=session,
            mode=mode,
            credential=token,
            credential_expires_at=expires_at,
            refresh_token=(
                None if keep else mint_refresh_token(place, self._refresh_keys, self._prefix)
            ),
        )

    def exchanged(self, session: Session, secret: bytes) -> list[bytes]:
        """The secret of the session token that a session at this place is given for a refresh token
        of this secret, by each root key that may have been used, the newest first."""
        place = RefreshToken(session.sid, session.generation, session.branch, secret)
        return [exchanged_secret(key, place) for key in self._exchange_keys]

    def read_refresh_token(self, text: str) -> RefreshToken:
        """Raises `Rejected(malformed | bad_signature)`."""
        return parse_refresh_token(text, self._refresh_keys, self._prefix)

    async def read_access_token(self, text: str, now: int, *, expired_too: bool = False) -> Claims:
        """Raises `Rejected(malformed | bad_signature | withdrawn | expired)`."""
        ring = await self._signing.ring()
        return read_access_token(
            text, ring, self._settings, now, expired_too=expired_too, grants=self._grants
        )

    async def id_token(self, issued: Issued, nonce: str | None, algorithm: str | None) -> str:
        """The ID token beside the access token of a grant.  Raises as `Signing.ring_for` and
        `mint_id_token`."""
        await self._change_feed.keep_up()  # as in `issue`
        ring = await self._signing.ring_for(algorithm)
        now = self._clock()
        return mint_id_token(issued, ring, self._settings, now, nonce=nonce, algorithm=algorithm)

    async def read_id_token(self, text: str, *, expired_too: bool = False) -> IdToken:
        """Raises `Rejected(malformed | bad_signature | withdrawn | expired)`."""
        await self._change_feed.keep_up()  # else a key withdrawn elsewhere may still verify
        ring, now = await self._signing.ring(), self._clock()
        return read_id_token(text, ring, self._settings, now, expired_too=expired_too)

    async def trace(self, text: str) -> tuple[str, bytes | None]:
        """The sid of any credential, however old, and the digest of its secret if it has one.

        Raises `Rejected` for what we never issued.
        """
        if text.startswith(SESSION_PREFIX):
            shown = parse_session_token(text)
            return shown.sid, hash_secret(shown.secret)
        if text.startswith(self._prefix):
            token = self.read_refresh_token(text)
            return token.sid, hash_secret(token.secret)
        claims = await self.read_access_token(text, self._clock(), expired_too=True)
        return claims.principal.sid, None


def claimed_sid(text: str) -> str | None:
    """The sid that a refresh or access token claims, unverified: only for comparisons.  None for
    any other string, also for a token that is not in canonical base64url (RFC 4648 s. 3.5)."""
    try:
        if text.startswith(REFRESH_PREFIX):
            if len(text) != REFRESH_LENGTH:
                return None
            return base64url.decode(text[len(REFRESH_PREFIX) :].encode())[:SID_BYTES].hex()
        claims = json.loads(base64url.decode(text.split(".")[1].encode()))
        return str(claims["sid"])
    except (Rejected, ValueError, LookupError, TypeError, RecursionError):
        return None
