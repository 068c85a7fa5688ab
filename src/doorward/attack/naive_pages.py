"""The careless application's pages and its limit on guesses."""

from collections import Counter
from collections.abc import Mapping

LOCKED_AFTER = 10

LOGIN = """<!doctype html><title>Log in</title>
<form method="post" action="/login"><input name="email" value="{email}">
<input name="password" type="password">
<input type="hidden" name="return_to" value="{return_to}"><button>Log in</button></form>"""

# Danger: the browser's storage gets the credential, where every script of the page reads it.
ACCOUNT = """<!doctype html><title>Account</title><p>{email}</p><ul>{agents}</ul>
<form method="post" action="/logout"><button>Log out</button></form>
<script>localStorage.setItem('token', document.cookie)</script>"""

# Danger: no Content-Security-Policy and no frame-ancestors, and every cache may keep the page.
HEADERS = (("Content-Type", "text/html"), ("Cache-Control", "public, max-age=600"))


def login_page(asked: Mapping[str, list[str]]) -> str:
    # Danger: the page contains the request's parameters unescaped.
    return LOGIN.format(**{name: asked.get(name, [""])[0] for name in ("email", "return_to")})


def account_page(email: str, agents: list[str]) -> str:
    # Danger: the page contains stored values unescaped.
    return ACCOUNT.format(email=email, agents="".join(f"<li>{agent}</li>" for agent in agents))


class Guard:
    """Locks an account after too many wrong passwords."""

    def __init__(self) -> None:
        self._wrong: Counter[tuple[str, str]] = Counter()

    def locked(self, email: str, claimed: str) -> bool:
        return self._wrong[email, claimed] >= LOCKED_AFTER

    def count(self, email: str, claimed: str) -> None:
        # Danger: each spelling of an address, and each address that the client claims to have, is
        # counted by itself; and whoever guesses wrongly locks the owner out, on every device.
        self._wrong[email, claimed] += 1
