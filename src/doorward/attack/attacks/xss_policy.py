"""Markup that got into a page, and what the Content-Security-Policy still allows."""

from ..attack import Attack
from ..attacker import Attacker
from ..browser import Sites, in_browser, run
from ..verdict import Verdict, held, succeeded

INJECT = """async elsewhere => {
    const refused = [];
    document.addEventListener('securitypolicyviolation',
        event => refused.push(event.effectiveDirective));
    const box = document.createElement('div');
    document.body.append(box);
    box.innerHTML = `<img src="data:," onerror="window.lab = 'a handler ran'">`
        + `<img src="${elsewhere}/image"><iframe src="${elsewhere}/frame"></iframe>`
        + `<style>body { background: url(${elsewhere}/style) }</style>`;
    for (const set of [{textContent: "window.lab = 'an inline script ran'"},
                       {src: elsewhere + '/script'}])
        document.body.append(Object.assign(document.createElement('script'), set));
    await fetch(elsewhere + '/fetch', {mode: 'no-cors'}).catch(() => null);
    await new Promise(done => setTimeout(done, 100));
    return [window.lab || '', refused.length];
}"""


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    page = sites.log_in(sites.target.sign_up())
    reports = 0
    for path in ("/account", "/login"):
        page.goto(sites.app + path, wait_until="load")
        ran, refused = run(page, INJECT, sites.cross)
        if ran:
            return succeeded(f"On {path}, {ran}.")
        if sites.caught:
            return succeeded(
                f"{path} loaded {sites.caught[0].split()[0]} from the attacker's site."
            )
        reports += refused
    if not reports:
        raise AssertionError("the browser reported no refusal, so nothing was injected")
    return held(
        f"No injected code ran or loaded anything; the browser reported {reports} refusals."
    )


ATTACK = Attack(
    id="xss-policy",
    title="Injected markup under the Content-Security-Policy",
    story="A fault lets the attacker's markup into a page. The markup contains handlers, and"
    " scripts, frames and pictures from another site. Without a policy they run, and send"
    " away what the page shows.",
    references=("CWE-79", "CWE-693", "ASVS V3.4.3"),
    defences=("pages run only their own scripts",),
    run=_run,
    ours=True,
)
