"""starsessions: an id in the cookie, the session in memory or in Redis, loaded for each request.

Source: https://github.com/alex-oleshkevich/starsessions#readme
"""

from typing import Any

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starsessions import InMemoryStore, SessionAutoloadMiddleware, SessionMiddleware, SessionStore
from starsessions.stores.redis import RedisStore

from bench.peers.apps.starlette_session import ROUTES
from bench.peers.spec import Spec

TWO_WEEKS = 3600 * 24 * 14


def build(variant: str, spec: Spec) -> Any:
    store: SessionStore = InMemoryStore()
    if variant == "Redis":
        store = RedisStore(connection=Redis.from_url(spec.redis))
    middleware = [
        Middleware(SessionMiddleware, store=store, lifetime=TWO_WEEKS),
        Middleware(SessionAutoloadMiddleware),
    ]
    return Starlette(routes=ROUTES, middleware=middleware)
