"""oidc-client-ts in Chromium: an application of another origin, in two tabs and a popup."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, sync_playwright
from told import CLIENT_ID, EMAIL, ISSUER, done, refused, tried

PASSWORD, PORT = os.environ["PASSWORD"], int(os.environ["PORT"])
LIBRARY = Path(os.environ["NODE_MODULES"]) / "oidc-client-ts"
HOME = f"http://127.0.0.1:{PORT}/"

FILES = {
    "/oidc-client-ts.js": LIBRARY / "dist/browser/oidc-client-ts.min.js",
    "/": Path(__file__).with_name("application.html"),
}

LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


class Handler(BaseHTTPRequestHandler):
    """The application's own server: three files."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/settings.js":
            body = f"const settings = {json.dumps({'authority': ISSUER, 'client_id': CLIENT_ID})}"
            kind = "text/javascript"
        else:
            body = FILES.get(path, FILES["/"]).read_text()
            kind = "text/javascript" if path.endswith(".js") else "text/html"
        self.send_response(200)
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None: ...


@contextmanager
def application() -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", PORT), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@contextmanager
def chromium() -> Iterator[BrowserContext]:
    with sync_playwright() as driver:
        path = os.environ["CHROMIUM"] or None
        browser = driver.chromium.launch(executable_path=path, args=LAUNCH)
        context = browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(15_000)
        yield context
        browser.close()


def main() -> None:
    tried(f"oidc-client-ts {json.loads((LIBRARY / 'package.json').read_text())['version']}")
    with application(), chromium() as context:
        tried(f"Chromium {context.browser.version if context.browser else ''}")
        complaints: list[str] = []
        context.on("console", lambda message: complaints.append(message.text))
        first = context.new_page()
        log_in(first)
        user = first.evaluate("manager.getUser()")
        assert user["profile"]["email"] == EMAIL
        done("userinfo", "across origins")
        second = context.new_page()
        second.goto(HOME)
        refresh_in_two_tabs(first, second)
        popup(first)
        revoke(first)
        log_out(first)
        assert not [each for each in complaints if "Content Security Policy" in each], complaints


def log_in(page: Page) -> None:
    page.goto(HOME)
    page.evaluate("manager.metadataService.getMetadata()")
    done("discover", "across origins")
    page.evaluate("void manager.signinRedirect({ state: 'here' })")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{HOME}callback?*")
    assert page.evaluate("arrived.then((user) => user.state)") == "here"
    done("log in", "login and consent forms, with form-action 'self'")


def refresh_in_two_tabs(first: Page, second: Page) -> None:
    """One after the other, then both at the same moment, then each once more."""
    token = refreshed(first)
    assert refreshed(second) != token
    for page in (first, second):
        page.evaluate("window.renewed = manager.signinSilent()")
    answers = [
        page.evaluate("window.renewed.then((user) => user.expired)") for page in (first, second)
    ]
    assert answers == [False, False]
    refreshed(first)
    refreshed(second)
    done("refresh", "signinSilent by refresh token, in two tabs, also both at once")


def refreshed(page: Page) -> str:
    user: dict[str, Any] = page.evaluate("manager.signinSilent()")
    assert user["refresh_token"], "no refresh token is left"
    return str(user["refresh_token"])


def popup(page: Page) -> None:
    with page.expect_popup() as opened:
        page.evaluate(
            "void (window.popup = manager.signinPopup().then((user) => user.profile.email))"
        )
    button = opened.value.get_by_role("button", name="Allow")
    button.wait_for()
    assert opened.value.evaluate("window.opener") is None  # our Cross-Origin-Opener-Policy
    button.click()
    assert page.evaluate("window.popup") == EMAIL
    done("popup", "which answers by BroadcastChannel")


def revoke(page: Page) -> None:
    """By the access token, so that the refresh token is still there to be refused."""
    page.evaluate("manager.revokeTokens(['access_token'])")
    page.evaluate("manager.getUser().then((user) => (window.token = user.id_token))")
    error = refused(Error, lambda: page.evaluate("manager.signinSilent()"))
    assert "unknown, was used" in str(error), error
    done("revoke")


def log_out(page: Page) -> None:
    page.evaluate("void manager.signoutRedirect({ id_token_hint: window.token })")
    page.wait_for_url(f"{HOME}goodbye*")
    page.goto(f"{ISSUER}/account")
    page.wait_for_url(f"{ISSUER}/login?*")
    done("log out")


main()
