"""One form for each mailbox."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.server.accounts.email import InvalidEmail, canonical, forms

SAME = {
    "ann@example.test": ["Ann@Example.TEST", "ANN@EXAMPLE.test", "ann@\uff45xample.test"],
    "ann@xn--mnchen-3ya.test": ["ann@münchen.test", "Ann@MÜNCHEN.TEST", "ann@mu\u0308nchen.test"],
    "andré@example.test": ["andre\u0301@example.test", "ANDRÉ@example.test"],
    "åsa@example.test": ["\N{ANGSTROM SIGN}sa@example.test", "Åsa@example.test"],
    "γιώργος@example.test": ["ΓΙΏΡΓΟΣ@example.test", "Γιώργος@example.test"],
    "bea@example.test": [
        "bea@example.test ",
        " bea@example.test",
        "\tbea@example.test\r\n",
        "\u00a0bea@example.test\u3000",
    ],
    "ann+shop@example.test": ["Ann+Shop@example.test"],
}

REFUSED = [
    "=?utf-8?q?ann?=@example.test",
    "=?utf-8?q?a=0d=0ax?=@example.test",
    "",
    "ann",
    "@example.test",
    "ann@",
    "ann@localhost",
    "ann@printer.local",
    "ann@@example.test",
    "ann@example.test\0",
    "ann\0@example.test",
    "ann @example.test",
    "ann@ example.test",
    "an n@example.test",
    "ann\r\nBcc: eve@example.test@example.test",
    '"ann"@example.test',
    "ann(comment)@example.test",
    "Ann <ann@example.test>",
    "ann@[127.0.0.1]",
    "ann..lee@example.test",
    ".ann@example.test",
    "ann@exa_mple.test",
    "ann@-example.test",
    "ann@xn--a.test",
    "\uff41nn@example.test",
    "ann\uff20example.test",
    "\N{LATIN SMALL LIGATURE FI}n@example.test",
    "an\u200dn@example.test",
    "an\u200bn@example.test",
    "\u200fann@example.test",
    "\u202eann@example.test",
    "an\xadn@example.test",
    "ann@exa\u200dmple.test",
    "ann\ufe0f@example.test",
    "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}da@example.test",
    "\N{LATIN SMALL LETTER DOTLESS I}da@example.test",
    "i\u0307da@example.test",
    "ann\ud800@example.test",
    "a" * 65 + "@example.test",
    "ann@" + "a" * 64 + ".test",
    "ann@" + "a." * 130 + "test",
    "é" * 64 + "@" + "ü" * 20 + "." + "a." * 60 + "test",
    "a" * 10_000_000 + "@example.test",
]


@pytest.mark.parametrize("form", SAME)
def test_every_way_of_writing_one_address_has_one_form(form: str) -> None:
    assert {canonical(written) for written in [form, *SAME[form]]} == {form}


@pytest.mark.parametrize("email", REFUSED, ids=lambda email: ascii(email)[:40])
def test_what_is_no_address_or_may_be_read_as_another_is_refused(email: str) -> None:
    with pytest.raises(InvalidEmail) as refusal:
        canonical(email)
    assert str(refusal.value).endswith(".")
    assert not email or email not in str(refusal.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("straße@example.test", "strasse@example.test"),
        ("ann@straße.test", "ann@strasse.test"),
        ("ann@example.test", "\N{CYRILLIC SMALL LETTER A}nn@example.test"),
        ("ann@example.test", "ann+shop@example.test"),
        ("ann.lee@example.test", "annlee@example.test"),
    ],
)
def test_different_mailboxes_keep_different_forms(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_254_octets_are_an_address_and_255_are_not() -> None:
    most = "a" * 63 + "@" + ".".join(["b" * 61] * 3) + ".test"
    most += "t" * (254 - len(most))
    assert len(canonical(most)) == 254
    with pytest.raises(InvalidEmail, match="too long"):
        canonical(most + "t")


def test_an_address_that_is_longer_in_its_one_form_is_measured_in_that_form() -> None:
    grows = "\u023a" * 60  # Two octets each as a capital, three in lower case.
    domain = ".".join(["b" * 59] * 2) + ".test"
    assert len(f"{grows}@{domain}".encode()) < 254 < len(f"{grows.lower()}@{domain}".encode())
    with pytest.raises(InvalidEmail, match="too long"):
        canonical(f"{grows}@{domain}")


# Letters whose cases do not pair off, or whose accents may stand apart.
LETTERS = st.one_of(
    st.characters(),
    st.sampled_from("aAiIßςΣ\u0130\u0131\u1e9e\u017f\u03c3\u212a\u212b\u0301\u0307"),
)


@pytest.mark.parametrize(
    ("stored", "piece"),
    [
        ("ann@müller.test", "müller"),
        ("ann@müller.test", "MU\u0308LLER.te"),
        ("ann@müller.test", "ann@müller"),
        ("ann@shop.müller.test", "shop.müller"),
        ("müller@example.test", "MÜLL"),
        ("müller@example.test", "mu\u0308ller@exa"),
        ("ann@example.test", "N@EXAMPLE"),
        ("ann@example.test", "e.t"),
        ("ann@example.test", "@"),
    ],
)
def test_a_piece_of_an_address_is_found_in_its_stored_form(stored: str, piece: str) -> None:
    assert any(form in canonical(stored) for form in forms(piece))


@given(st.text(min_size=1, max_size=30))
def test_any_text_has_a_form_to_look_for(text: str) -> None:
    assert all(forms(text))


def test_white_space_at_the_ends_does_not_count_as_length() -> None:
    longest = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.test"
    assert canonical(f"  {longest}  ") == longest


@given(st.text(LETTERS, min_size=1, max_size=12), st.sampled_from(["example.test", "MÜN.test"]))
def test_a_form_is_its_own_form_and_can_be_shown(local: str, domain: str) -> None:
    try:
        form = canonical(f"{local}@{domain}")
    except InvalidEmail:
        return
    assert canonical(form) == form
    assert len(form.encode()) <= 254
    assert form.isprintable()


@given(st.text(LETTERS, max_size=30))
def test_any_text_at_all_has_a_form_or_is_refused_and_nothing_else_happens(text: str) -> None:
    with suppress(InvalidEmail):
        assert "@" in canonical(text)
