"""Credentials that were never given out, or not like this."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256

from doorward.tokens import mint_session_token
from tests.server.house import login

from .scene import Attack, Made, Play, Scene, Table

ATTACKS = Table()
GUESS = b"guess" + bytes(27)


@ATTACKS.add("refused", "unknown")
async def a_session_token_made_up_whole(on: Scene) -> None:
    await on.shows(mint_session_token("0" * 32, GUESS))


@ATTACKS.add("refused", "unknown")
async def a_guessed_secret_for_a_session_that_is_there(on: Scene) -> None:
    sid = (await (await on.victim()).get("/api/me")).json()["sid"]
    await on.shows(mint_session_token(sid, GUESS))


@ATTACKS.add("refused", "unknown")
async def a_session_that_the_thief_fixed_before_the_login(on: Scene) -> None:
    planted = mint_session_token("1" * 32, GUESS)
    browser = await on.house.browser(cookie=f"__Host-session={planted}")
    assert (await login(browser, email=await on.email())).status_code == 200
    await on.shows(planted)


@ATTACKS.add("refused", "malformed", modes="session token")
async def the_stored_digest_of_a_secret(on: Scene) -> None:
    await on.shows(sha256(b"secret").hexdigest())


@ATTACKS.add("refused", "malformed", modes="token")
async def a_refresh_token_as_an_access_token(on: Scene) -> None:
    await on.shows((await on.tokens())["refresh_token"])


@ATTACKS.add("refused", "malformed", modes="token")
async def an_access_token_as_a_refresh_token(on: Scene) -> None:
    await on.exchanges((await on.tokens())["access_token"])


@ATTACKS.add("refused", "bad_signature", modes="token")
async def a_refresh_token_edited_into_a_newer_one(on: Scene) -> None:
    body = bytearray(urlsafe_b64decode((await on.tokens())["refresh_token"][4:]))
    body[19] += 1  # its generation
    await on.exchanges("dwr_" + urlsafe_b64encode(body).decode())


# --- an access token, taken apart and put together otherwise -------------------------------------

Forge = Callable[[Made, Made, str], str]


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "==")


def encoded(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def with_header(**members: str | Made) -> Forge:
    return lambda head, body, sig: f"{encoded(head | members)}.{encoded(body)}.{sig}"


def with_claims(**members: object) -> Forge:
    return lambda head, body, sig: f"{encoded(head)}.{encoded(body | members)}.{sig}"


def ending(how: str) -> Forge:
    """`how` says what follows the claims, `S` being the signature."""
    return lambda head, body, sig: f"{encoded(head)}.{encoded(body)}{how.replace('S', sig)}"


def maced(head: Made, body: Made, sig: str) -> str:
    signed = f"{encoded(head | {'alg': 'HS256'})}.{encoded(body)}"
    return f"{signed}.{encoded(hmac.digest(b'the public key', signed.encode(), 'sha256'))}"


FORGERIES: dict[str, Forge] = {
    "no algorithm": with_header(alg="none"),
    "no algorithm, by another spelling": with_header(alg="nOnE"),
    "a MAC made with the public key": maced,
    "a key inside": with_header(jwk={"kty": "oct", "k": "eA"}),
    "a key elsewhere": with_header(jku="http://127.0.0.1/keys"),
    "a key id that is a path": with_header(kid="../../dev/null"),
    "a role more": with_claims(roles=["admin"]),
    "another issuer": with_claims(iss="https://elsewhere.test"),
    "no signature": ending("."),
    "no third part": ending(""),
    "a signature of zeros": ending(f".{encoded(bytes(64))}"),
    "a part more": ending(".S.S"),
    "padding": ending(".S=="),
}


def forging(forge: Forge) -> Play:
    async def play(on: Scene) -> None:
        head, body, sig = on.access_token.split(".")
        await on.shows(forge(json.loads(decoded(head)), json.loads(decoded(body)), sig))

    return play


ATTACKS += [
    Attack(name, "refused", ("malformed", "bad_signature"), forging(forge), "token")
    for name, forge in FORGERIES.items()
]


# last, since it ends the key of the tokens above
@ATTACKS.add("refused", "withdrawn", modes="token")
async def an_access_token_of_a_key_that_leaked(on: Scene) -> None:
    token = (await on.tokens())["access_token"]
    kid = json.loads(decoded(token.split(".")[0]))["kid"]
    await on.admin.post(f"/api/admin/keys/{kid}/compromise")
    await on.shows(token)
