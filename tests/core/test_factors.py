"""What `amr` says of the factors that were proved."""

import pytest

from doorward.factors import KINDS, MFA, checked_factor, proves, together


@pytest.mark.parametrize(
    ("amr", "proved"),
    [
        ((), set()),
        (("pwd",), {"password"}),
        (("pwd", "otp"), {"password", "totp", MFA}),
        (("pwd", "recovery"), {"password", "recovery_code", MFA}),
        (("hwk", "mfa"), {"passkey", MFA}),
        (("swk",), {"passkey"}),
        (("hwk", "swk"), {"passkey"}),  # one kind twice
        (("email", "pwd"), {"email", "password"}),
        (("email", "otp"), {"email", "totp", MFA}),
        (("sms",), set()),
    ],
)
def test_each_factor_is_told_by_its_values_alone(amr: tuple[str, ...], proved: set[str]) -> None:
    assert {name for name in (*KINDS, MFA) if proves(amr, name)} == proved


@pytest.mark.parametrize(
    ("proved", "amr"),
    [
        (("pwd",), ("pwd",)),
        (("pwd", "pwd"), ("pwd",)),
        (("pwd", "otp"), ("pwd", "otp", MFA)),
        (("swk", MFA), ("swk", MFA)),
        (("hwk", "swk"), ("hwk", "swk")),
    ],
)
def test_two_kinds_together_are_mfa(proved: tuple[str, ...], amr: tuple[str, ...]) -> None:
    assert together(*proved) == amr


def test_a_factor_has_a_name_that_is_known() -> None:
    assert [checked_factor(name) for name in (*KINDS, MFA)] == [*KINDS, MFA]
    for unknown in ("sms", "", None, 5):
        with pytest.raises(ValueError, match="factor is one of password, totp"):
            checked_factor(unknown)
