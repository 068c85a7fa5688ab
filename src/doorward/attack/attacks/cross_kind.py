"""Each token in the place of every other."""

from ..attack import Attack
from ..attacker import Attacker
from ..target import Login, Target
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    login = target.log_in()
    kinds = _kinds(target, login)
    tried = 0
    for kind, text in kinds.items():
        for place in _PLACES:
            status = _PLACES[place](target, login, text)
            tried += 1
            if 200 <= status < 300:
                return succeeded(f"A {kind} worked as a {place}.")
            if status >= 500:
                raise AssertionError(f"a {kind} as a {place} broke the server: {status}")
    if target.me(login).status != 200:
        raise AssertionError("the login died meanwhile")
    return held(f"{len(kinds)} kinds of text in {tried} wrong places opened nothing.")


def _kinds(target: Target, login: Login) -> dict[str, str]:
    """Everything that the instance gave out for this login, without what opens `/api/me`."""
    me = target.me(login).json()
    listed = target.act(login, "GET", "/api/sessions").json().get("sessions", [])
    found = {f"member {name} of /api/me": value for name, value in me.items()}
    found |= {f"member {name} of a session": v for each in listed for name, v in each.items()}
    found |= {"e-mail address": login.account.email, "password": login.account.password}
    found |= {f"cookie {name}": value for name, value in login.jar.cookies.items()}
    found["refresh token"] = login.refresh
    texts = {kind: text for kind, text in found.items() if isinstance(text, str) and len(text) > 8}
    # a public id may only be shown where the careless ones show the credential itself
    return {kind: text for kind, text in texts.items() if _is_foreign(kind, text, login)}


def _is_foreign(kind: str, text: str, login: Login) -> bool:
    return text != login.credential or not kind.startswith("cookie")


def _as_bearer(target: Target, login: Login, text: str) -> int:
    return target.client.send("GET", "/api/me", [("Authorization", f"Bearer {text}")]).status


def _as_cookie(target: Target, login: Login, text: str) -> int:
    cookie = login.cookie or f"__Host-{'access' if target.way.mode == 'token' else 'session'}"
    return target.client.send("GET", "/api/me", [("Cookie", f"{cookie}={text}")]).status


def _as_refresh_token(target: Target, login: Login, text: str) -> int:
    if target.way.mode != "token" or text == login.refresh:
        return 0
    return target.refresh(text).status


_PLACES = {
    "bearer token": _as_bearer,
    "cookie": _as_cookie,
    "refresh token": _as_refresh_token,
}


ATTACK = Attack(
    id="cross-kind",
    title="One token in the place of another",
    story="An attacker gets hold of something harmless, such as the public id of a session."
    " They show it wherever a credential is asked for."
    " A server that looks texts up without asking what they are lets it stand for a login.",
    references=("RFC 8725 section 3.12", "CWE-843", "ASVS V9.2.2"),
    defences=("a text opens only what it was made for",),
    run=_run,
)
