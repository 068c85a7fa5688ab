"""How addresses and moments are written for people."""

import pytest

from doorward.server.ui.filters import address, field_time, readable


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("ada@example.org", "ada@example.org"),
        ("müller@xn--exmple-cua.org", "müller@exämple.org"),
        ("ada@xn--zckzah.example", "ada@テスト.example"),
        ("ada@xn--.example", "ada@xn--.example"),
        ("ada@xn--\u00e4.example", "ada@xn--\u00e4.example"),
        ("xn--exmple-cua", "xn--exmple-cua"),
        ("ada@xn--bcher-kva.xn--p1ai", "ada@b\u00fccher.\u0440\u0444"),
        ("ada@xn--e1afmkfd.example", "ada@\u043f\u0440\u0438\u043c\u0435\u0440.example"),
        (
            "ada@xn--hxajbheg2az3al.example",
            "ada@\u03c0\u03b1\u03c1\u03ac\u03b4\u03b5\u03b9\u03b3\u03bc\u03b1.example",
        ),
        ("ada@xn--fsqu00a.example", "ada@\u4f8b\u5b50.example"),
    ],
)
def test_a_domain_is_shown_in_its_own_script(stored: str, shown: str) -> None:
    assert readable(stored) == shown


@pytest.mark.parametrize(
    "domain",
    [
        "p\u0430ypal",
        "\u0440\u0430\u0443\u0440\u0430\u04cf",
        "ex\u0251mple",
        "b\u0131ng",
        "\u03bf\u03c5\u03c4",
        "\u0585\u0578\u057d",
    ],
    ids=ascii,
)
def test_a_domain_that_could_be_read_as_another_keeps_its_stored_form(domain: str) -> None:
    stored = f"ada@xn--{domain.encode('punycode').decode()}.com"
    assert readable(stored) == stored


def test_an_address_keeps_its_stored_form_in_the_title() -> None:
    said = address("a<b@xn--exmple-cua.org")
    assert said == ('<bdi dir="ltr" title="a&lt;b@xn--exmple-cua.org">a&lt;b@exämple.org</bdi>')
    assert address("ada@example.org") == '<bdi dir="ltr">ada@example.org</bdi>'


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("", ""),
        ("banana", ""),
        ("2026-11-23", "2026-11-23T00:00"),
        ("2026-11-23T19:44", "2026-11-23T19:44"),
        ("2026-11-23T19:44:05", "2026-11-23T19:44:05"),
        ("2026-11-23T19:44+02:00", "2026-11-23T17:44"),
        ("0", "1970-01-01T00:00"),
        ("9" * 400, ""),
    ],
)
def test_what_a_query_says_of_a_time_fills_the_field(said: str, value: str) -> None:
    assert field_time(said) == value
