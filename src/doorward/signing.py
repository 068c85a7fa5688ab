"""The signing keys of one application: loaded from the store, made, rotated, withdrawn."""

from collections.abc import Collection, Sequence

from .errors import ConfigurationError
from .keys import Keyring, RootKeys, first_keys, rotated, withdrawn
from .settings import CLOCK_SKEW, ID_TOKEN_TTL, JWKS_MAX_AGE, Settings
from .stores import Keys
from .types import Clock, SigningKey

SECOND = "RS256"
"""What keys of ID tokens sign with, beside those of the settings: the algorithm that every
OpenID provider has (Discovery section 3), and the only one that some applications know."""


class Signing:
    """The keyring as the store has it.  `others` are settings of those who sign with the same keys:
    a retired key is published until the last token of any of them has expired.

    Every verb may raise `StoreUnavailable`, and `ConfigurationError` when the keys are sealed under
    a root key that is not here."""

    def __init__(
        self,
        store: Keys,
        root: RootKeys,
        settings: Settings,
        clock: Clock,
        others: Collection[Settings] = (),
    ) -> None:
        self._store = store
        self._root = root
        self._settings = settings
        self._clock = clock
        lives = [settings.access_ttl, *(other.access_ttl for other in others)]
        self._retain = max(*lives, ID_TOKEN_TTL if others else 0) + CLOCK_SKEW
        self._ring: Keyring | None = None
        self._second: Sequence[SigningKey] = ()
        self._changed = 0

    async def ring(self) -> Keyring:
        """The keyring; the first keys are made when there are none."""
        while (ring := self._ring) is None:
            changed = self._changed
            keys = await self._store.keys()
            if not keys:
                made = first_keys(self._settings.algorithm, self._root, self._clock())
                await self._store.put_first_keys(made)  # or another process did: read what is there
            elif changed == self._changed:  # otherwise these may be older than a withdrawal
                self._ring = Keyring(keys, self._root, retain=self._retain)
        return ring

    async def ring_for(self, algorithm: str | None) -> Keyring:
        """The keyring, with keys that sign ID tokens of `algorithm`: those of access tokens if they
        do, or if none is named, else keys of their own, which are made when there are none.

        Raises `ConfigurationError` for an algorithm that is neither that of access tokens nor
        RS256.  Processes that make them at once leave each its own behind; all of them verify, and
        one signs.
        """
        ring = await self.ring()
        if ring.line(algorithm, self._clock()) is not None:
            return ring
        if algorithm != SECOND:
            raise ConfigurationError(f"no key signs with {algorithm}, and {SECOND} alone is added")
        # the same ones for whatever asks meanwhile in this process: to make them takes a second
        self._second = self._second or first_keys(SECOND, self._root, self._clock(), "id")
        await self._put(self._second)
        return await self.ring()

    def forget(self) -> None:
        """The keys changed: load them again when next needed."""
        self._ring = None
        self._changed += 1

    async def rotate(self) -> None:
        """Put the published next keys into use and publish others.  Tokens under the old keys stay
        good for their few minutes."""
        keys = await self._store.keys()
        await self._put(rotated(keys, self._root, self._clock(), JWKS_MAX_AGE))

    async def withdraw(self, kid: str) -> None:
        """Declare a key compromised: nothing it signed is accepted any more, and a successor signs
        at once.  Raises `LookupError` when there is no such key."""
        keys = await self._store.keys()
        # the successor first: at no moment, and after no crash, is there nothing to sign with
        await self._put(withdrawn(keys, self._root, kid, self._clock())[::-1])

    async def keys(self) -> Sequence[SigningKey]:
        """All keys ever made, oldest first, for people to look at."""
        return await self._store.keys()

    async def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JWK Set (RFC 7517 section 5)."""
        return (await self.ring()).jwks(self._clock())

    async def _put(self, keys: Sequence[SigningKey]) -> None:
        for key in keys:
            await self._store.put_key(key)
        self.forget()
