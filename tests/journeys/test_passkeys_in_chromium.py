"""A passkey in a real browser, kept by an authenticator that the browser itself plays."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, CDPSession, Page

from tests.support.thread_server import server_in_thread

pytestmark = [pytest.mark.anyio, pytest.mark.process]

EMAIL, PASSWORD = "ada@example.test", "correct horse battery"

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """The authenticator of a browser."""

    def __init__(self, session: CDPSession, id: str) -> None:
        self._session = session
        self._id = id

    @classmethod
    async def of(cls, context: BrowserContext, page: Page) -> "Device":
        session = await context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        added = await session.send(
            "WebAuthn.addVirtualAuthenticator", {"options": dict(AUTHENTICATOR)}
        )
        return cls(session, added["authenticatorId"])

    async def passkeys(self) -> list[Any]:
        found = await self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return list(found["credentials"])


async def test_a_passkey_is_added_logs_in_alone_confirms_and_is_forgotten_on_both_sides(
    chromium: Browser, tmp_path: Path
) -> None:
    complaints: list[str] = []
    with server_in_thread(folder=tmp_path) as server:
        context = await chromium.new_context()
        context.set_default_timeout(5_000)
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        device = await Device.of(context, page)
        for path in ("/api/signup", "/api/login"):
            account = {"email": EMAIL, "password": PASSWORD}
            assert (await context.request.post(server.url + path, data=account)).ok
        await page.goto(f"{server.url}/account/security/passkeys/add")
        await page.get_by_label("Name").fill("My laptop")
        await page.get_by_role("button", name="Add a passkey").click()
        await page.get_by_role("heading", name="Your recovery codes").wait_for()
        (made,) = await device.passkeys()
        assert (made["rpId"], made["isResidentCredential"]) == ("localhost", True)

        await page.goto(f"{server.url}/account")
        await page.get_by_role("button", name="Log out").click()
        # the device answers at once what a person would choose in the field
        await page.goto(f"{server.url}/login?return_to=/elevate")
        await page.wait_for_url("**/elevate")
        await page.get_by_role("button", name="Use a passkey").click()
        await page.wait_for_url("**/account")
        assert "Passkey" in await page.locator(".facts").first.inner_text()

        await page.goto(f"{server.url}/account/security")
        await page.get_by_role("link", name="Change My laptop").click()
        await page.get_by_role("button", name="Remove").click()
        await page.get_by_text("The passkey was removed.").wait_for()
        assert await device.passkeys() == []
        await context.close()
    # all that is said is that the logout cleared what scripts stored
    assert [each for each in complaints if not each.startswith("info: Clear-Site-Data")] == []
