"""better-auth-server, the Python port of better-auth, with its own adapter in memory, which is what
it takes when no other is named.

Source: https://better-auth-py.oumarbarry.dev
"""

import secrets
from typing import Annotated, Any

from better_auth import BetterAuth, EmailAndPassword
from better_auth.integrations.fastapi import BetterAuthFastAPI
from fastapi import Depends, FastAPI

from bench.peers.spec import Spec


def build(variant: str, spec: Spec) -> Any:
    auth = BetterAuth(
        secret=secrets.token_urlsafe(32),
        base_url=spec.origin,
        email_and_password=EmailAndPassword(enabled=True),
    )
    app = FastAPI()
    ba = BetterAuthFastAPI(auth)
    app.include_router(ba.router)

    @app.get("/me")
    async def me(result: Annotated[dict[str, Any], Depends(ba.require_session)]) -> dict[str, str]:
        return {"subject": result["user"]["email"]}

    return app
