"""An application of somebody else, which a person lets act for them."""

import html
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

from .client import Pairs
from .exchange import Exchange
from .target import Login, Missing, Target

CALLBACK = "https://photos.doorward.example/callback"
API = "https://api.doorward.example"
READ, WRITE = "lab:read", "lab:write"
SCOPES = {"openid": "", "offline_access": "", READ: API, WRITE: API}

CROSS_SITE = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]
"""As a browser follows a link of the application."""

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_REFRESH = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]*)">')


@dataclass(frozen=True, slots=True)
class OtherApplication:
    """One application with a secret.  It asks for `READ` alone unless it is told otherwise."""

    target: Target
    client_id: str
    secret: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def authorize(
        self, login: Login | None, headers: Pairs = (), /, **more: str | None
    ) -> Exchange:
        """Follow a link of the application, with `more` in its query; None leaves something out."""
        sent = [*(headers or CROSS_SITE), *(login.jar.header() if login else [])]
        return self.target.client.send("GET", self.address(**more), sent)

    def address(self, **more: str | None) -> str:
        usual: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": READ,
            "state": "the state",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        said = {name: text for name, text in {**usual, **more}.items() if text is not None}
        return f"/oauth/authorize?{urlencode(said)}"

    def allow(self, login: Login, **more: str | None) -> Exchange:
        """The person reads the page that asks them, and allows everything."""
        form = form_of(self.authorize(login, **more)) | {"decision": "allow"}
        headers = [*self.target.own, *login.jar.header()]
        return self.target.client.send("POST", "/oauth/consent", headers, form=form)

    def code(self, login: Login, **more: str | None) -> str:
        """The code that the application gets when the person allows it."""
        answer = self.authorize(login, **more)
        said = said_by(answer if answer.status == 302 else self.allow(login, **more))
        if "code" not in said:
            raise AssertionError(f"no code was given: {said}")
        return said["code"]

    def redeem(self, code: str, **more: str) -> Exchange:
        usual = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
        }
        return self.send("token", **{**usual, **more})

    def refresh(self, token: str, **more: str) -> Exchange:
        return self.send("token", grant_type="refresh_token", refresh_token=token, **more)

    def send(self, endpoint: str, **form: str) -> Exchange:
        """Send this to an endpoint for programs, with the secret."""
        shown = {"client_id": self.client_id, "client_secret": self.secret, **form}
        answer = self.target.client.send("POST", f"/oauth/{endpoint}", form=shown)
        if answer.status >= 500:
            raise AssertionError(f"/oauth/{endpoint} answered {answer.status}")
        return answer

    def tokens(self, login: Login, **more: str | None) -> dict[str, str]:
        """The whole way, from the link to the tokens."""
        answer = self.redeem(self.code(login, **more))
        if answer.status != 200:
            raise AssertionError(f"the code gave no tokens: {answer.status} {answer.text}")
        return answer.json()

    def lives(self, tokens: dict[str, str]) -> bool:
        """Whether the access token is good at this moment, or the refresh token gives another."""
        active = self.send("introspect", token=tokens["access_token"]).json()["active"]
        refreshed = self.refresh(tokens["refresh_token"]).status == 200
        return bool(active) or refreshed


def third_party(target: Target, uris: Sequence[str] = (CALLBACK,)) -> OtherApplication:
    """A new application.  Raises `Missing` where none can be registered, and by bearer, where
    nobody could consent."""
    if target.way.transport != "cookie":
        raise Missing("People allow applications in a browser, so it runs by cookie alone.")
    return OtherApplication(target, *target.applications.register(uris, SCOPES))


def challenge_of(verifier: str) -> str:
    """RFC 7636 section 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def form_of(page: Exchange) -> dict[str, str]:
    """The hidden fields of a page's form."""
    found = {name: html.unescape(text) for name, text in _HIDDEN.findall(page.text)}
    if page.status != 200 or "query" not in found:
        raise AssertionError(f"nobody was asked for consent: {page.status}")
    return found


def destination(answer: Exchange) -> str:
    """Where an answer sends the browser, by redirect or by a page that carries on; or nothing."""
    found = _REFRESH.search(answer.text)
    return answer.header("Location") or (html.unescape(found[1]) if found else "")


def said_by(answer: Exchange) -> dict[str, str]:
    """What the application is told in its address; empty where the browser stays with us."""
    where = destination(answer)
    if not where.startswith(CALLBACK.rpartition("/")[0]):
        return {}
    return {name: texts[0] for name, texts in parse_qs(urlsplit(where).query).items()}
