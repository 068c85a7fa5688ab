"""A refresh token whose login has ended."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    left = target.log_in()
    if not target.log_out(left).accepted:
        raise AssertionError("the logout was refused")
    owner = target.log_in(target.sign_up())
    thief = target.log_in(owner.account)
    if not target.change_password(owner, "another throw-away 1").accepted:
        raise AssertionError("the password was not changed")
    ended = {"a logout": left.refresh, "a change of the password": thief.refresh}
    for end, token in ended.items():
        if target.refresh(token).status == 200:
            return succeeded(f"A refresh token still worked after {end}.")
    if target.refresh(owner.refresh).status != 200:
        raise AssertionError("the owner was logged out as well")
    return held("The refresh tokens of ended logins were refused.")


ATTACK = Attack(
    id="refresh-after-end",
    title="A refresh token after the login ended",
    story="A thief keeps a refresh token. The owner logs out there, or changes the password. The"
    " thief gets new tokens if only the access token was ended.",
    references=("RFC 9700 section 4.14.2", "CWE-613", "ASVS V7.4.1"),
    defences=("a logout ends the session on the server", "a new password ends other sessions"),
    run=_run,
)
