"""Thousands of changed copies of a valid access token."""

import json
from collections.abc import Iterator
from random import Random

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, encode, header_of, segment
from ..mutants import keep_last, mutants
from ..verdict import Verdict, held, succeeded

ALGORITHMS = ("none", "NONE", "HS256", "HS384", "HS512", "RS256", "PS256", "ES384", "ES512", "", 0)
MEMBERS: tuple[tuple[str, object], ...] = (
    ("crit", ["exp"]),
    ("b64", False),
    ("typ", "JWT"),
    ("cty", "JWT"),
    ("zip", "DEF"),
    ("jku", "http://localhost:1/keys"),
    ("x5c", []),
    ("jwk", {"kty": "oct", "k": ""}),
    ("enc", "A128GCM"),
)
CLAIMS: tuple[tuple[str, object], ...] = (
    ("roles", ["admin"]),
    ("scope", "admin"),
    ("sub", "u_0"),
    ("exp", 2**40),
    ("exp", 1e300),
    ("exp", None),
    ("aud", []),
    ("iss", ""),
    ("ver", -1),
    ("iat", "now"),
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    login = target.log_in()
    seen = {login.credential}
    count = 5_000 if attacker.full else 300
    tokens = _tokens(attacker.random, login.credential)
    while len(seen) <= count:
        token = next(tokens)
        if token in seen:
            continue
        seen.add(token)
        answer = target.me(login, token)
        keep_last(target.client)
        if answer.status == 200:
            return succeeded("A token that was never issued was accepted.")
        if answer.status >= 500:
            raise AssertionError(f"a token broke the server: it answered {answer.status}")
    return held(f"None of {count} changed tokens was accepted.")


def _tokens(random: Random, token: str) -> Iterator[str]:
    """Endless: alternately a token with changed text and one with changed members."""
    for text in mutants(random, token):
        yield text
        yield _rewritten(random, token)


def _rewritten(random: Random, token: str) -> str:
    _, payload, signature = token.split(".")
    header = dict(header_of(token))
    claims = json.loads(decode(payload))
    for _ in range(random.randint(1, 3)):
        where = random.choice(("alg", "member", "claim", "drop", "order", "signature"))
        if where == "alg":
            header["alg"] = random.choice(ALGORITHMS)
        elif where == "member":
            header |= [random.choice(MEMBERS)]
        elif where == "claim":
            claims |= [random.choice(CLAIMS)]
        elif where == "drop" and claims:
            claims.pop(random.choice(sorted(claims)))
        elif where == "order":
            header = dict(random.sample(sorted(header.items(), key=str), len(header)))
        else:
            signature = encode(random.randbytes(random.choice((0, 1, 32, 63, 64, 65, 72))))
    return f"{segment(header)}.{segment(claims)}.{signature}"


ATTACK = Attack(
    id="mutants-signed",
    title="Thousands of changed access tokens",
    story="An attacker has a token of their own and no key. Their program changes it at random,"
    " thousands of times. A single change that a parser overlooks makes them somebody else.",
    references=("RFC 8725", "CWE-347", "ASVS V9.1.1"),
    defences=("signatures of tokens are verified",),
    run=_run,
)
