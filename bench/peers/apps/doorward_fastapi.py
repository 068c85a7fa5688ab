"""Doorward in FastAPI, in either mode, on each store.

Source: docs/quickstart.md, and the application in README.md.
"""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from bench.peers.account import Account
from bench.peers.spec import Spec
from doorward.web.fastapi import Doorward, Principal


class Form(BaseModel):
    username: str
    password: str


def database(store: str, mode: str, spec: Spec) -> str:
    return {
        "memory": "memory:",
        "SQLite": f"sqlite:///{spec.folder}/{mode}.db",
        "PostgreSQL": spec.postgres,
        "Redis": spec.redis,
    }[store]


def build(variant: str, spec: Spec) -> Any:
    mode, store = variant.split()
    key = spec.folder / f"{mode}-{store}.key"
    auth = Doorward(
        database(store, mode, spec),
        mode="token" if mode == "token" else "session",
        root_key_file=key,
    )
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)
    account = Account()

    @app.post("/login", status_code=204)
    async def login(form: Form, response: Response) -> None:
        attempt = await auth.attempt(form.username)
        if not await account.opens(form.username, form.password):
            raise HTTPException(401)
        await attempt.login(response, subject=form.username, roles=["reader"])

    @app.post("/logout", status_code=204)
    async def logout(request: Request, response: Response) -> None:
        await auth.logout(request, response)

    @app.get("/me")
    async def me(principal: Annotated[Principal, Depends(auth.principal)]) -> dict[str, str]:
        return {"subject": principal.subject}

    return app
