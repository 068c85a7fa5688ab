"""Cookies that a sibling subdomain sets for the application."""

from ..attack import Attack
from ..attacker import Attacker
from ..browser import Sites, in_browser, run
from ..verdict import Verdict, held, succeeded

TOSS = """([pairs]) => { for (const [name, value] of pairs)
    for (const path of ['/', '/api', '/account'])
        for (const text of [`${name}=${value}`, `=${name}=${value}`])
            document.cookie = `${text}; Domain=doorward.localhost; Path=${path}`;
    return document.cookie.length;  // waits until all are written
}"""


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    target = sites.target
    thief, victim = target.log_in(), target.sign_up()
    names = set(thief.jar.cookies) | {name.removeprefix("__Host-") for name in thief.jar.cookies}
    pairs = [[name, _value(thief.jar.cookies, name)] for name in sorted(names)]
    evil = sites.open(sites.sibling)
    run(evil, TOSS, [pairs])
    if "doorward.localhost" not in str(sites.context.cookies(sites.app)):
        raise AssertionError("the browser kept none of the sibling's cookies")
    if sites.me().json().get("subject") == thief.account.subject:
        return succeeded(
            "A cookie of the sibling subdomain put the victim into the attacker's session."
        )
    page = sites.log_in(victim)
    run(evil, TOSS, [pairs])
    for path in ("/api/me", "/account"):
        shown = run(page, "path => fetch(path).then(answer => answer.text())", path)
        if thief.account.subject in shown or thief.account.email in shown:
            return succeeded(f"{path} showed the attacker's account to a victim who is logged in.")
    return held("No cookie of the sibling subdomain was accepted as a login.")


def _value(cookies: dict[str, str], name: str) -> str:
    return cookies.get(name) or cookies[f"__Host-{name}"]


ATTACK = Attack(
    id="cookie-tossing",
    title="Cookies from a sibling subdomain",
    story="A sibling subdomain, which may be another tenant's, sets cookies for the parent"
    " domain. The browser sends them to the application, those with the longer path first."
    " The victim then uses the attacker's session without noticing.",
    references=("RFC 6265bis section 4.1.3.2", "CWE-565", "ASVS V3.3.3"),
    defences=("only cookies with the prefix __Host- are credentials",),
    run=_run,
    ours=True,
)
