"""Accounts of other systems, made by their own libraries: what `doorward users import` is tried on.

    python bench/peers/environment.py
    bench/peers/.venv/bin/python bench/peers/imported.py hashes            a hash of each form
    bench/peers/.venv/bin/python bench/peers/imported.py fastapi-users FILE COUNT
    bench/peers/.venv/bin/python bench/peers/imported.py werkzeug FILE COUNT

`hashes` prints tests/data/password_hashes.json, and `fastapi-users` with one more word, `dump`,
writes the SQL of tests/data/fastapi_users.sql instead of a database.  The password of user N is
that of `password(N)`; the first COSTLY have the cost that the library takes by itself.
"""

import asyncio
import json
import sqlite3
import sys
import uuid
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

COSTLY = 130
"""So many that 50 of each kind are active."""
LONG = "a long password, of which bcrypt reads only so much: " * 2
PASSWORDS = ("correct horse", "cre\u0300me bru\u0302le\u0301e", "cr\u00e8me", LONG)
"""The second is as a keyboard sends it that is not of the form NFC."""


def password(number: int) -> str:
    return f"the password of user {number}"


# --- a hash of each form ------------------------------------------------------------------------


def hashes() -> None:
    made = [
        {"by": by, "password": each, "hash": make(each)}
        for by, make in forms()
        for each in PASSWORDS
    ]
    print(json.dumps({"hashes": made}, indent=1))


def forms() -> Iterator[tuple[str, Callable[[str], str]]]:
    """Each form at a cost that suits a suite."""
    yield from django_forms()
    yield from werkzeug_forms()
    from pwdlib.hashers.argon2 import Argon2Hasher
    from pwdlib.hashers.bcrypt import BcryptHasher

    by = f"pwdlib {version('pwdlib')}"
    yield by, Argon2Hasher(time_cost=1, memory_cost=64, parallelism=2).hash
    for prefix in ("2a", "2b"):
        # bcrypt 5 refuses more than 72 bytes; that versions before ignored them is a case by itself
        yield by, lambda text, prefix=prefix: BcryptHasher(4, prefix).hash(text.encode()[:72])
    yield from argon2_forms()


def django_forms() -> Iterator[tuple[str, Callable[[str], str]]]:
    from django.conf import settings
    from django.contrib.auth import hashers

    settings.configure()
    by = f"Django {version('django')}"
    for make in (hashers.PBKDF2PasswordHasher, hashers.PBKDF2SHA1PasswordHasher):
        yield by, lambda text, make=make: make().encode(text, make().salt(), 7)
    scrypt = hashers.ScryptPasswordHasher()
    yield by, lambda text: scrypt.encode(text, scrypt.salt(), 16, 8, 5)
    argon2 = hashers.Argon2PasswordHasher()
    argon2.memory_cost, argon2.time_cost, argon2.parallelism = 64, 2, 8
    yield by, lambda text: argon2.encode(text, argon2.salt())
    import bcrypt

    sha256, plain = hashers.BCryptSHA256PasswordHasher(), hashers.BCryptPasswordHasher()
    yield by, lambda text: sha256.encode(text, bcrypt.gensalt(4))
    yield by, lambda text: plain.encode(text[:72], bcrypt.gensalt(4))


def werkzeug_forms() -> Iterator[tuple[str, Callable[[str], str]]]:
    from werkzeug.security import generate_password_hash

    by = f"Werkzeug {version('werkzeug')}"
    for method in ("scrypt:1024:8:1", "pbkdf2:sha256:7", "pbkdf2:sha512:7", "pbkdf2:sha1:7"):
        yield by, lambda text, method=method: generate_password_hash(text, method)


def argon2_forms() -> Iterator[tuple[str, Callable[[str], str]]]:
    import argon2

    by = f"argon2-cffi {version('argon2-cffi')}"
    for kind in (argon2.Type.I, argon2.Type.ID):
        hasher = argon2.PasswordHasher(1, 16, 2, hash_len=20, type=kind)
        yield by, hasher.hash


# --- accounts -----------------------------------------------------------------------------------


def werkzeug(file: Path, count: int) -> None:
    """JSON Lines of `count` users for each of Werkzeug's two methods, at its own cost."""
    from werkzeug.security import generate_password_hash

    with file.open("x") as lines:
        for number in range(2 * count):
            method = "scrypt" if number < count else "pbkdf2"
            hashed = generate_password_hash(password(number), method)
            row = {"id": number, "email": f"w{number}@example.test", "password_hash": hashed}
            lines.write(f"{json.dumps(row)}\n")


async def fastapi_users(file: Path, count: int, costly: int) -> None:
    """A database that fastapi-users made: half of Argon2, half of bcrypt, which it verifies too.
    Of each ten one is inactive, one a superuser and one verified."""
    from fastapi_users import BaseUserManager, UUIDIDMixin, schemas
    from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
    from fastapi_users.password import PasswordHelper
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher
    from pwdlib.hashers.bcrypt import BcryptHasher
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase):
        pass

    class User(SQLAlchemyBaseUserTableUUID, Base):
        pass

    class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
        pass

    def helper(number: int) -> PasswordHelper:
        if number % 2:
            return PasswordHelper(PasswordHash([BcryptHasher(12 if number < costly else 4)]))
        if number < costly:
            return PasswordHelper()
        return PasswordHelper(PasswordHash([Argon2Hasher(1, 64, 1)]))

    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine, expire_on_commit=False)() as session:
        users: Any = SQLAlchemyUserDatabase(session, User)
        for number in range(count):
            user = schemas.BaseUserCreate(
                email=f"User{number}@Example.org",
                password=password(number),
                is_active=number % 10 != 7,
                is_superuser=number % 10 == 8,
                is_verified=number % 10 == 9,
            )
            await UserManager(users, helper(number)).create(user)
    await engine.dispose()


def dump(file: Path) -> None:
    """Put the SQL of a database in its place."""
    with sqlite3.connect(file) as connection:
        statements = list(connection.iterdump())
    connection.close()
    head = f"-- Made by fastapi-users {version('fastapi-users')}: bench/peers/imported.py"
    file.write_text("\n".join([head, *statements, ""]))


def main(what: str, *words: str) -> None:
    if what == "hashes":
        hashes()
    elif what == "werkzeug":
        werkzeug(Path(words[0]), int(words[1]))
    else:
        file, count, dumped = Path(words[0]), int(words[1]), "dump" in words
        asyncio.run(fastapi_users(file, count, 0 if dumped else COSTLY))
        if dumped:
            dump(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
