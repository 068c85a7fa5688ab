"""Whether a store may be filled with throw-away data."""

from ..errors import ConfigurationError, StoreUnavailable
from . import EVERY_ROW, open_store


async def check_empty(url: str) -> None:
    """Raises `ConfigurationError` where the store holds sessions or signing keys, also dead ones,
    and where it does not answer; what `open_store` raises."""
    store = open_store(url)
    try:
        used = await store.sessions(None, EVERY_ROW, None, 1) or await store.keys()
    except StoreUnavailable as error:
        raise ConfigurationError(str(error)) from error
    finally:
        await store.close()
    if used:
        raise ConfigurationError(
            "the store must be empty, because a run fills and purges it; this one holds sessions or"
            " signing keys"
        )
