"""Letters in words: plain, short, and worded by nobody but us."""

from email import message_from_string
from email.policy import default

import pytest
from aiosmtplib.email import extract_sender

from doorward.server.accounts.deletion import GRACE
from doorward.server.accounts.email_changes import LIFETIME
from doorward.server.app import DECLARED
from doorward.server.mail.letter import Letter, Letters, place
from doorward.server.mail.smtp import message, sender_of
from doorward.server.ui.rendering import absolute

AT = 1_795_000_000
ORIGIN = "https://login.example"
LETTERS = Letters(DECLARED.letters, ORIGIN, "Example")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
FROM = sender_of("Example", "login@login.example")
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"


BY_ADMINISTRATORS = {"address_set", "factors_reset"}
"""Letters about what an administrator did, who stays without a name and a place."""


def letter(kind: str, **more: object) -> Letter:
    given = {
        "id": "0" * 32,
        "kind": kind,
        "subject": "u_1",
        "email": "ann@example.test",
        "at": AT,
        "address": "203.0.113.9",
        "user_agent": FIREFOX,
        **more,
    }
    return Letter(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", DECLARED.letters)
def test_every_letter_says_when_or_what_to_do_and_is_short(kind: str) -> None:
    text = LETTERS.write(letter(kind), f"{ORIGIN}/reset?ticket=secret")
    assert len(text.title) < 60
    lines = text.body.splitlines()
    assert len(lines) < 22
    assert max(map(len, lines)) < 300  # RFC 5322 section 2.1.1 allows 998
    links = [line for line in lines if "https://" in line]
    assert all(line.startswith("https://") for line in links)
    assert "ann@example.test" in text.body
    assert ("secret" in text.body) == (kind in DECLARED.links)
    assert "{" not in text.body
    assert "Example" in "".join(text.body.split("You get this")[0])
    for vague in ("the server", "page Security", "letter that we sent"):
        assert vague not in text.body
    if "somebody else is in your account" in text.body:
        # a thief who is logged in could undo anything but this
        out = text.body.split("somebody else is in your account")[1]
        assert f"{ORIGIN}/forgot" in out or kind == "email_left", "say how to log them out"
    if kind not in DECLARED.links:
        where = "in the mail.py of its journey"
        assert absolute(AT) in text.body, f"{where}: say in {kind!r} when it happened, by {{when}}"
        where = "Firefox on Linux, at the address 203.0.113.9"
        assert (where in text.body) == (kind not in BY_ADMINISTRATORS)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("YubiKey 5C", "YubiKey 5C"),
        ("Schlüssel-Bund 2", "Schlüssel-Bund 2"),
        ("evil.example", None),
        ("call 0800 123456", None),
        ("a" * 31, None),
        ("\u202eyek", None),
        ("", None),
    ],
)
def test_a_passkey_is_named_unless_its_name_could_be_a_message(name: str, said: str | None) -> None:
    """Whoever is in the account chose it, and the letter comes from the site."""
    body = LETTERS.write(letter("passkey_added", other={"passkey": name})).body
    assert f"\nPasskey: {said or 'its name is not repeated here'}\n" in body


def test_the_end_of_a_deleted_account_is_a_date() -> None:
    body = LETTERS.write(letter("deletion_begun")).body
    assert f"On {absolute(AT + GRACE)} it is erased" in body
    body = LETTERS.write(letter("email_left"), f"{ORIGIN}/x?ticket=y").body
    assert f"before {absolute(AT + LIFETIME)}." in body


def test_a_theft_names_both_parties() -> None:
    other = {"address": "198.51.100.7", "user_agent": CHROME, "label": "Chrome on Windows"}
    body = LETTERS.write(letter("reused", other=other)).body
    assert "Chrome on Windows, at the address 198.51.100.7" in body
    assert "Firefox on Linux, at the address 203.0.113.9" in body


@pytest.mark.parametrize(
    ("agent", "address", "said"),
    [
        ("evil.example", "203.0.113.9", "a program, at the address 203.0.113.9"),
        ("evil.example\r\nBcc: eve@evil.example", "", "a program"),
        ("", "", "a device"),
        ("Mozilla/5.0 (evil.example) Firefox/1", "", "Firefox"),
        ("Mozilla/5.0 evil.example", "", "Browser"),
    ],
)
def test_nothing_a_client_calls_itself_gets_into_a_letter(
    agent: str, address: str, said: str
) -> None:
    assert place(agent, address) == said


def test_no_header_can_be_added_by_an_address() -> None:
    kind = "password_changed"
    bad = letter(kind, email="a@b.example\r\nBcc: c@d.example")
    with pytest.raises(ValueError, match=r"CR or LF|newline|linefeed"):
        message(bad, LETTERS.write(bad), FROM, at=1)


@pytest.mark.parametrize("email", ["ann@example.test", "änn@example.test"])
@pytest.mark.parametrize(
    "site",
    [
        "Example",
        'Jo "the\\" <eve@evil.example>, Ann',
        "Büro für Öffentlichkeitsarbeit, Äußeres & so",
        "=?utf-8?q?eve=40evil.example?=",
        "掲示板 <eve@evil.example>",
    ],
)
def test_the_site_is_named_in_the_sender_and_the_subject_and_adds_no_address(
    site: str, email: str
) -> None:
    one = letter("new_device", email=email)
    text = Letters(DECLARED.letters, ORIGIN, site).write(one)
    made = message(one, text, sender_of(site, "login@login.example"), at=1)
    read = message_from_string(made.as_bytes().decode(), policy=default)
    (sender,) = read["from"].addresses
    assert sender.addr_spec == "login@login.example"
    assert extract_sender(made) == "login@login.example"  # which goes to the mail server
    if not site.startswith("=?"):  # which every reader decodes
        assert (sender.display_name, read["subject"].strip()) == (site, text.title)
    assert text.title.startswith(f"[{site}] ")


def test_no_header_can_be_added_by_the_name_of_the_site() -> None:
    with pytest.raises(ValueError, match="CR or LF"):
        sender_of("Notes\r\nBcc: eve@evil.example", "login@login.example")


def test_a_letter_sent_twice_is_one_message() -> None:
    one = letter("new_device")
    first = message(one, LETTERS.write(one), FROM, at=1)
    again = message(one, LETTERS.write(one), FROM, at=2)
    assert first["message-id"] == again["message-id"] == f"<{'0' * 32}@login.example>"
    assert (first["to"], first["auto-submitted"]) == ("ann@example.test", "auto-generated")
    assert first.get_content_type() == "text/plain"
