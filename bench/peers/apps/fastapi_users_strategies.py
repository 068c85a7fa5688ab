"""fastapi-users with users in SQLite by SQLAlchemy, and each of its strategies behind the Bearer
transport.

Sources: https://fastapi-users.github.io/fastapi-users/latest/configuration/full-example/ and
.../configuration/authentication/strategies/ (jwt, database, redis).
"""

import secrets
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import redis.asyncio
from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import (
    AuthenticationBackend,
    BearerTransport,
    JWTStrategy,
    RedisStrategy,
)
from fastapi_users.authentication.strategy.db import AccessTokenDatabase, DatabaseStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users_db_sqlalchemy.access_token import (
    SQLAlchemyAccessTokenDatabase,
    SQLAlchemyBaseAccessTokenTableUUID,
)
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from bench.peers.spec import Spec

SECRET, LIFETIME = secrets.token_hex(32), 3600


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    pass


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


def build(variant: str, spec: Spec) -> Any:
    engine = create_async_engine(f"sqlite+aiosqlite:///{spec.folder}/users.db")
    async_session_maker = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield

    async def get_async_session() -> AsyncGenerator[AsyncSession, None]:
        async with async_session_maker() as session:
            yield session

    async def get_user_db(
        session: Annotated[AsyncSession, Depends(get_async_session)],
    ) -> AsyncGenerator[Any, None]:
        yield SQLAlchemyUserDatabase(session, User)

    async def get_user_manager(
        user_db: Annotated[Any, Depends(get_user_db)],
    ) -> AsyncGenerator[UserManager, None]:
        yield UserManager(user_db)

    backend: Any = AuthenticationBackend(
        name=variant,
        transport=BearerTransport(tokenUrl="login"),
        get_strategy=strategy(variant, spec, get_async_session),
    )
    fastapi_users = FastAPIUsers[User, uuid.UUID](get_user_manager, [backend])
    app = FastAPI(lifespan=lifespan)
    app.include_router(fastapi_users.get_auth_router(backend))
    app.include_router(
        fastapi_users.get_register_router(schemas.BaseUser[uuid.UUID], schemas.BaseUserCreate)
    )
    current_active_user = fastapi_users.current_user(active=True)

    @app.get("/me")
    async def me(user: Annotated[User, Depends(current_active_user)]) -> dict[str, str]:
        return {"subject": user.email}

    return app


def strategy(variant: str, spec: Spec, get_async_session: Any) -> Callable[..., Any]:
    """The dependency that makes the strategy, as the page of each shows it."""
    if variant == "JWT":
        return lambda: JWTStrategy(secret=SECRET, lifetime_seconds=LIFETIME)
    if variant == "Redis":
        client = redis.asyncio.from_url(spec.redis, decode_responses=True)
        return lambda: RedisStrategy(client, lifetime_seconds=LIFETIME)

    async def get_access_token_db(
        session: Annotated[AsyncSession, Depends(get_async_session)],
    ) -> AsyncGenerator[Any, None]:
        yield SQLAlchemyAccessTokenDatabase(session, AccessToken)

    def get_database_strategy(
        access_token_db: Annotated[AccessTokenDatabase[Any], Depends(get_access_token_db)],
    ) -> Any:
        return DatabaseStrategy(access_token_db, lifetime_seconds=LIFETIME)

    return get_database_strategy
