"""Answers that repeat the credential they were asked with."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded

ASKED = (
    ("TRACE", "/"),
    ("TRACE", "/api/me"),
    ("TRACK", "/api/me"),
    ("GET", "/nowhere"),
    ("PUT", "/api/me"),
    ("GET", "/api/me?x=%zz"),
    ("POST", "/api/password"),
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    login = target.log_in()
    if target.me(login).status != 200:
        raise AssertionError("the credential works nowhere")
    for method, path in ASKED:
        answer = target.client.send(method, path, [*target.own, *login.headers()])
        if answer.status >= 500 and answer.status != 501:
            raise AssertionError(f"{method} {path} broke the server: {answer.status}")
        if login.credential in answer.text + str(answer.received):
            return succeeded(f"{method} {path} repeated the credential in its answer.")
    return held(f"None of {len(ASKED)} answers repeated the credential.")


ATTACK = Attack(
    id="credential-echoed",
    title="An answer that repeats the credential",
    story="A script on the page may not read the cookie, but it may read answers. It sends a"
    " method or a path for which the server repeats the request, as TRACE does. The answer"
    " contains the credential, and the script sends it to the attacker.",
    references=("CWE-200", "CWE-693", "ASVS V13.4.4"),
    defences=("no answer repeats a credential",),
    run=_run,
)
