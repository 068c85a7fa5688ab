"""Where our mail goes, how the way there is closed, and the password in its file."""

from pathlib import Path

import pytest

from doorward import ConfigurationError
from doorward.server.mail.password import load_password
from doorward.server.mail.relay import Relay, parse_relay


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example", Relay("mail.example", 587, None, "starttls")),
        ("smtp://ann@mail.example:25/", Relay("mail.example", 25, "ann", "starttls")),
        ("smtp://192.0.2.1", Relay("192.0.2.1", 587, None, "starttls")),
        ("smtp://localhost.example", Relay("localhost.example", 587, None, "starttls")),
        (
            "smtps://a%40b.example@mail.example",
            Relay("mail.example", 465, "a@b.example", "implicit"),
        ),
        ("smtps://localhost", Relay("localhost", 465, None, "implicit")),
        ("smtp://localhost:1025", Relay("localhost", 1025, None, "none")),
        ("smtp://[::1]:25", Relay("::1", 25, None, "none")),
    ],
)
def test_off_this_machine_nothing_is_said_in_the_clear(url: str, relay: Relay) -> None:
    assert parse_relay(url) == relay


@pytest.mark.parametrize(
    "url", ["smtp://ann:hunter2@mail.example", "smtps://ann:hunter2@mail.example:99999"]
)
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"file|like smtp://") as refused:
        parse_relay(url)
    assert "hunter2" not in str(refused.value)


def test_the_password_is_the_line_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("open sesame\n")
    assert load_password(str(file)) == "open sesame"


@pytest.mark.parametrize("held", [b"", b"\n", b"two\nlines", b"\xff\xfe"])
def test_a_file_without_a_password_is_refused_and_not_repeated(tmp_path: Path, held: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(held)
    with pytest.raises(ConfigurationError, match="mail password file") as refused:
        load_password(str(file))
    assert "two" not in str(refused.value)
    with pytest.raises(ConfigurationError, match="No such file"):
        load_password(str(tmp_path / "none"))
