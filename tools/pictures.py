"""Take the pictures of the pages in the documentation: a real server, a real Chromium; and make the
examples of the reports of `doorward attack` and `doorward compare`.

    .venv/bin/python -m tools.pictures [FOLDER]
    .venv/bin/python -m tools.pictures --compare

They go to docs/img and docs/examples, or FOLDER.  The first shows the kept comparison in the words
of today.  Chromium is found as the tests find it:
`./dev test` installs one.  The second makes the comparison alone, on a new SQLite file, a new
PostgreSQL and a new Valkey, and keeps its figures for `doorward advise`.  It takes ten minutes, in
which nothing else should run.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import httpx2
from playwright.async_api import Browser

from doorward.cli.attack import main as attack
from doorward.cli.compare import TITLE
from doorward.compare.catalogue import ROWS
from doorward.compare.report import report
from doorward.compare.run import Run
from tests.cli.desk import PASSWORD, desk_of
from tests.support.browser import launched_chromium
from tests.support.postgres import DURABLE, running_postgres
from tests.support.server import RunningServer, running_server
from tests.support.valkey import running_valkey

DOCS = Path(__file__).resolve().parents[1] / "docs"
IMAGES, EXAMPLES = DOCS / "img", DOCS / "examples"
FIGURES = DOCS.parent / "src/doorward/advise/result.json"
ADMIN = "ada@example.org"
LINUX, PHONE = "Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0)"
AGENTS = {
    "edsger@example.org": "curl/8.9",
    "barbara@example.org": f"{LINUX} Gecko/20100101 Firefox/150.0",
    "margaret@example.org": f"{PHONE} AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1",
    "grace@example.org": f"{LINUX} Gecko/20100101 Firefox/150.0",
}
OTHERS = tuple(AGENTS.values())[1:3]
"""Where the administrator is logged in too."""


def enter(server: RunningServer, email: str, agent: str) -> None:
    """Log somebody in, in whose account it is all the same whether it was there before."""
    with httpx2.Client(base_url=server.url, headers={"user-agent": agent}) as http:
        who = {"email": email, "password": PASSWORD}
        http.post("/api/signup", json=who)
        http.post("/api/login", json={**who, "transport": "bearer"}).raise_for_status()


async def take(
    browser: Browser,
    server: RunningServer,
    target: Path,
    path: str,
    size: tuple[int, int],
    colours: Literal["light", "dark"] = "light",
) -> None:
    """One picture; of the login page as a stranger, of any other as the administrator."""
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=colours
    )
    page = await context.new_page()
    await page.goto(f"{server.url}/login")
    if path != "/login":
        await page.get_by_label("E-mail").fill(ADMIN)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await page.wait_for_url("**/account")
        await page.goto(f"{server.url}{path}")
    await page.screenshot(path=target, animations="disabled")
    await context.close()


async def take_report(browser: Browser, report: str, target: Path) -> None:
    """The head of a report of the lab."""
    context = await browser.new_context(viewport={"width": 860, "height": 560})
    page = await context.new_page()
    await page.goto(report)
    await page.screenshot(path=target, animations="disabled")
    await context.close()


def compare_stores() -> None:
    """The comparison of every store: the figures that are cited, and the page of them."""
    with (
        TemporaryDirectory() as scratch,
        running_postgres(DURABLE) as postgres,
        running_valkey() as valkey,
    ):
        urls = (f"sqlite:///{scratch}/compare.db", postgres.new_database(), valkey.url)
        stores = [word for url in urls for word in ("--store", url)]
        command = [sys.executable, "-m", "doorward", "compare", *stores, "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    FIGURES.write_bytes(done.stdout)
    (EXAMPLES / "compare.html").write_text(example(), encoding="utf-8")


def example() -> str:
    """The page of the kept comparison, in the words of today."""
    kept = json.loads(FIGURES.read_text(encoding="utf-8"))
    values = {row["id"]: row["values"] for row in kept["rows"]}
    columns = list(next(iter(values.values())))
    return report(Run(kept["machine"], ROWS, columns, values), TITLE)


async def main(folder: Path) -> None:
    examples = EXAMPLES if folder == IMAGES else folder
    (examples / "compare.html").write_text(example(), encoding="utf-8")
    naive = examples / "attack-naive.html"
    attack(["--naive", "--html", str(naive)])
    with TemporaryDirectory() as scratch, running_server(folder=Path(scratch)) as server:
        for agent in OTHERS:
            enter(server, ADMIN, agent)
        async with launched_chromium() as browser:
            await take_report(browser, naive.as_uri(), folder / "attack.png")
            await take(browser, server, folder / "account.png", "/account", (900, 1010))
            await take(browser, server, folder / "login-phone.png", "/login", (390, 760), "dark")
            for email, agent in AGENTS.items():
                enter(server, email, agent)
            desk_of(server).data("users", "set-roles", ADMIN, "admin")
            await take(browser, server, folder / "online.png", "/admin", (1120, 640))


if __name__ == "__main__":
    if sys.argv[1:] == ["--compare"]:
        compare_stores()
    else:
        asyncio.run(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else IMAGES))
