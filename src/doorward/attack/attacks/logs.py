"""Credentials in the log."""

import logging

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, not_applicable, succeeded


class _Kept(logging.Handler):
    """Keeps each line, with its trace."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.files is None:
        return not_applicable("Only an instance that the lab started shows its log.")
    root, kept = logging.getLogger(), _Kept()
    before = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        marks = _use(attacker)
        logging.getLogger(__name__).debug("the end of %s", __name__)
    finally:
        root.removeHandler(kept)
        root.setLevel(before)
    if not any(__name__ in line for line in kept.lines):
        raise AssertionError("the log was not heard")
    for name, text in marks.items():
        if text and any(text in line for line in kept.lines):
            return succeeded(f"The {name} was in the log.")
    return held(f"None of {len(marks)} secrets was in the {len(kept.lines)} lines of the log.")


def _use(attacker: Attacker) -> dict[str, str]:
    """Use the application as people do, mistakes included.  Returns each secret that was sent."""
    target = attacker.target
    login = target.log_in()
    account = login.account
    mistyped = f"mistyped {attacker.random.getrandbits(64):x}"
    target.try_login(account, mistyped)
    in_address = f"in-the-address-{attacker.random.getrandbits(64):x}"
    target.client.send("GET", f"/api/me?access_token={in_address}")
    target.client.send("GET", f"/reset?ticket={in_address}")
    bent = f"{login.credential[:-4]}AAAA"
    target.me(login, bent)
    fresh = str(target.refresh(login.refresh).json().get("refresh_token", ""))
    new = f"changed {attacker.random.getrandbits(64):x}"
    target.change_password(login, new)
    target.log_out(login)
    return {
        "password": account.password,
        "mistyped password": mistyped,
        "new password": new,
        "secret in an address": in_address,
        "credential": login.credential,
        "bent credential": bent,
        "refresh token": login.refresh,
        "next refresh token": fresh,
    }


ATTACK = Attack(
    id="logs",
    title="Credentials in the log",
    story="An attacker reads the log, which many people and programs can read. They look for"
    " passwords, tokens and links in it. What they find opens accounts.",
    references=("CWE-532", "ASVS V16.2.5"),
    defences=("the log contains no secrets",),
    run=_run,
)
