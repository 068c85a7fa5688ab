"""The page about other people's clients says what `tools/clients` tries."""

import json
import re

import pytest

from tests.docs.pages import DOCS, ROOT
from tools.clients.cases import CASES

PAGE = (DOCS / "clients.md").read_text()
TOOLS = ROOT / "tools/clients"
PROGRAMS = "".join(path.read_text() for path in sorted(TOOLS.glob("*/with_*")))
ROWS = dict(re.findall(r"^\| ([^|,]+)(?:,[^|]*)? (\|.*works.*)$", PAGE, re.MULTILINE))
"""By the name of the client."""


def versions() -> dict[str, str]:
    """What the locks install, by the name in lower case."""
    lock = (TOOLS / "python/requirements.lock").read_text()
    packages = json.loads((TOOLS / "node/package.json").read_text())["dependencies"]
    return {**dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE)), **packages}


def test_each_program_has_a_row_and_each_row_a_program() -> None:
    tried = {case.file for case in CASES}
    assert len(tried) == len(ROWS)
    assert {file.name for file in TOOLS.glob("*/with_*")} == {each.split("/")[1] for each in tried}


@pytest.mark.parametrize("name", ROWS)
def test_the_version_in_a_row_is_the_locked_one(name: str) -> None:
    locked = versions().get(name.lower())
    if locked is None:
        assert name.startswith("mod_auth_openidc")  # Debian's, which moves on
    else:
        assert f"| {locked} |" in ROWS[name]


def test_the_settings_of_the_recipes_are_those_that_are_tried() -> None:
    settings = r"^(?:SOCIAL_AUTH_)?OIDC\w+|\bpkce|code_challenge_method"
    named = set(re.findall(settings, PAGE, re.MULTILINE))
    assert len(named) > 12
    assert {each for each in named if each not in PROGRAMS} == set()


def test_the_mcp_server_of_the_docs_is_the_one_that_is_tried() -> None:
    shown, tried = (
        text[text.index("class Verifier") :].partition("```")[0].strip()
        for text in (
            (DOCS / "protect-an-mcp-server.md").read_text(),
            (TOOLS / "python/mcp_server.py").read_text(),
        )
    )
    assert shown == tried
    assert f"`mcp` {versions()['mcp']}" in (DOCS / "protect-an-mcp-server.md").read_text()


def test_the_locks_name_no_host() -> None:
    assert "://" not in (TOOLS / "python/requirements.lock").read_text()
    assert "resolved" not in (TOOLS / "node/package-lock.json").read_text()
