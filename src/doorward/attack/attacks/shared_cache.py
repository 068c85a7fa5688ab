"""A cache that many people share, in front of the application."""

from ..attack import Attack
from ..attacker import Attacker
from ..client import Pairs
from ..exchange import Exchange
from ..target import Target
from ..verdict import Verdict, held, not_applicable, succeeded

PATHS = ("/account", "/account/x.css", "/account?x.css", "/api/me", "/api/sessions", "/api/me/x.js")


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        return not_applicable("A shared cache keeps no answer to a request with Authorization.")
    victim = target.log_in()
    kept: dict[str, Exchange] = {}
    private = [text for text in (victim.account.email, victim.account.subject) if text]
    shown = 0
    for path in PATHS:
        seen = _through(target, kept, path, victim.headers())
        shown += any(text in seen.text for text in private)
        stolen = _through(target, kept, path, [])
        if any(text in stolen.text for text in private):
            return succeeded(f"The cache served the victim's {path} to somebody without a login.")
    if not shown:
        raise AssertionError("no page showed whose it is")
    return held(f"The cache kept none of {len(PATHS)} pages that show the victim.")


def _through(target: Target, kept: dict[str, Exchange], path: str, headers: Pairs) -> Exchange:
    """The answer of a cache that stores all it may, and styles and scripts unless that is forbidden
    (RFC 9111 sections 3 and 4.1)."""
    found = kept.get(path)
    if found is not None and "cookie" not in found.header("vary").lower():
        return found
    answer = target.client.send("GET", path, headers)
    said = answer.header("cache-control").lower()
    may = "public" in said or "max-age" in said or path.endswith((".css", ".js"))
    if answer.status == 200 and may and not any(word in said for word in ("no-store", "private")):
        kept[path] = answer
    return answer


ATTACK = Attack(
    id="shared-cache",
    title="Web cache deception",
    story="The attacker sends a link to a private page that ends like a style sheet. The victim"
    " opens it, and a cache on the way stores it as a static file. The attacker asks for the"
    " same URL, and reads the victim's page.",
    references=("RFC 9111 section 3", "CWE-524", "ASVS V14.2.5"),
    defences=("no cache keeps a private page",),
    run=_run,
)
