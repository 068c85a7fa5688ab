"""Each kind of token, used as every other kind."""

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
                return succeeded(f"The {kind} worked as a {place}.")
            if status >= 500:
                raise AssertionError(f"a {kind} as a {place} broke the server: {status}")
    if target.me(login).status != 200:
        raise AssertionError("the login died meanwhile")
    return held(f"{len(kinds)} values in {tried} wrong places were not accepted.")


def _kinds(target: Target, login: Login) -> dict[str, str]:
    """Everything that the instance gave out for this login, except the credential itself."""
    me = target.me(login).json()
    listed = target.act(login, "GET", "/api/sessions").json().get("sessions", [])
    found = {f"member {name} of /api/me": value for name, value in me.items()}
    found |= {f"member {name} of a session": v for each in listed for name, v in each.items()}
    found |= {"e-mail address": login.account.email, "password": login.account.password}
    found |= {f"cookie {name}": value for name, value in login.jar.cookies.items()}
    found["refresh token"] = login.refresh
    texts = {kind: text for kind, text in found.items() if isinstance(text, str) and len(text) > 8}
    # a careless application lists the credential itself as a public id, and that one is kept
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
    title="One kind of token, used as another",
    story="An attacker gets hold of something harmless, such as the public id of a session. They"
    " send it wherever a credential is expected. A server that looks up a value without"
    " checking its kind accepts it as a login.",
    references=("RFC 8725 section 3.12", "CWE-843", "ASVS V9.2.2"),
    defences=("a token serves only its own purpose",),
    run=_run,
)
