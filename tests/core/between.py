"""A real store with something in between: a fault, a pause, or another's deed at the worst time."""

from asyncio import sleep
from collections.abc import Awaitable, Callable
from typing import Any, cast

from doorward import StoreUnavailable
from doorward.stores import Backend, Cursor

Hook = Callable[[str], Awaitable[None]]


async def nothing(method: str) -> None:
    """What happens in between when nothing does."""


class Between:
    """Hands every call on to `store`, and awaits a hook with the method's name before and after.

    With `remote` it stands for a store that lies across a network."""

    def __init__(
        self,
        store: Backend,
        before: Hook = nothing,
        after: Hook = nothing,
        *,
        remote: bool = False,
    ) -> None:
        self.store = store
        self.local = store.local and not remote
        self.before = before
        self.after = after
        self.calls: list[str] = []

    @property
    def backend(self) -> Backend:
        """This, as the store it stands for."""
        return cast(Backend, self)

    def unchanged(self, cursor: Cursor | None) -> bool:
        """As the store tells, while nothing is in between."""
        return self.local and not self.is_between and self.store.unchanged(cursor)

    @property
    def is_between(self) -> bool:
        """Whether a hook does anything."""
        return self.before is not nothing or self.after is not nothing

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(method)
            await self.before(method)
            answer = await getattr(self.store, method)(*args, **kwargs)
            await self.after(method)
            return answer

        return call


class Faulty(Between):
    """Fails on call number `fail_at`, counted from when it was set: before the call reached the
    store or, with `lost`, after it was done, when only the answer is lost."""

    def __init__(self, store: Backend) -> None:
        super().__init__(store, self._before, self._after)
        self.arm(0)

    def arm(self, fail_at: int, *, lost: bool = False) -> None:
        """0 repairs it."""
        self.calls.clear()
        self.fail_at = fail_at
        self.lost = lost

    @property
    def is_between(self) -> bool:
        """Whether it is armed, or a test has put another hook in."""
        return self.fail_at != 0 or self.before != self._before or self.after != self._after

    async def _before(self, method: str) -> None:
        if len(self.calls) == self.fail_at and not self.lost:
            raise StoreUnavailable(f"no way to {method}")

    async def _after(self, method: str) -> None:
        if len(self.calls) == self.fail_at and self.lost:
            raise StoreUnavailable(f"no answer from {method}")


async def pause(method: str) -> None:
    """Let others run: what a store over a network does on every call."""
    await sleep(0)


def once(method: str, deed: Callable[[], Awaitable[object]]) -> Hook:
    """A hook that does `deed` at the first call of `method`, and not again."""
    left = [deed]

    async def hook(called: str) -> None:
        if called == method and left:
            await left.pop()()

    return hook
