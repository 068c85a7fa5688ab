"""The suite every store must pass, in pytest, for asyncio through anyio's plugin.

Subclass it, give it a `store` fixture that yields a fresh and empty one, and pytest runs it all:

```python
class TestMyStore(StoreContract):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Backend]:
        store = MyStore(...)
        yield store
        await store.close()
```

A project wants `pytest.register_assert_rewrite("doorward.testing.contract")` in its `conftest.py`
to be shown what differed, and an `anyio_backend` fixture that says `"asyncio"`.
"""

import pytest

from .changes import ChangesContract
from .decisions import DecisionsContract
from .grants import GrantsContract
from .keys import KeysContract
from .limits import LimitsContract
from .logins import LoginsContract
from .purge import PurgeContract
from .races import RacesContract
from .sessions import SessionsContract
from .tickets import TicketsContract


@pytest.mark.anyio
class StoreContract(
    SessionsContract,
    LoginsContract,
    GrantsContract,
    DecisionsContract,
    ChangesContract,
    RacesContract,
    PurgeContract,
    KeysContract,
    TicketsContract,
    LimitsContract,
):
    """Every sentence of `doorward.stores`, tried on the `store` fixture."""
