"""A man in the middle who strips TLS."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from ..attack import Attack
from ..attacker import Attacker
from ..certificate import make_certificate
from ..exchange import Exchange
from ..files import HTTPS_HOST
from ..verdict import Verdict, held, not_applicable, succeeded
from ..wire import Wire, kept, stripping


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.files is None:
        return not_applicable(
            "Only an instance that the lab starts itself can be started with TLS."
        )
    if target.way.transport != "cookie":
        return not_applicable("A bearer client decides by itself where it sends its token.")
    with TemporaryDirectory(prefix="doorward-wire-") as folder:
        cert, key = map(Path, make_certificate(Path(folder), HTTPS_HOST))
        with target.files.https(cert, key) as port:
            return _between(Wire(port, cert), f"lab-{attacker.random.getrandbits(64):x}")


def _between(safe: Wire, name: str) -> Verdict:
    person = {"email": f"{name}@doorward.example", "password": f"throw-away {name}"}
    if _post(safe, "https", "/api/signup", person).status != 201:
        raise AssertionError("no account could be made over TLS")
    login = _post(safe, "https", "/api/login", person | {"transport": "cookie"})
    cookies = kept(login, over_tls=True)
    header = [("Cookie", "; ".join(f"{name}={value}" for name, value, _ in cookies))]
    if login.status != 200 or safe.send("GET", "/api/me", header).status != 200:
        raise AssertionError(f"no login over TLS: {login.status}")
    with stripping(safe) as (clear, seen):
        sent = "; ".join(f"{name}={value}" for name, value, secure in cookies if not secure)
        clear.send("GET", "/", [("Cookie", sent)] if sent else [])
        if not seen:
            raise AssertionError("the proxy saw nothing")
        if any(value in line for name, value, _ in cookies for line in seen):
            return succeeded("A link to http:// made the browser send its cookies in the clear.")
        stripped = _post(clear, "http", "/api/login", person | {"transport": "cookie"})
        if stripped.status != 200:
            raise AssertionError(f"no login through the proxy: {stripped.status}")
        found = kept(stripped, over_tls=False)
        again = [("Cookie", "; ".join(f"{name}={value}" for name, value, _ in found))]
        if found and clear.send("GET", "/api/me", again).status == 200:
            return succeeded("A browser kept the cookies from which the proxy had removed Secure.")
    if "max-age=" not in login.header("strict-transport-security"):
        return succeeded(
            "The login answers without Strict-Transport-Security, so browsers still use http."
        )
    return held(
        f"The proxy saw no cookie in {len(seen)} plain requests, and a browser keeps none from"
        " which Secure was removed."
    )


def _post(wire: Wire, scheme: str, path: str, data: dict[str, str]) -> Exchange:
    origin = f"{scheme}://{HTTPS_HOST}"
    headers = [("Origin", origin), ("Content-Type", "application/json")]
    return wire.send("POST", path, headers, json.dumps(data))


ATTACK = Attack(
    id="man-in-the-middle",
    title="A man in the middle who strips TLS",
    story="An attacker on the same network answers plain http, and speaks TLS with the server."
    " They remove Secure and HSTS from the answers, and lead the browser to http. A browser"
    " that was logged in before sends its cookies unencrypted.",
    references=("RFC 6797", "RFC 6265bis section 4.1.3", "CWE-319", "ASVS V3.4.1"),
    defences=("HSTS tells browsers to use https", "cookies are sent over TLS only"),
    run=_run,
)
