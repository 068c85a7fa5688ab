"""Markup in every field that is stored or shown again."""

from urllib.parse import quote

from ..attack import Attack
from ..attacker import Attacker
from ..browser import Sites, in_browser
from ..verdict import Verdict, held, succeeded

MARKUP = '"\'><img data-lab=1 src=x onerror="window.lab=1"><script>window.lab=1</script>'
PAGES = (
    "/login?email={0}&return_to={0}",
    "/login?notice={0}&error={0}&error_description={0}",
    "/signup?email={0}&return_to={0}",
    "/reset?ticket={0}",
    "/setup?ticket={0}",
    "/account?notice={0}",
    "/account/history?after={0}",
    "/elevate?return_to={0}",
    "/account/{0}",
    "/{0}",
)
FOUND = "() => Boolean(window.lab || document.querySelector('[data-lab]'))"


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    target = sites.target
    victim = target.sign_up()
    agent = [("User-Agent", f"Mozilla/5.0 {MARKUP}"), ("Referer", f"{sites.app}/{quote(MARKUP)}")]
    target.try_login(victim, victim.password, agent)
    target.try_login(victim, "wrong", [("User-Agent", MARKUP), ("X-Forwarded-For", MARKUP)])
    page = sites.log_in(victim)
    if victim.email not in page.content():
        raise AssertionError("the account's page does not show whose it is")
    paths = [
        "/account",
        "/account/history",
        *(each.format(quote(MARKUP, safe="")) for each in PAGES),
    ]
    for path in paths:
        page.goto(sites.app + path, wait_until="load")
        if page.evaluate(FOUND):
            return succeeded(
                f"{path.partition('?')[0][:40]} rendered the attacker's text as markup."
            )
    sites.context.clear_cookies()
    for path in ("/login", "/signup"):
        page.goto(sites.app + path, wait_until="load")
        page.fill("[name=email]", MARKUP)
        page.fill("[name=password]", "short")
        with page.expect_navigation():
            page.evaluate("() => document.querySelector('[name=email]').form.submit()")
        if page.evaluate(FOUND):
            return succeeded(f"{path} rendered what was typed into its form as markup.")
    return held(f"On {len(paths) + 2} pages the attacker's markup stayed text.")


ATTACK = Attack(
    id="xss-markup",
    title="Markup in every field",
    story="An attacker writes HTML into whatever is stored or shown again: addresses, user"
    " agents, parameters and paths. A page that does not escape it renders it as its own."
    " The attacker's script then runs as the victim.",
    references=("CWE-79", "ASVS V1.2.1", "ASVS V3.2.2"),
    defences=("pages escape what they show",),
    run=_run,
    ours=True,
)
