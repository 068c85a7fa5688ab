"""A real Chromium, which all attacks of a process share, and the sites that it visits."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

from .attacker import Attacker
from .client import Pairs
from .exchange import Exchange
from .target import Account, Target
from .threaded import in_thread
from .verdict import Verdict, not_applicable

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

VARIABLE = "DOORWARD_CHROMIUM"
NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
RESOLVED = "MAP *.example 127.0.0.1, MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
FLAGS = (
    "--no-sandbox",  # root, as in most containers, has no sandbox to give
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # a page of the attacked application may not lead the browser to another machine
    f"--host-resolver-rules={RESOLVED}",
)
PIP, INSTALL = f"{sys.executable} -m pip install", f"{sys.executable} -m playwright install"
NO_PLAYWRIGHT = f"It needs a browser: {PIP} 'doorward[lab]' && {INSTALL} chromium."
NO_CHROMIUM = f"No Chromium starts: {INSTALL} chromium, or name one in DOORWARD_CHROMIUM."
NO_COOKIES = "A bearer client sends no cookies by itself, as a browser would."
NOT_HTTP = "The pages of the browser are on http, and this instance speaks https."
NOT_IPV4 = "The attacker's sites listen on 127.0.0.1, and this instance does not."
TIMEOUT = 5_000
"""Milliseconds to wait for a page."""

LONGEST = 60
"""Seconds that one attack may take in the browser."""

LOG_IN = """account => fetch('/api/login', {
    method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({...account, transport: 'cookie'})}).then(answer => answer.status)"""


WITHIN = """async given => Promise.race([(%s)(given),
    new Promise((_, failed) => setTimeout(() => failed(Error('too slow')), %d))])"""

FORM = """([action, enctype, fields]) => {
    const form = document.createElement('form');
    Object.assign(form, {method: 'post', action, enctype});
    for (const [name, value] of fields) {
        const input = document.createElement('input');
        Object.assign(input, {name, value});
        form.append(input);
    }
    document.body.append(form);
    setTimeout(() => form.submit());
}"""

URLENCODED = "application/x-www-form-urlencoded"


def run(page: "Page", script: str, given: object = None) -> Any:
    """The result of a script in a page.  Raises Playwright's `Error` when that takes too long."""
    return page.evaluate(WITHIN % (script, TIMEOUT), given)


Steps = Callable[["BrowserContext"], Verdict]


class Chromium:
    """One browser, started when it is first needed."""

    def __init__(self) -> None:
        self._worker: _Worker | None = None

    def run(self, steps: Steps) -> Verdict:
        """The verdict of `steps` in a browser without cookies.  Raises `TimeoutError` when
        they take longer than `LONGEST`; the next steps then get another browser."""
        if self._worker is None:
            self._worker = _Worker()
            self._worker.start()
        verdict: Future[Verdict] = Future()
        self._worker.jobs.put((steps, verdict))
        wait([verdict], LONGEST)
        if verdict.done():
            return verdict.result()
        self._worker.jobs.put(None)
        self._worker = None
        raise TimeoutError(f"the browser was not done within {LONGEST} seconds")

    def close(self) -> None:
        """End the browser.  The next attack starts another."""
        if self._worker is not None:
            self._worker.jobs.put(None)
            self._worker.join(LONGEST)
            self._worker = None


class _Worker(Thread):
    """Playwright's synchronous API belongs to one thread, and leaves an event loop running there:
    so it has a thread of its own.  It is a daemon, for what hangs in it cannot be ended.  None
    among its `jobs` ends the browser."""

    def __init__(self) -> None:
        super().__init__(name="chromium", daemon=True)
        self.jobs: SimpleQueue[tuple[Steps, Future[Verdict]] | None] = SimpleQueue()
        self._driver: Any = None
        self._browser: Any = None

    def run(self) -> None:
        while (job := self.jobs.get()) is not None:
            steps, verdict = job
            try:
                verdict.set_result(self._verdict(steps))
            except BaseException as error:  # noqa: BLE001 - raised where the verdict was asked for
                verdict.set_exception(error)
        self._end()

    def _verdict(self, steps: Steps) -> Verdict:
        why = "" if self._browser else self._start()
        if why:
            return not_applicable(why)
        context = self._browser.new_context(ignore_https_errors=True)
        try:
            context.set_default_timeout(TIMEOUT)
            return steps(context)
        finally:
            context.close()

    def _start(self) -> str:
        """Why no browser could be started, or empty."""
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError:
            return NO_PLAYWRIGHT
        self._driver = sync_playwright().start()
        given = os.environ.get(VARIABLE)
        path = given or next((path for path in map(shutil.which, NAMES) if path), None)
        try:
            self._browser = self._driver.chromium.launch(
                executable_path=path, args=list(FLAGS), env=_without_proxies()
            )
        except Error:
            self._end()
            return NO_CHROMIUM
        return ""

    def _end(self) -> None:
        if self._browser:
            self._browser.close()
        if self._driver:
            self._driver.stop()
        self._browser = self._driver = None


def _without_proxies() -> dict[str, str | float | bool]:
    """The environment, but for the machines that would see every request of the browser."""
    return {name: v for name, v in os.environ.items() if not name.lower().endswith("_proxy")}


CHROMIUM = Chromium()


@dataclass(frozen=True, slots=True)
class Sites:
    """Three origins in one browser: the application, a sibling subdomain, and another site."""

    context: "BrowserContext"
    target: Target
    app: str
    sibling: str
    cross: str
    caught: list[str]

    @property
    def elsewhere(self) -> tuple[str, str]:
        return self.cross, self.sibling

    def open(self, url: str) -> "Page":
        page = self.context.new_page()
        page.goto(url, wait_until="load")
        return page

    def submit(
        self, origin: str, action: str, enctype: str, fields: Sequence[Sequence[str]]
    ) -> None:
        """Send a form from a page of this origin, and wait for the head of the answer."""
        page = self.open(origin)
        with page.expect_response(lambda answer: answer.url == action):
            page.evaluate(FORM, [action, enctype, fields])

    def log_in(self, account: Account) -> "Page":
        """Log in as the application's own page does, and open the account's page."""
        page = self.open(f"{self.app}/login")
        who = {"email": account.email, "password": account.password}
        status = run(page, LOG_IN, who)
        if status != 200:
            raise AssertionError(f"the browser could not log in: {status}")
        page.goto(f"{self.app}/account", wait_until="load")
        return page

    def cookies(self) -> dict[str, str]:
        """Every cookie that the browser sends to the application."""
        found = self.context.cookies(self.app)
        return {str(each.get("name")): str(each.get("value")) for each in found}

    def me(self) -> Exchange:
        """Who is logged in, as the application answers the browser."""
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies().items())
        headers: Pairs = [("Cookie", pairs)] if pairs else []
        return self.target.client.send("GET", "/api/me", headers)


def in_browser(attacker: Attacker, steps: Callable[[Sites], Verdict]) -> Verdict:
    """The verdict of `steps` in a Chromium that visits the attacked application."""
    address = attacker.target.client.address
    if attacker.target.way.transport != "cookie":
        return not_applicable(NO_COOKIES)
    if address.scheme != "http":
        return not_applicable(NOT_HTTP)
    if address.ip != "127.0.0.1":
        return not_applicable(NOT_IPV4)

    def within(context: "BrowserContext") -> Verdict:
        app = f"http://app.doorward.localhost:{address.port}"
        with _elsewhere() as server:
            port = server.server_port
            sibling, cross = (
                f"http://evil.{name}:{port}" for name in ("doorward.localhost", "example")
            )
            return steps(Sites(context, attacker.target, app, sibling, cross, server.caught))

    return CHROMIUM.run(within)


class _Elsewhere(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.caught: list[str] = []


class _Page(BaseHTTPRequestHandler):
    """An empty page at every path, into which attacks put what they need."""

    server: _Elsewhere
    protocol_version = "HTTP/1.1"
    body: ClassVar[bytes] = b"<!doctype html><title>elsewhere</title><body>"

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.caught.append(f"{self.path} {self.rfile.read(length).decode('latin-1')}")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET  # noqa: N815 - the library's name


@contextmanager
def _elsewhere() -> Iterator[_Elsewhere]:
    with _Elsewhere() as server, in_thread(server):
        yield server
