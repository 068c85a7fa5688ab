"""A person's whole way with an account, in a real browser: on the server, and in an application
that mounts it by the lines of the README."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.async_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.docs.pages import ROOT, blocks
from tests.journeys.test_passkeys_in_chromium import AUTHENTICATOR
from tests.support.pairwise import cover
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.server import clean_environment, running_server
from tests.support.until import until

pytestmark = [pytest.mark.anyio, pytest.mark.process]

EMAIL, PASSWORD, NEW = "ada@example.test", "correct horse battery", "another horse battery"
ROWS = list(product(("server", "mounted"), ("session", "token"), ("sqlite", "postgres")))
KEPT = cover(ROWS)
MARKED = [pytest.param(*row, marks=[] if row in KEPT else pytest.mark.soak) for row in ROWS]

Place = tuple[str, Callable[[], str]]
"""Where the pages are, and what was written to the terminal."""


@contextmanager
def serving(folder: Path, mode: str, database: str) -> Iterator[Place]:
    words = ("--mode", mode, "--database", database, "--verify", "first")
    with running_server(*words, folder=folder) as server:
        yield server.url, lambda: server.output


@contextmanager
def mounted(folder: Path, mode: str, database: str) -> Iterator[Place]:
    """The README's application, with the database, the mode and the two settings of a server that
    proves addresses."""
    (shown,) = [block for block in blocks(ROOT / "README.md") if block.more == "main.py"]
    port = free_port()
    url = f"http://localhost:{port}"
    own = f'"{database}", mode="{mode}", verify="first", public_origin="{url}"'
    text = shown.text.replace('"sqlite:///app.db", mode="session"', own)
    assert own in text
    (folder / "main.py").write_text(text)
    output = folder / "output"
    command = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port)]
    environment = {**clean_environment(), "XDG_DATA_HOME": str(folder)}
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file)
    try:
        until(lambda: "Uvicorn running" in output.read_text())
        yield f"{url}/auth", output.read_text
    finally:
        process.terminate()
        process.wait(10)


PLACES: dict[str, Callable[[Path, str, str], AbstractContextManager[Place]]] = {
    "server": serving,
    "mounted": mounted,
}


class Person:
    """One browser, with an authenticator that can be taken away."""

    def __init__(self, page: Page, session: CDPSession, place: Place) -> None:
        self.page = page
        self.url, self._output = place
        self._session = session

    @classmethod
    async def of(cls, context: BrowserContext, place: Place) -> "Person":
        context.set_default_timeout(10_000)
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        return cls(page, session, place)

    async def plug_in(self, *passkeys: Any) -> str:
        options = {"options": dict(AUTHENTICATOR)}
        added = await self._session.send("WebAuthn.addVirtualAuthenticator", options)
        id = str(added["authenticatorId"])
        for passkey in passkeys:
            given = {"authenticatorId": id, "credential": passkey}
            await self._session.send("WebAuthn.addCredential", given)
        return id

    async def unplug(self, id: str) -> list[Any]:
        found = await self._session.send("WebAuthn.getCredentials", {"authenticatorId": id})
        await self._session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": id})
        return list(found["credentials"])

    async def letter(self, word: str) -> str:
        """The link in the letter that was printed."""
        link = re.compile(rf"http://localhost\S*/{word}\?ticket=\S+")
        until(lambda: link.search(self._output()) is not None)
        return str(link.findall(self._output())[-1])

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            await self.page.locator(f"input[name={name}]:visible").fill(value)

    async def press(self, button: str) -> None:
        await self.page.get_by_role("button", name=button, exact=True).click()

    async def sees(self, heading: str) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    async def log_out(self) -> None:
        await self.go("/account")
        await self.press("Log out")
        await self.sees("Log in")

    async def log_in(self, password: str) -> None:
        await self.go("/login")
        await self.fill(email=EMAIL, password=password)
        await self.press("Log in")


@pytest.mark.parametrize(("host", "mode", "database"), MARKED)
async def test_an_account_from_the_sign_up_to_the_reset(
    host: str, mode: str, database: str, tmp_path: Path, chromium: Browser, postgres: Postgres
) -> None:
    url = f"sqlite:///{tmp_path}/app.db" if database == "sqlite" else postgres.new_database()
    with PLACES[host](tmp_path, mode, url) as place:
        context = await chromium.new_context()
        ada = await Person.of(context, place)
        await ada.go("/signup")
        await ada.fill(email=EMAIL, password=PASSWORD)
        await ada.press("Create account")
        await ada.page.wait_for_url("**/signup/sent")
        await ada.page.goto(await ada.letter("verify"))
        await ada.page.get_by_role("button").last.click()
        await ada.sees("Log in")
        await ada.log_in(PASSWORD)
        await ada.sees("Your account")

        await ada.go("/account/security/totp")
        key = re.sub(r"\s", "", await ada.page.locator("code").first.inner_text())
        app = pyotp.TOTP(key)
        await ada.fill(code=app.now())
        await ada.press("Set up")
        await ada.sees("Your recovery codes")
        codes = await ada.page.locator(".codes code").all_inner_texts()
        assert len(codes) == 10

        device = await ada.plug_in()
        await ada.go("/account/security/passkeys/add")
        await ada.fill(name="My laptop")
        await ada.press("Add a passkey")
        await ada.page.wait_for_url("**/account/security*")
        passkeys = await ada.unplug(device)
        assert len(passkeys) == 1
        await ada.log_out()

        device = await ada.plug_in(*passkeys)
        await ada.go("/login")  # the device answers what a person would choose in the field
        await ada.sees("Your account")
        await ada.unplug(device)
        await ada.log_out()

        await ada.log_in(PASSWORD)
        await ada.sees("Confirm it is you")
        await ada.page.get_by_role("link", name="Use a recovery code").click()
        await ada.fill(code=codes[0])
        await ada.press("Log in")
        await ada.sees("Your account")
        await ada.log_out()

        await ada.log_in(PASSWORD)
        await ada.fill(code=app.at(_later()))  # a code works once, and this step's was used
        await ada.press("Log in")
        await ada.sees("Your account")
        await ada.log_out()

        await ada.go("/forgot")
        await ada.fill(email=EMAIL)
        await ada.page.get_by_role("button").last.click()
        await ada.page.wait_for_url("**/forgot/sent")
        await ada.page.goto(await ada.letter("reset"))
        await ada.fill(new=NEW)
        await ada.page.get_by_role("button").last.click()
        await ada.sees("Log in")
        await ada.log_in(NEW)
        await ada.sees("Confirm it is you")  # the reset has not skipped the factor
        await ada.go("/account")
        await ada.sees("Log in")
        await context.close()


def _later() -> int:
    """Half a minute on: the server takes the code of the next step, too."""
    return int(time.time()) + 30
