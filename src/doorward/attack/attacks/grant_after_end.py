"""The tokens of an application whose access has ended."""

from collections.abc import Callable

from ..attack import Attack
from ..attacker import Attacker
from ..target import Login
from ..third_party import OtherApplication, third_party
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    ends: dict[str, Callable[[OtherApplication, Login], object]] = {
        "the person ended the access": _end_access,
        "a logout": lambda _, login: target.log_out(login),
        "a change of the password": lambda _, login: target.change_password(login, "changed 1 2 3"),
        "the person was locked": lambda _, login: target.applications.lock(login.account.email),
        "the application was disabled": lambda app, _: target.applications.disable(app.client_id),
    }
    judge, app = third_party(target), third_party(target)
    for how, end in ends.items():
        login = target.log_in(target.sign_up())
        tokens = app.tokens(login)
        if not _active(judge, tokens):
            raise AssertionError("the tokens never worked")
        end(app, login)
        if _active(judge, tokens) or app.refresh(tokens["refresh_token"]).status == 200:
            return succeeded(f"The application still had access after {how}.")
    return held(f"After each of {len(ends)} ends, no token of the application worked.")


def _end_access(app: OtherApplication, login: Login) -> None:
    path = f"/api/applications/{app.client_id}"
    if not app.target.act(login, "DELETE", path).accepted:
        raise AssertionError("the person cannot end the access")


def _active(judge: OtherApplication, tokens: dict[str, str]) -> bool:
    """Whether an API is told that the access token is good; the application may be gone itself."""
    return bool(judge.send("introspect", token=tokens["access_token"]).json()["active"])


ATTACK = Attack(
    id="grant-after-end",
    title="An application whose access has ended",
    story="A person ends what an application may do, logs out, or changes the password;"
    " or the operator locks one of the two. The application keeps its tokens. It"
    " goes on reading the data of the victim if only the pages know of the end.",
    references=("RFC 7009", "CWE-613", "ASVS V10.4.9"),
    defences=(
        "an end of access ends the tokens",
        "a logout ends the session on the server",
        "a new password ends other sessions",
    ),
    run=_run,
    ours=True,
)
