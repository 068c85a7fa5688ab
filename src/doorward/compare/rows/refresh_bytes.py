"""Bytes that a refresh sends back."""

from ..contender import Contender
from ..row import Row
from .login_bytes import set_by


def _measure(contender: Contender) -> int | None:
    if contender.kind != "token":
        return None
    login = contender.log_in()
    kept = {name: value for name, value in login.cookies.items() if "refresh" in name}
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
    return set_by(contender.call("GET", "/me", headers).all("set-cookie"))


ROW = Row(
    id="refresh-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="Sent back by a refresh",
    explained="In token mode a browser gets new cookies each time an access token has expired, five"
    " minutes apart by default. Nothing else refreshes.",
    how="Length of the Set-Cookie lines of the answer to a real request whose access token is gone"
    " and whose refresh token is good.",
    measure=_measure,
)
