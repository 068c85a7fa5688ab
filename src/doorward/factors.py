"""What a person can prove, and how a credential tells of it in `amr` (RFC 8176)."""

from collections.abc import Collection, Mapping

KINDS: Mapping[str, frozenset[str]] = {
    "password": frozenset({"pwd"}),
    "totp": frozenset({"otp"}),
    "passkey": frozenset({"hwk", "swk"}),  # kept in one device, or synchronised among several
    "email": frozenset({"email"}),
    "recovery_code": frozenset({"recovery"}),
}
"""The names of factors, with the values of `amr` that stand for each."""

MFA = "mfa"
"""Stands for two of them, or for one that proves two things at once.  A password and a letter count
as one: whoever reads the mail can choose a new password."""

_BY_MAIL = KINDS["password"] | KINDS["email"]
_APART = (_BY_MAIL, *(KINDS[name] for name in KINDS if name not in ("password", "email")))


def proves(amr: Collection[str], factor: str) -> bool:
    """Whether somebody with this `amr` proved `factor`, a name of `KINDS` or `MFA`."""
    if factor == MFA:
        return MFA in amr or sum(not values.isdisjoint(amr) for values in _APART) > 1
    return not KINDS[factor].isdisjoint(amr)


def together(*amr: str) -> tuple[str, ...]:
    """The `amr` of somebody who proved all this, each once, with `mfa` where two kinds were
    proved."""
    proved = dict.fromkeys(amr)
    return (*proved, MFA) if MFA not in proved and proves(proved, MFA) else tuple(proved)


def checked_factor(factor: object) -> str:
    """The name of a factor.  Raises `ValueError` for any other."""
    if not isinstance(factor, str) or (factor != MFA and factor not in KINDS):
        names = ", ".join((*KINDS, MFA))
        raise ValueError(f"factor is one of {names}, not {factor!r}")
    return factor
