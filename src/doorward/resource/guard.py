"""The guard of an API: checks access tokens by itself, and hears at once when a grant ends."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from ..change_feed import Ticks, boot_ticks
from ..dpop import ALGORITHMS, Proof
from ..errors import ConfigurationError
from ..types import Clock, system_clock
from .access_token import AccessToken, key_of, read
from .address import check_address, metadata_path, metadata_url, origin_of
from .caller import Caller
from .follower import Follower
from .issuer import Issuer, IssuerUnavailable
from .knowledge import NEVER, Knowledge
from .proofs import Proofs
from .refusal import Answer, Refused, answer
from .scopes import checked
from .signing_keys import SigningKeys

log = logging.getLogger("doorward.resource")

MAX_STALENESS = 5.0
"""Seconds."""

KEYS_BACK_OFF = 10.0
"""Seconds between two questions for keys: anybody can write a token of an unknown key."""

MOST_REMEMBERED = 10_000
"""Tokens."""


class Guard:
    """Protects the API `resource`, an address that is the audience of its tokens, with the tokens
    of the Doorward server `issuer`.  `client_id` and `client_secret` are this API's own at the
    server: a confidential client with a scope of this resource.

    `check` accepts no token while what is known is older than `max_staleness` seconds.  Within
    `running` it is kept up to date; before and after that, nothing is accepted.  It belongs to one
    event loop.  Raises `ConfigurationError`.
    """

    def __init__(
        self,
        resource: str,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        max_staleness: float = MAX_STALENESS,
        scopes: Collection[str] = (),
        clock: Clock = system_clock,
        ticks: Ticks = boot_ticks,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        check_address(resource, "the resource")
        check_address(issuer, "the issuer")
        if not max_staleness > 0:
            raise ConfigurationError("max_staleness is more than 0 seconds")
        if not client_id or not client_secret:
            raise ConfigurationError("a guard needs the client id and secret of its API")
        self.resource = resource
        self.metadata_path = metadata_path(resource)
        self._issuer_name = issuer
        self._scopes = set(checked(" ".join(scopes)))
        self._max_staleness = max_staleness
        self._clock = clock
        self._ticks = ticks
        self._issuer = Issuer(issuer, client_id, client_secret, transport)
        self._keys = SigningKeys()
        self._keys_asked_at = NEVER
        self._known = Knowledge()
        self._follower = Follower(self._issuer, self._known, self._keys, clock, ticks)
        self._proofs = Proofs(origin_of(resource))
        self._remembered: dict[str, AccessToken] = {}
        self._dead: dict[str, None] = {}
        self._asking: dict[str, asyncio.Task[tuple[bool, float]]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the server for as long as the application runs.  It begins when it is up to date,
        or after `max_staleness` seconds without an answer; then all is refused until there is
        one."""
        beside: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._follower.follow()),
            asyncio.create_task(self._keep_keys()),
            first := asyncio.create_task(self._follower.synced.wait()),
        ]
        try:
            await asyncio.wait([first], timeout=self._max_staleness)
            yield
        finally:
            beside += self._asking.values()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self.close()

    async def catch_up(self) -> None:
        """Ask the server once what changed: where a process lives too short for `running`, and in
        tests.  Where it does not answer, `check` refuses when `max_staleness` is over."""
        await self._follower.poll()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._issuer.close()

    async def check(self, token: str, scope: str, *, proof: Proof | None = None) -> Caller:
        """Who calls with this token, which has all names of `scope`.  A token that is bound to a
        key needs the `proof` of it, and any other has none (see `proof_of`).  Asks the server only
        for keys that are not known, and for a grant that may have ended before this process
        listened.  Raises `Refused`, and `ValueError` without a scope: a person allowed nothing
        without a name."""
        needed = scope.split()
        if not needed:
            raise ValueError("name the scope that an application needs here")
        self._known.watch_clock(self._clock())
        found = self._remembered.get(token) or await self._read(token)
        if found.jkt != ("" if proof is None else proof.jkt):
            raise Refused("invalid_token", "the key that it is bound to")
        self._judge(found)
        if self._known.must_confirm(found):
            await self._confirm(token, found)
        if not found.caller.scopes.issuperset(needed):
            raise Refused("insufficient_scope", scope=scope)
        if proof is not None:
            self._proofs.use(proof, self._clock())
        return found.caller

    def proof_of(self, proof: str, *, method: str, path: str, token: str) -> Proof:
        """What a `DPoP` header proves (RFC 9449) for a request to this path of the API, as it was
        sent, with this token.  Each is good once in this process.  Raises `Refused`."""
        at = self._clock()
        return self._proofs.read(proof, method=method, path=path, token=token, at=at)

    def metadata(self) -> dict[str, Any]:
        """Who gives tokens for this API, and for which scopes (RFC 9728 section 2)."""
        return {
            "resource": self.resource,
            "authorization_servers": [self._issuer_name],
            "scopes_supported": sorted(self._scopes),
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": list(ALGORITHMS),
        }

    def answer(self, refused: Refused) -> Answer:
        """The answer to a request that was refused."""
        return answer(refused, metadata_url(self.resource))

    def offer(self, scope: str) -> str:
        """`scope`, which is from now on in the metadata.  Raises `ValueError` for what can be no
        names of scopes, and for none: a token is for what its person allowed, by name."""
        self._scopes.update(checked(scope))
        if not scope.split():
            raise ValueError("name the scope that an application needs here")
        return scope

    async def _read(self, token: str) -> AccessToken:
        if self._keys.find(key_of(token)) is None:
            await self._ask_for_keys()
        found = read(token, self._keys, self._issuer_name, self.resource, self._clock())
        while len(self._remembered) >= MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[token] = found
        return found

    def _judge(self, token: AccessToken) -> None:
        if self._clock() >= token.caller.expires_at:
            raise Refused("invalid_token", "expired")
        if self._keys.find(token.kid) is None:
            raise Refused("invalid_token", "a withdrawn key")
        if self._known.ended(token):
            raise Refused("invalid_token", "ended")
        if not self._known.is_fresh(self._ticks(), self._max_staleness):
            raise Refused("unavailable", "the server was not heard")

    async def _confirm(self, token: str, found: AccessToken) -> None:
        if token in self._dead:
            raise Refused("invalid_token", "not active")
        asking = self._asking.get(token)
        if asking is None:
            asking = self._asking[token] = asyncio.create_task(self._is_active(token))
            asking.add_done_callback(lambda _: self._asking.pop(token, None))
        try:
            active, since = await asyncio.shield(asking)
        except IssuerUnavailable as error:
            raise Refused("unavailable", str(error)) from error
        if not active:
            while len(self._dead) >= MOST_REMEMBERED:
                del self._dead[next(iter(self._dead))]
            self._dead[token] = None
            raise Refused("invalid_token", "not active")
        self._known.confirm(found, since)
        self._judge(found)  # what was told meanwhile

    async def _is_active(self, token: str) -> tuple[bool, float]:
        """And what was known since when, before the question."""
        since = self._known.since
        return await self._issuer.is_active(token), since

    async def _ask_for_keys(self) -> None:
        """Raises `Refused` only where no key at all is known: else the token is at fault."""
        if self._ticks() - self._keys_asked_at >= KEYS_BACK_OFF:
            try:
                await self._learn_keys()
            except IssuerUnavailable as error:
                log.warning("the keys of the server cannot be had: %s", error)
        if not self._keys:
            raise Refused("unavailable", "no keys")

    async def _learn_keys(self) -> int:
        self._keys_asked_at = self._ticks()
        found = await self._issuer.keys()
        try:
            self._keys.learn(found.published)
        except ValueError as error:
            raise IssuerUnavailable(str(error)) from None
        return found.max_age

    async def _keep_keys(self) -> None:
        """Learn the keys again before a copy is too old; the last one is kept while the server is
        away."""
        while True:
            try:
                rest: float = await self._learn_keys()
            except IssuerUnavailable as error:
                log.warning("the keys of the server cannot be had: %s", error)
                rest = KEYS_BACK_OFF
            await asyncio.sleep(rest)
