"""The Back button after a logout."""

from ..attack import Attack
from ..attacker import Attacker
from ..browser import Sites, in_browser, run
from ..verdict import Verdict, held, succeeded

LOG_OUT = "() => fetch('/api/logout', {method: 'POST'}).then(answer => answer.status)"


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    victim = sites.target.sign_up()
    page = sites.log_in(victim)
    if victim.email not in page.content():
        raise AssertionError("the account's page does not show whose it is")
    page.goto(f"{sites.app}/login", wait_until="load")
    if run(page, LOG_OUT) != 204:
        raise AssertionError("the browser could not log out")
    page.go_back(wait_until="load")
    if victim.email in page.content():
        return succeeded("Back showed the victim's account after the logout.")
    return held("Back led to the login page.")


ATTACK = Attack(
    id="back-button",
    title="The Back button after a logout",
    story="A victim logs out on a shared computer and leaves. The next person presses Back. The"
    " browser shows the victim's page from its cache.",
    references=("CWE-525", "ASVS V14.3.2"),
    defences=("no cache keeps a private page",),
    run=_run,
    ours=True,
)
