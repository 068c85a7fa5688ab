"""What is measured when somebody collects the metrics, and not before."""

from ....errors import StoreUnavailable
from ....stores import Watched
from ...service import Service


async def measure(service: Service) -> None:
    """Bring the gauges up to date.  What a store that is away would tell stays as it was."""
    metrics, store = service.metrics, service.auth.store
    live = await service.live_sessions.live()
    if live is not None:
        metrics.live(live)
    metrics.view_is(service.auth.view_age)
    if isinstance(store, Watched):
        try:
            metrics.store_tells(await store.watch())
        except StoreUnavailable:
            return
