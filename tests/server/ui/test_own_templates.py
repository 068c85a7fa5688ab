"""An operator's own pages and letters in the place of ours."""

from pathlib import Path

import pytest

from doorward.errors import ConfigurationError
from doorward.server.app import DECLARED, create_app
from doorward.server.mail.letter import Letter, Letters
from doorward.server.mail.own_letters import own_letters
from doorward.server.options import Options
from tests.server.house import ORIGIN, Opened

pytestmark = pytest.mark.anyio

PAGE = '{% extends "form.html" %}{% block title %}Hi{% endblock %}{% block main %}{{ email }}!'
GOOD = "mail/new_device.txt", "New login\n\nOn {where}\n\nWas it you?"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


async def test_a_page_of_their_own_is_shown_and_escaped_like_ours(
    opened: Opened, tmp_path: Path
) -> None:
    written(tmp_path, "journeys/login/login.html", PAGE + "{% endblock %}")
    house = await opened(templates=str(tmp_path))
    page = await (await house.browser()).post("/login", data={"email": "<b>", "password": "x"})
    assert "&lt;b&gt;!" in page.text
    assert "Create an account" in (await (await house.browser()).get("/signup")).text


def test_a_letter_of_their_own_is_written(tmp_path: Path) -> None:
    own = own_letters(written(tmp_path, *GOOD), DECLARED.letters)
    letter = Letter(id="1", kind="new_device", subject="u", email="a@b.test", at=0, address="::1")
    text = Letters(own, ORIGIN, "Notes").write(letter)
    assert text.title == "New login"
    assert "On a device, at the address ::1\n\nWas it you?" in text.body
    assert own.keys() == DECLARED.letters.keys()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("journeys/login/logon.html", PAGE, "names of pages: .*, journeys/login/login.html, "),
        ("journeys/login/login.html", PAGE, "cannot be read as a template"),
        ("mail/other.txt", "T\n\nText", "stands for no letter"),
        ("mail/new_device.txt", "Title alone", "needs a title"),
        ("mail/new_device.txt", "Two\nlines\n\nText", "needs a title"),
        ("mail/new_device.txt", "T\n\n{secret}", "cannot be used as a letter"),
        ("mail/reset_link_sent.txt", "T\n\nNo way on", "must hold {link}"),
    ],
)
def test_what_would_not_work_is_refused_at_the_start(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    options = Options(database="memory:", templates=str(written(tmp_path, name, text)))
    with pytest.raises(ConfigurationError, match="--templates: .*" + said):
        create_app(options)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--templates: there is no folder"):
        create_app(Options(database="memory:", templates=str(tmp_path / "none")))
