"""The application in a frame of another site."""

from ..attack import Attack
from ..attacker import Attacker
from ..browser import Sites, in_browser, run
from ..verdict import Verdict, held, succeeded

PATHS = ("/account", "/login", "/logout", "/signup", "/admin", "/elevate", "/api/me")

FRAMES = """urls => Promise.all(urls.map(src => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.onload = done;
    setTimeout(done, 3000);  // an answer without a body loads nothing
    frame.src = src;
    document.body.append(frame);
})))"""


def _run(attacker: Attacker) -> Verdict:
    return in_browser(attacker, _steps)


def _steps(sites: Sites) -> Verdict:
    sites.log_in(sites.target.sign_up())
    for origin in sites.elsewhere:
        page = sites.open(origin)
        run(page, FRAMES, [sites.app + path for path in PATHS])
        frames = page.frames[1:]
        if len(frames) != len(PATHS):
            raise AssertionError(f"{len(frames)} frames of {len(PATHS)} were made")
        shown = [frame.url for frame in frames if frame.url.startswith(sites.app)]
        if shown:
            path = shown[0].removeprefix(sites.app)
            return succeeded(f"{path} was shown in a frame at {origin}.")
    return held(f"The browser showed none of {len(PATHS)} pages in a frame of another origin.")


ATTACK = Attack(
    id="clickjacking",
    title="Clickjacking",
    story="The attacker puts the application into an invisible frame over a game. The victim"
    " plays, and clicks buttons of the application instead. Each click acts as the victim,"
    " who is logged in.",
    references=("CWE-1021", "ASVS V3.4.6"),
    defences=("no page is shown in a frame of another origin",),
    run=_run,
    ours=True,
)
