"""How long a logout takes in Chromium, by what `Clear-Site-Data` says and how full its cache is.

    python bench/clear_site_data.py [ENTRIES ...]

Fills the cache of a fresh Chromium with so many entries of 4 KiB of another site, 2,000 unless told
otherwise, then presses a button that posts, is answered with 303 and the header, and waits for the
next page, ten times for each value in turn.  Prints milliseconds.
"""

import asyncio
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.async_api import Page, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.support.browser import FLAGS, chromium_path
from tests.support.thread import served

SAID = ("", '"storage"', '"cache"', '"cache", "storage"')
TIMES = 10
AT_ONCE = 200
BODY = os.urandom(4096)
FORM = '<form method="post" action="/logout?{}"><button>Log out</button></form>'
FETCH = """async ([begin, end]) => {
    const numbers = Array.from({ length: end - begin }, (_, i) => begin + i);
    await Promise.all(numbers.map((n) => fetch(`/entry/${n}`).then((r) => r.arrayBuffer())));
}"""


async def entry(request: Request) -> Response:
    return Response(BODY, headers={"cache-control": "public, max-age=31536000"})


async def page(request: Request) -> Response:
    return HTMLResponse(FORM.format(request.url.query), headers={"cache-control": "no-store"})


async def logout(request: Request) -> Response:
    said = SAID[int(request.url.query)]
    return RedirectResponse("/out", 303, {"clear-site-data": said} if said else None)


async def out(request: Request) -> Response:
    return HTMLResponse('<p id="out">out</p>', headers={"cache-control": "no-store"})


async def fill(tab: Page, url: str, entries: int) -> None:
    await tab.goto(f"{url}/out")
    for begin in range(0, entries, AT_ONCE):
        await tab.evaluate(FETCH, [begin, min(begin + AT_ONCE, entries)])


async def once(tab: Page, url: str, which: int) -> float:
    await tab.goto(f"{url}/page?{which}")
    began = time.perf_counter()
    await tab.click("button")
    await tab.wait_for_selector("#out")
    return (time.perf_counter() - began) * 1e3


async def measure(port: str, entries: int) -> None:
    times: list[list[float]] = [[] for _ in SAID]
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                folder, executable_path=chromium_path(), args=FLAGS
            )
            tab = await context.new_page()
            await fill(tab, f"http://other.localhost:{port}", entries)
            for _ in range(TIMES):
                for which in range(len(SAID)):
                    times[which].append(await once(tab, f"http://localhost:{port}", which))
            await context.close()
    for said, taken in zip(SAID, times, strict=True):
        print(f"{entries:8,} {said or 'nothing':20} {median(taken):8.0f} {max(taken):8.0f}")


def main() -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'entries':>8} {'said':20} {'median':>8} {'worst':>8}")
    routes = [
        Route("/entry/{n}", entry),
        Route("/page", page),
        Route("/logout", logout, methods=["POST"]),
        Route("/out", out),
    ]
    with served(Starlette(routes=routes)) as running:
        for entries in [int(each) for each in sys.argv[1:]] or [2000]:
            asyncio.run(measure(running.url.rpartition(":")[2], entries))


if __name__ == "__main__":
    main()
