"""A JWT in a Bearer header, verified by PyJWT in a dependency.  The page has no logout: the token
works until it expires, and the client forgets it.

Source: https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from jwt.exceptions import InvalidTokenError
from pwdlib import PasswordHash
from pydantic import BaseModel

from bench.peers.catalogue import PASSWORD, USERNAME
from bench.peers.spec import Spec

KEY, ALGORITHM, MINUTES = secrets.token_hex(32), "HS256", 30
UNAUTHORIZED = HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
password_hash = PasswordHash.recommended()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="login")


class User(BaseModel):
    username: str
    disabled: bool = False


class UserInDB(User):
    hashed_password: str


users = {USERNAME: {"username": USERNAME, "hashed_password": password_hash.hash(PASSWORD)}}


def get_user(username: str) -> UserInDB | None:
    return UserInDB(**users[username]) if username in users else None


async def get_current_user(token: Annotated[str, Depends(oauth2_scheme)]) -> User:
    try:
        username = jwt.decode(token, KEY, algorithms=[ALGORITHM]).get("sub")
    except InvalidTokenError:
        raise UNAUTHORIZED from None
    user = get_user(username)
    if user is None:
        raise UNAUTHORIZED
    return user


async def get_current_active_user(user: Annotated[User, Depends(get_current_user)]) -> User:
    if user.disabled:
        raise HTTPException(400, "Inactive user")
    return user


def build(variant: str, spec: Spec) -> Any:
    app = FastAPI()

    @app.post("/login")
    async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
        user = get_user(form.username)
        if user is None or not password_hash.verify(form.password, user.hashed_password):
            raise UNAUTHORIZED
        expires = datetime.now(UTC) + timedelta(minutes=MINUTES)
        token = jwt.encode({"sub": user.username, "exp": expires}, KEY, algorithm=ALGORITHM)
        return {"access_token": token, "token_type": "bearer"}

    @app.post("/logout", status_code=204)
    async def logout() -> None:
        return None

    @app.get("/me")
    async def me(user: Annotated[User, Depends(get_current_active_user)]) -> dict[str, str]:
        return {"subject": user.username}

    return app
