"""Bytes of the credential in the answer to a refresh."""

from ..contender import Contender
from ..row import Row
from .login_bytes import set_cookie_bytes


def _measure(contender: Contender) -> int | None:
    if contender.kind != "token":
        return None
    login = contender.log_in()
    kept = {name: value for name, value in login.cookies.items() if "refresh" in name}
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
    return set_cookie_bytes(contender.call("GET", "/me", headers).all("set-cookie"))


ROW = Row(
    id="refresh-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="Credential in the answer to a refresh",
    explained="In token mode a browser gets new cookies whenever its access token has expired, by"
    " default after five minutes. The other kinds do not refresh.",
    how="Length of the Set-Cookie lines in the answer to a real request that carries only the"
    " refresh token.",
    measure=_measure,
)
