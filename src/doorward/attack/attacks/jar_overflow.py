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
        return succeeded(
            "The victim's cookies were dropped, and the attacker's were accepted instead."
        )
    stays = "stays" if seen.json().get("subject") == victim.subject else "is no longer"
    return held(f"The victim {stays} logged in, and no other cookie was accepted.")


ATTACK = Attack(
    id="jar-overflow",
    title="A full cookie jar",
    story="A sibling subdomain sets more cookies than a browser keeps for one site. The browser"
    " drops the oldest, even those that no sibling could overwrite. The attacker then sets"
    " cookies of their own in their place.",
    references=("CWE-565", "ASVS V3.3.3"),
    defences=("only cookies with the prefix __Host- are credentials",),
    run=_run,
    ours=True,
)
