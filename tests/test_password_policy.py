"""Which passwords people may choose."""

import gzip
from importlib.resources import files
from pathlib import Path

import pytest

from doorward.password_policy import check_password
from doorward.passwords import UnacceptablePassword
from doorward.server.accounts.breached import BreachedPasswords
from tests.server.accounts.stolen import breached

EMAIL = "ann.lee+shop@acme.example.test"

FINE = [
    "correct horse battery staple",
    "all of lower case",
    "        x        y",
    "пароль из четырёх слов",
    "柳暗花明又一村啊",
    "🐎🔋🖇️✅🐎🔋🖇️✅",
    "12345678901029384756",
    "ann walks to the harbour",
    "the acme of perfection",
    "x" * 128,
    "\N{LATIN SMALL LETTER A WITH ACUTE}" * 128,
    "a\u0301" * 128,
]

CONTEXTUAL = [
    "doorward",
    "Doorward1!",
    "drawrood2024",
    "doorwarddoorward",
    "d00rw4rd2024",
    "DOORWARD-ann",
    "ann.lee+shop",
    "ann.lee1",
    "AnnLee2024",
    "eelnna123",
    "leeann!!",
    "shopshop1",
    "acme2024",
    "Acme-Lee-9",
    "4cm3-l33-9",
    "example-1",
    "\uff44\uff4f\uff4f\uff52\uff57\uff41\uff52\uff44",
]


def refused(
    password: str,
    *,
    email: str = EMAIL,
    minimum: int = 8,
    stolen: BreachedPasswords | None = None,
) -> str:
    """The code of the refusal, or nothing."""
    try:
        check_password(password, email=email, minimum=minimum, breached=stolen)
    except UnacceptablePassword as refusal:
        return refusal.code
    return ""


@pytest.mark.parametrize(
    "odd", ["\0", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]
)
def test_what_nobody_types_is_no_part_of_a_password(odd: str) -> None:
    assert refused(f"correct horse{odd}battery staple") == "malformed"
    assert refused(f"correct horse battery staple{odd}") == "malformed"


@pytest.mark.parametrize("password", FINE)
def test_long_passwords_of_any_characters_are_fine(password: str) -> None:
    assert refused(password) == ""


@pytest.mark.parametrize("password", CONTEXTUAL)
def test_the_words_of_the_address_and_the_product_do_not_count(password: str) -> None:
    assert refused(password) == "contextual"


@pytest.mark.parametrize("password", ["corner bakery 12", "CornerBakery!1", "yrekab-corner"])
def test_the_words_of_the_sites_name_do_not_count_either(password: str) -> None:
    assert refused(password) == ""
    with pytest.raises(UnacceptablePassword) as refusal:
        check_password(password, email="ann@example.test", minimum=8, site="Corner Bakery")
    assert refusal.value.code == "contextual"


def test_words_of_the_address_may_stand_in_a_password_long_enough_without_them() -> None:
    assert refused("ann-shop-tulip9x!", minimum=8) == ""
    assert refused("ann-shop-tulip9x!", minimum=15) == "contextual"


def test_another_persons_name_is_not_held_against_a_password() -> None:
    assert refused("ann.lee2024", email="ben@other.test") == ""


def test_short_parts_of_an_address_are_not_taken_out_of_words() -> None:
    assert refused("an extra tea at ten", email="a.te@example.test", minimum=19) == ""


@pytest.mark.parametrize("minimum", [8, 15])
def test_length_is_counted_in_characters_as_they_are_normalised(minimum: int) -> None:
    accent = "e\u0301"  # Two code points, one after normalisation.
    assert refused(accent * (minimum - 1), minimum=minimum) == "too_short"
    assert refused(accent * minimum, minimum=minimum) == ""
    assert refused("🐎" * (minimum - 1), minimum=minimum) == "too_short"
    assert refused("", minimum=minimum) == "too_short"


@pytest.mark.parametrize("password", ["x" * 129, "🐎" * 129, "x" * 10_000_000])
def test_a_password_of_more_than_128_characters_is_refused(password: str) -> None:
    assert refused(password) == "too_long"


def test_a_refusal_is_one_sentence_that_does_not_repeat_the_password() -> None:
    for password in ("short", "x" * 129, "baseball", "doorward9", "\ud800" * 9):
        with pytest.raises(UnacceptablePassword) as refusal:
            check_password(password, email=EMAIL, minimum=8)
        assert password not in str(refusal.value)
        assert str(refusal.value).count(".") == 1


def test_what_is_not_text_is_refused() -> None:
    assert refused("correct horse \ud800") == "malformed"


def test_every_listed_password_is_refused_in_any_case() -> None:
    listed = common_passwords()
    assert len(listed) > 17_000
    assert {"password", "12345678", "qwertyuiop"} <= set(listed)
    for password in listed:
        assert refused(password) == "common", password
        assert refused(password.upper()) == "common", password
    assert refused("\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44") == "common"


def test_a_stolen_password_is_refused_as_typed_and_in_small_letters(tmp_path: Path) -> None:
    composed, apart = "Th\u00e9 au citron", "the\u0301 au lait"
    stolen = breached(tmp_path / "f", "harbour-9001", "Tulip Fields", composed, apart, "baseball")
    for password in ("harbour-9001", "HARBOUR-9001", "\uff28arbour-9001", "Tulip Fields"):
        assert refused(password, stolen=stolen) == "breached", password
        assert refused(password) == ""
    # whichever of the two forms a keyboard sends, and the list holds
    assert refused("The\u0301 au citron", stolen=stolen) == "breached"
    assert refused(apart, stolen=stolen) == "breached"
    assert refused("tulip fields", stolen=stolen) == ""
    assert refused("harbour-9002", stolen=stolen) == ""
    assert refused("baseball", stolen=stolen) == "common"


def test_no_good_password_is_in_a_filter_of_others(tmp_path: Path) -> None:
    stolen = breached(tmp_path / "f", *common_passwords()[:500])
    assert [password for password in FINE if refused(password, stolen=stolen)] == []


def test_the_list_holds_only_what_the_policy_would_look_up_and_names_its_licence() -> None:
    listed = common_passwords()
    assert listed == sorted(set(listed))
    assert all(password == password.casefold() and len(password) >= 8 for password in listed)
    notice = files("doorward").joinpath("data/common-passwords.LICENSE").read_text()
    assert "Permission is hereby granted, free of charge" in notice
    assert f"the {len(listed)} entries" in notice


def common_passwords() -> list[str]:
    packed = files("doorward").joinpath("data/common-passwords.txt.gz").read_bytes()
    return gzip.decompress(packed).decode().split("\n")[:-1]
