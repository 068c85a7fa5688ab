"""Every script of the pages runs in a real browser, on a page of the origin that it is for."""

import re
import time
from pathlib import Path

import pytest
from playwright.async_api import Browser

from doorward.testing import FakeClock
from tests.docs.pages import GUIDE, blocks, name
from tests.support.elsewhere import pages_elsewhere
from tests.support.ports import free_port
from tests.support.thread_server import server_in_thread

pytestmark = pytest.mark.anyio

WRITTEN = "https://login.example"
"""Where the pages say the server is."""

HOSTS = {"own": "login.localhost", "cookie": "spa.login.localhost", "bearer": "spa.localhost"}
LATER = "// five minutes later"

SCRIPTS = {
    (page, kind): "".join(b.text for b in blocks(page) if (b.kind, b.more) == ("js", kind))
    for page in GUIDE
    for kind in {block.more for block in blocks(page) if block.kind == "js"}
}


@pytest.mark.parametrize("mode", ["session", "token"])
@pytest.mark.parametrize(
    ("page", "kind"), SCRIPTS, ids=[f"{name(page)} {kind}" for page, kind in SCRIPTS]
)
async def test_a_script_of_a_page_says_what_the_page_says(
    chromium: Browser, tmp_path: Path, page: Path, kind: str, mode: str
) -> None:
    script, own = SCRIPTS[page, kind], free_port()
    expected = re.findall(r"^ *console\.log\(.*\)  // (.*)$", script, flags=re.MULTILINE)
    assert len(expected) == script.count("console.log(") > 0
    if mode == "session":  # its token lives as long as the session
        expected = [said.replace("300", "1209600") for said in expected]
    clock = FakeClock(int(time.time()))
    with pages_elsewhere() as port:
        trusted = ",".join(f"http://{HOSTS[each]}:{port}" for each in ("cookie", "bearer"))
        api = f"http://login.localhost:{own}"
        options = ("--mode", mode, "--public-origin", api, "--trusted-origin", trusted)
        with server_in_thread(*options, folder=tmp_path, port=own, clock=clock):
            context = await chromium.new_context()
            tab = await context.new_page()
            said: list[str] = []
            tab.on("console", lambda m: said.append(m.text) if m.type == "log" else None)
            await tab.goto(api if kind == "own" else f"http://{HOSTS[kind]}:{port}/")
            await tab.expose_function("later", lambda: clock.advance(300))
            script = script.replace(WRITTEN, api).replace(LATER, "await later()")
            await tab.evaluate(f"async () => {{ {script} }}")
            await context.close()
    assert said == expected
