"""JSON that parsers read differently, or that makes them fail."""

import http.client
import json

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..target import Account, Target
from ..verdict import Verdict, held, succeeded

DEPTH = 25_000
TYPE = ("Content-Type", "application/json")


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    one, two = target.sign_up(), target.sign_up()
    bodies = _bodies(one, two)
    for name, body in bodies.items():
        try:
            answer = target.client.send("POST", "/api/login", [*target.own, TYPE], body=body)
        except (OSError, http.client.HTTPException):
            return succeeded(f"A body with {name} broke the request, and got no answer.")
        if answer.status >= 500 and answer.status != 503:
            return succeeded(f"A body with {name} broke the server: {answer.status}.")
        if answer.status < 300:
            return succeeded(f"A login with {name} was accepted.")
    if not _plain(target, one).accepted:
        raise AssertionError("a plain body is refused as well")
    return held(f"{len(bodies)} odd bodies were refused, and nothing broke.")


def _plain(target: Target, account: Account) -> Exchange:
    return target.try_login(account, account.password)


def _bodies(one: Account, two: Account) -> dict[str, str]:
    email, password = json.dumps(one.email), json.dumps(one.password)
    good = f'"email":{email},"password":{password}'
    return {
        "deep lists": "[" * DEPTH,
        "deep objects": '{"a":' * (DEPTH // 5) + "1" + "}" * (DEPTH // 5),
        "a member twice": f'{{"email":{json.dumps(two.email)},{good}}}',
        "a member twice, once escaped": f'{{"\\u0065mail":{json.dumps(two.email)},{good}}}',
        "a byte order mark": f"\ufeff{{{good}}}",
        "NaN": f'{{{good},"x":NaN}}',
        "a comment": f"{{{good}/* */}}",
        "a trailing comma": f"{{{good},}}",
        "trailing text": f"{{{good}}}{{}}",
        "single quotes": f"{{{good}}}".replace('"', "'"),
        "a number of 5,000 digits": f'{{{good},"x":{"9" * 5_000}}}',
        "a lone surrogate": f'{{"email":"\\ud800","password":{password}}}',
        "a list as address": f'{{"email":[{email}],"password":{password}}}',
        "an object as password": f'{{"email":{email},"password":{{"$ne":""}}}}',
        "true as password": f'{{"email":{email},"password":true}}',
        "null": "null",
        "a list": f"[{{{good}}}]",
        "white space only": " ",
    }


ATTACK = Attack(
    id="odd-json",
    title="Deep and ambiguous JSON",
    story="An attacker sends JSON that nests without end, or that names a member twice. A"
    " firewall in front reads the first of the two, and the server the last. JSON that nests"
    " too deeply ends the request, or the process.",
    references=("RFC 8259 section 4", "CWE-674", "CWE-436", "ASVS V1.5.3"),
    defences=("JSON is parsed strictly",),
    run=_run,
    ours=True,
)
