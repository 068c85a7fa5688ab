"""Neighbours of an address that an application registered."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import CALLBACK, destination, third_party
from ..verdict import Verdict, held, succeeded

HOST, PATH = "photos.doorward.example", "/callback"

NEIGHBOURS = (
    *(f"https://{HOST}{PATH}{end}" for end in ("/", "/..", "%2F", "#", "?x=1", "&x=1", " ", "x")),
    *(f"{scheme}//{HOST}{PATH}" for scheme in ("http:", "HTTPS:", "", "javascript:alert(1)//")),
    *(f"https://{host}{PATH}" for host in (f"{HOST}.evil.example", f"evil{HOST}", f"{HOST}.")),
    *(f"https://{host}{PATH}" for host in (f"{HOST}@evil.example", f"x@{HOST}", f"{HOST}:444")),
    *(f"https://evil.example{sep}{HOST}{PATH}" for sep in ("/", "\\@", "?", "#", "%00")),
    *("http://localhost/callback", "http://127.0.0.1/callback", "https://evil.example", ""),
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim = third_party(target), target.log_in()
    if not destination(app.authorize(victim, prompt="none")).startswith(f"{CALLBACK}?"):
        raise AssertionError("the registered address is not gone to either")
    for uri in NEIGHBOURS:
        for more in ({"prompt": "none"}, {"response_type": "token"}):
            answer = app.authorize(victim, redirect_uri=uri, **more)
            if destination(answer) or answer.status != 400:
                return succeeded(f"{uri} was gone to, though only a neighbour was registered.")
    return held(f"None of {len(NEIGHBOURS)} neighbours of a registered address was gone to.")


ATTACK = Attack(
    id="grant-redirect",
    title="A neighbour of a registered address",
    story="An attacker sends a victim a link of a known application, with an address that"
    " is nearly its own. The server compares the addresses loosely, or reports an"
    " error there. The code, or the victim, arrives at the attacker.",
    references=("RFC 9700 section 4.1", "CWE-601", "ASVS V10.4.1"),
    defences=("redirect URIs are compared as strings",),
    run=_run,
    ours=True,
)
