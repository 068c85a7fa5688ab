"""A browser made to forget the victim's cookies."""

from ..attack import Attack
from ..attacker import Attacker
from ..browser import Sites, in_browser, run
from ..verdict import Verdict, held, succeeded

FILL = """([pairs]) => {
    for (let i = 0; i < 240; i++) document.cookie = `lab${i}=1; Domain=doorward.localhost; Path=/`;
    for (const [name, value] of pairs)
        document.cookie = `${name}=${value}; Domain=doorward.localhost; Path=/`;
    return document.cookie.length;  // waits until all are written
}"""


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    target = sites.target
    thief, victim = target.log_in(), target.sign_up()
    sites.log_in(victim)
    own = sites.me()
    if own.json().get("subject") != victim.subject:
        raise AssertionError("the browser did not keep its login")
    pairs = [[name.removeprefix("__Host-"), value] for name, value in thief.jar.cookies.items()]
    run(sites.open(sites.sibling), FILL, [pairs])
    if len(sites.cookies()) < 100:
        raise AssertionError("the browser kept too few of the sibling's cookies")
    seen = sites.me()
    if seen.status >= 500:
        return succeeded(f"The many cookies made the server fail: {seen.status}.")
    if seen.json().get("subject") == thief.account.subject:
        return succeeded("The victim's cookies were pushed out, and the attacker's taken instead.")
    stays = seen.json().get("subject") == victim.subject
    return held(f"The victim {'stays logged in' if stays else 'is logged out'}, and nothing more.")


ATTACK = Attack(
    id="jar-overflow",
    title="A full cookie jar",
    story="A sibling subdomain sets more cookies than a browser keeps for one site."
    " The oldest are dropped, also those that no sibling could overwrite."
    " The attacker then sets one of their own in the empty place.",
    references=("CWE-565", "ASVS V3.3.1"),
    defences=("a cookie without its prefix is no credential",),
    run=_run,
    ours=True,
)
