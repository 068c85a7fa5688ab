"""A tab that was forgotten, in a browser where somebody else is logged in now."""

from ..attack import Attack
from ..attacker import Attacker
from ..browser import Sites, in_browser
from ..verdict import Verdict, held, succeeded

SUBMIT = """() => {
    const form = document.querySelector('form[action="/logout"]');
    setTimeout(() => HTMLFormElement.prototype.submit.call(form));
}"""


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    first, second = sites.target.sign_up(), sites.target.sign_up()
    stale = sites.log_in(first)
    if not stale.query_selector('form[action="/logout"]'):
        raise AssertionError("the account's page has no form that logs out")
    sites.log_in(second)
    with stale.expect_response(f"{sites.app}/logout"):
        stale.evaluate(SUBMIT)
    if sites.me().json().get("subject") != second.subject:
        return succeeded("A form of the first person's page ended the session of the second.")
    return held("The form of the old tab was refused, and the second person stays logged in.")


ATTACK = Attack(
    id="stale-tab",
    title="A forgotten tab acts for somebody else",
    story="One person leaves a tab open, and another logs in in the same browser. Somebody clicks"
    " in the old tab, whose page shows the first person. The click acts on the session of"
    " the second, whose cookies the browser now sends.",
    references=("CWE-613", "CWE-352"),
    defences=("a form is bound to one session",),
    run=_run,
    ours=True,
)
