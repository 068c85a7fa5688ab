"""A test client that keeps the cookies a plain one drops, and can be logged in at once."""

from collections.abc import Collection
from typing import Any

from starlette.testclient import TestClient

from ..errors import ConfigurationError
from ..types import Issued
from ..web import transport
from ..web.lifecycle import Lifecycle

ORIGIN = "https://testserver"


class Client(TestClient):
    """Starlette's test client, speaking https and from the application's own origin.

    The plain one speaks http to `testserver`: it drops every Secure cookie, and looks like nobody's
    browser to the cross-origin check.  Used as a context manager it runs the lifespan.  Raises
    `ConfigurationError` for an application that Doorward was not installed in.
    """

    __test__ = False

    def __init__(self, app: Any, **options: Any) -> None:
        headers = {"sec-fetch-site": "same-origin", **options.pop("headers", {})}
        super().__init__(app, base_url=ORIGIN, headers=headers, **options)
        self._lifecycle = _lifecycle_of(app)

    def log_in(
        self,
        subject: str,
        *,
        roles: Collection[str] = (),
        scopes: Collection[str] = (),
        amr: Collection[str] = ("pwd",),
        via: transport.Transport = "cookie",
    ) -> Issued:
        """Begin a real session for `subject` and carry its credentials from now on.  Raises
        `ValueError` for what is no transport."""
        transport.check_transport(via)

        async def begin() -> Issued:
            auth = (await self._lifecycle.open()).auth
            attempt = await auth.attempt()
            return await attempt.login(subject, roles=roles, scopes=scopes, amr=amr)

        with self._portal_factory() as portal:
            issued = portal.call(begin)
        if via == "bearer":
            self.headers["authorization"] = f"Bearer {issued.credential}"
        else:
            self._keep(issued)
        return issued

    def _keep(self, issued: Issued) -> None:
        suffix = self._lifecycle.settings.cookie_suffix or ""
        for name, value in transport.write(issued, issued.session.created_at, suffix):
            if name == b"set-cookie":
                pair = value.decode().partition(";")[0]
                cookie, _, credential = pair.partition("=")
                self.cookies.set(cookie, credential, domain="testserver.local", path="/")


def _lifecycle_of(app: Any) -> Lifecycle:
    auth = getattr(getattr(app, "state", None), "doorward", None)
    if auth is None:
        raise ConfigurationError(
            "Doorward is not installed in this application. Call auth.install(app) once, after"
            " app = FastAPI(...), and give the client that application itself."
        )
    lifecycle: Lifecycle = auth.lifecycle
    return lifecycle
