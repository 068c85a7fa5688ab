"""A site's own name, logo and accent are on every page that the server shows."""

import re
from pathlib import Path

import pytest

from doorward.errors import ConfigurationError
from doorward.server.options import Options
from tests.server.house import Opened

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'


async def test_pages_and_refusals_show_the_site(opened: Opened, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_bytes(SVG)
    house = await opened(site_name="Ash & Elm", logo_file=str(logo), accent="#7a1f5c")
    browser = await house.browser()
    large = {"content-length": "100000", "content-type": "text/plain"}
    for answer in (
        await browser.get("/login"),
        await browser.get("/nowhere", headers={"accept": "text/html"}),
        await browser.post("/login", headers=large, content=b"x" * 100_000),
    ):
        assert "· Ash &amp; Elm</title>" in answer.text
        assert "Doorward" not in answer.text
    addresses = re.findall(r'"(/static/(?:logo|accent)\.[0-9a-f]{12}\.\w+)"', answer.text)
    served = {each: await browser.get(each) for each in addresses}
    assert [each.headers["content-type"] for each in served.values()] == [
        "image/svg+xml",
        "text/css; charset=utf-8",
    ]
    pages = [each.content for each in served.values()]
    assert pages[0] == SVG
    assert b"#7a1f5c" in pages[1]


async def test_two_servers_in_one_process_have_a_look_of_their_own(opened: Opened) -> None:
    one, other = await opened(site_name="One"), await opened(site_name="Other", accent="#7a1f5c")
    for house, name, accents in ((one, "One", 0), (other, "Other", 1)):
        page = (await (await house.browser()).get("/login")).text
        assert f"· {name}</title>" in page
        assert page.count("/static/accent.") == accents


def test_a_logo_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"--logo-file: the logo .* cannot be read"):
        Options(logo_file=str(tmp_path / "none.svg")).site()
