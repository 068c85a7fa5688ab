"""A Host header that the attacker chose."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded

EVIL = "evil.example"
PATHS = ("/account", "/admin", "/login", "/forgot", "/.well-known/openid-configuration")


def _run(attacker: Attacker) -> Verdict:
    client = attacker.target.client
    shapes = (
        [("Host", EVIL)],
        [("Host", client.address.netloc), ("X-Forwarded-Host", EVIL)],
        [("Host", client.address.netloc), ("Forwarded", f"host={EVIL}")],
    )
    for headers in shapes:
        for path in PATHS:
            answer = client.send("GET", path, [*headers, ("Accept", "text/html")])
            if EVIL in answer.text or any(EVIL in value for _, value in answer.received):
                return succeeded(f"{path} repeated the host that the request named.")
    return held("No answer repeated a host that the request named.")


ATTACK = Attack(
    id="host-header",
    title="A poisoned Host header",
    story="An attacker asks with a Host header of their own."
    " An application that builds links from it writes the attacker's host into them."
    " A reset link in a mail, or a page in a cache, then leads the victim there.",
    references=("CWE-644",),
    defences=("no answer repeats the Host header",),
    run=_run,
)
