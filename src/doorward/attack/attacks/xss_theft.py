"""An injected script that looks for credentials."""

from ..attack import Attack
from ..attacker import Attacker
from ..browser import Sites, in_browser, run
from ..verdict import Verdict, held, succeeded

PATHS = ("/api/me", "/api/sessions", "/account", "/account/history", "/login", "/openapi.json")

STEAL = """async paths => {
    const found = {'document.cookie': document.cookie};
    found.localStorage = JSON.stringify({...localStorage});
    found.sessionStorage = JSON.stringify({...sessionStorage});
    found['the page'] = document.documentElement.outerHTML;
    for (const path of paths) {
        const answer = await fetch(path).catch(() => null);
        if (answer) found[path] = (await answer.text()) + JSON.stringify([...answer.headers]);
    }
    const again = await fetch('/api/refresh', {method: 'POST', body: '{"refresh_token": ""}',
        headers: {'Content-Type': 'application/json'}}).catch(() => null);
    if (again) found['/api/refresh'] = await again.text();
    return found;
}"""


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    page = sites.log_in(sites.target.sign_up())
    credentials = {name: value for name, value in sites.cookies().items() if len(value) > 20}
    found = run(page, STEAL, list(PATHS))
    if not credentials or '"subject"' not in found["/api/me"]:
        raise AssertionError("the script read nothing as the victim")
    for place, text in found.items():
        for name, value in credentials.items():
            if value in text:
                return succeeded(f"The script read the value of {name} from {place}.")
    return held(f"In {len(found)} places the script found none of {len(credentials)} credentials.")


ATTACK = Attack(
    id="xss-theft",
    title="An injected script that looks for credentials",
    story="The attacker's script runs on the application's page, as the victim. It looks for"
    " credentials in cookies, storage, the page and every answer of the API. It sends what"
    " it finds to the attacker, who uses it long after the page is closed.",
    references=("RFC 6265bis section 4.1.2.6", "CWE-1004", "CWE-922", "ASVS V3.3.4"),
    defences=("scripts cannot read credentials",),
    run=_run,
    ours=True,
)
