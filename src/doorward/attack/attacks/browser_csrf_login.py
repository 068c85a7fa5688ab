"""A page of another site that logs a real browser in as the attacker."""

import json

from ..attack import Attack
from ..attacker import Attacker
from ..browser import URLENCODED, Sites, in_browser, run
from ..verdict import Verdict, held, succeeded

FETCH = """([url, type, body]) => fetch(url, {
    method: 'POST', mode: 'no-cors', credentials: 'include', body,
    headers: {'Content-Type': type}}).catch(() => null).then(() => null)"""


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    thief, victim = sites.target.sign_up(), sites.target.sign_up()
    person = {"email": thief.email, "password": thief.password}
    text = json.dumps(person | {"transport": "cookie"})
    fields = [[name, value] for name, value in person.items()]
    for logged_in in (False, True):
        if logged_in:
            sites.log_in(victim)
        for origin in sites.elsewhere:
            page = sites.open(origin)
            run(page, FETCH, [f"{sites.app}/api/login", "text/plain", text])
            as_json = [[text[:-1] + ', "a": "', '"}']]
            sites.submit(origin, f"{sites.app}/login", URLENCODED, fields)
            sites.submit(origin, f"{sites.app}/api/login", "text/plain", as_json)
            subject = sites.me().json().get("subject")
            if subject == thief.subject:
                return succeeded(f"A page at {origin} logged the victim in as the attacker.")
            if logged_in and subject != victim.subject:
                return succeeded(f"A page at {origin} ended the victim's login.")
    return held("No page of another origin logged the browser in or ended its login.")


ATTACK = Attack(
    id="browser-csrf-login",
    title="Login CSRF in Chromium",
    story="The attacker's page sends the login with the attacker's own password, as a form and as"
    " JSON. The victim's browser keeps the cookies that come back. Whatever the victim"
    " enters next is stored in the attacker's account.",
    references=("CWE-352", "ASVS V7.6.2"),
    defences=("requests from other origins are refused",),
    run=_run,
    ours=True,
)
