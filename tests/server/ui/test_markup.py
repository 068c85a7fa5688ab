"""The HTML of every page is valid."""

import os
import subprocess
from pathlib import Path

import pytest

from doorward.server.ui.rendering import render
from tests.server.markup import faults
from tests.server.pages import every_page

PLAIN = every_page("plain")
WRONG = {
    "<p><div></div></p>": "repair",
    "<ul><p>x</p></ul>": "<ul> must not hold <p>",
    "<ul>x</ul>": "<ul> must not hold text",
    "<span><p>x</p></span>": "<span> must not hold <p>",
    "<p id=a></p><p id=a></p>": "the id a is given twice",
    "<a href='/'><button>x</button></a>": "can be pressed too",
    "<table><tbody><tr><td>1</td></tr><tr><td>1</td><td>2</td></tr></tbody></table>": "[1, 2]",
    "<table><tbody><tr><th>1</th></tr></tbody></table>": "<th> does not say",
    "<marquee>x</marquee>": "must not hold <marquee>",
    "<img src='/x'>": "no alt",
}
VNU = os.environ.get("DOORWARD_VNU", "")


@pytest.mark.parametrize("name", PLAIN)
def test_a_page_is_valid(name: str) -> None:
    assert faults(render(PLAIN[name])) == []


@pytest.mark.parametrize("body", WRONG)
def test_what_is_not_valid_is_found(body: str) -> None:
    page = f"<!doctype html><html lang=en><head><title>x</title></head><body>{body}</body></html>"
    assert WRONG[body] in " ".join(faults(page))


@pytest.mark.soak
@pytest.mark.process
@pytest.mark.skipif(not VNU, reason="DOORWARD_VNU names no vnu.jar, the W3C's own validator")
def test_the_validator_of_the_w3c_finds_nothing(tmp_path: Path) -> None:
    for name, page in PLAIN.items():
        (tmp_path / f"{name.replace(' ', '-')}.html").write_text(render(page))
    command = ["java", "-jar", VNU, "--errors-only", "--format", "gnu", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
