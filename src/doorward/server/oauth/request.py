"""An authorization request, judged (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2).

The outcome is of a closed type, so that no error can lead a browser to an address that was not
checked: `NotSent` is a page of ours, `ToClient` has a `CheckedUri`, `Asked` goes on.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from . import pkce, redirect_uri
from .client import Client
from .redirect_uri import CheckedUri
from .scopes import OFFLINE, OPENID, Scope, fit_a_token

MAX_NONCE_BYTES = 400
"""Bytes of JSON, as an ID token has room for."""

Pairs = Sequence[tuple[str, str]]

PROMPTS = frozenset({"none", "login", "consent", "select_account"})

REFUSED_BY_NAME = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
"""Parameters that would change the meaning of the others (OpenID Connect Core section 6 and 7.2.1),
so that they may not be ignored."""

Why = Literal["unknown_client", "unregistered_uri", "malformed"]


class NotSent(NamedTuple):
    """Nobody is sent anywhere: it is not known which application asks, or where it may be told."""

    why: Why


class ToClient(NamedTuple):
    """The application is told an error.  `state` is what it sent.  `unproven`: nobody but itself
    says what it is, so nobody is sent there without a click: a link to this server would lead
    people to wherever a criminal wants them."""

    uri: CheckedUri
    error: str
    state: str
    description: str = ""
    unproven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that is in order.  `audience` is the API that the tokens would be for; `challenge`
    is empty where a client that may do without PKCE did; `prompt` is empty where the application
    leaves to us what is shown; `hint` is what it calls an ID token of whom it expects; `jkt` is the
    key that the tokens are wanted for, if any."""

    client: Client
    uri: CheckedUri
    state: str
    scopes: tuple[Scope, ...]
    audience: str
    challenge: str
    nonce: str
    jkt: str
    prompt: frozenset[str]
    max_age: int | None
    hint: str

    @property
    def names(self) -> frozenset[str]:
        """The names of its scopes."""
        return frozenset(each.name for each in self.scopes)

    @property
    def offline(self) -> bool:
        """Whether the grant is to live on when the person has logged out."""
        return OFFLINE in self.names

    @property
    def always_asks(self) -> bool:
        """Whether the person is asked each time: nothing proves that it is the application itself
        that gets the code (RFC 8252 section 8.6), or nobody but itself says what it is."""
        claimed = self.client.kind == "public" and not redirect_uri.is_provable(self.uri)
        return claimed or self.client.describes_itself


class _Wrong(Exception):
    """An error for the application, by its code."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description


def client_id_of(pairs: Pairs) -> str:
    """The client that asks; empty unless exactly one is named."""
    return _single(pairs, "client_id")


def judge(
    pairs: Pairs, client: Client | None, known: Mapping[str, Scope], own_audience: str
) -> NotSent | ToClient | Asked:
    """What becomes of a request with these parameters, of the client that it names.  `known` are
    all scopes; `own_audience` is that of tokens for no other API."""
    if client is None or client.disabled_at is not None or client.client_id != client_id_of(pairs):
        return NotSent("unknown_client")
    uri = redirect_uri.checked(client.redirect_uris, _single(pairs, "redirect_uri"))
    if uri is None:
        return NotSent("unregistered_uri")
    state = _single(pairs, "state")
    try:
        return _asked(pairs, client, uri, state, known, own_audience)
    except _Wrong as wrong:
        unproven = client.describes_itself
        return ToClient(uri, wrong.error, state, wrong.description, unproven)


def _asked(
    pairs: Pairs,
    client: Client,
    uri: CheckedUri,
    state: str,
    known: Mapping[str, Scope],
    own_audience: str,
) -> Asked:
    said = _said(pairs)
    _check_flow(said)
    scopes = _scopes(said.get("scope", ""), client, known)
    return Asked(
        client=client,
        uri=uri,
        state=state,
        scopes=scopes,
        audience=_audience(said.get("resource", ""), scopes, client) or own_audience,
        challenge=_challenge(said, client),
        nonce=_nonce(said.get("nonce", "")),
        jkt=_jkt(said.get("dpop_jkt", "")),
        prompt=_prompt(said.get("prompt", "")),
        max_age=_max_age(said.get("max_age")),
        hint=said.get("id_token_hint", ""),
    )


def _said(pairs: Pairs) -> dict[str, str]:
    """The parameters that have a value: one without counts as left out (RFC 6749 section 3.1)."""
    named = [(name, text) for name, text in pairs if text]
    said = dict(named)
    if [name for name, _ in pairs].count("resource") > 1:
        raise _Wrong("invalid_target", "One resource at a time.")
    if len({name for name, _ in pairs}) != len(pairs):
        raise _Wrong("invalid_request", "A parameter is given twice.")
    return said


def _check_flow(said: Mapping[str, str]) -> None:
    for name, error in REFUSED_BY_NAME.items():
        if name in said:
            raise _Wrong(error)
    if "response_type" not in said:
        raise _Wrong("invalid_request", "response_type is missing.")
    if said["response_type"] != "code":
        raise _Wrong("unsupported_response_type")
    if said.get("response_mode", "query") != "query":
        raise _Wrong("invalid_request", "response_mode is query.")


def _challenge(said: Mapping[str, str], client: Client) -> str:
    """The challenge, or empty for a client that may do without one.  Then only the nonce in its ID
    token shows it that a code was put into its answer (OAuth 2.1 section 7.5.1)."""
    challenge = said.get("code_challenge", "")
    if not challenge and client.pkce_exempt and "code_challenge_method" not in said:
        if not ("nonce" in said and OPENID in said.get("scope", "").split(" ")):
            raise _Wrong("invalid_request", "Without PKCE there must be a nonce, and scope openid.")
        return ""
    if not challenge:
        raise _Wrong("invalid_request", "code_challenge is missing (PKCE, RFC 7636).")
    if said.get("code_challenge_method") != pkce.METHOD:
        raise _Wrong("invalid_request", f"code_challenge_method is {pkce.METHOD}.")
    if not pkce.is_challenge(challenge):
        raise _Wrong("invalid_request", "code_challenge is not SHA-256 in base64url.")
    return challenge


def _scopes(text: str, client: Client, known: Mapping[str, Scope]) -> tuple[Scope, ...]:
    """Unknown scopes are ignored (OpenID Connect Core section 3.1.2.1); those of other clients are
    refused."""
    names = [name for name in dict.fromkeys(text.split(" ")) if name in known]
    if not names:
        raise _Wrong("invalid_scope", "No scope is known here.")
    if not client.scopes.issuperset(names):
        raise _Wrong("invalid_scope", "The application is not registered for one of the scopes.")
    if not fit_a_token(names):
        raise _Wrong("invalid_scope", "The scopes are too many for one token.")
    return tuple(known[name] for name in names)


def _audience(resource: str, scopes: Collection[Scope], client: Client) -> str:
    """The one API of a request (RFC 8707); empty for none but ours.  Each token is for one, so that
    no API can use at another what was shown to it."""
    of_scopes = {each.resource for each in scopes if each.resource}
    if resource and resource not in client.resources:
        raise _Wrong("invalid_target", "The application is not registered for this resource.")
    if len(of_scopes) > 1:
        raise _Wrong("invalid_target", "The scopes are of several resources; ask for one.")
    if resource and of_scopes - {resource}:
        raise _Wrong("invalid_scope", "A scope is of another resource.")
    return resource or next(iter(of_scopes), "")


def _jkt(text: str) -> str:
    """The key that the code will be good with (RFC 9449 section 10), a thumbprint; or empty."""
    if text and not pkce.is_challenge(text):
        raise _Wrong("invalid_request", "dpop_jkt is a SHA-256 thumbprint in base64url.")
    return text


def _nonce(text: str) -> str:
    if len(json.dumps(text)) > MAX_NONCE_BYTES:
        raise _Wrong("invalid_request", "nonce is too long.")
    return text


def _prompt(text: str) -> frozenset[str]:
    prompt = frozenset(text.split())
    if not prompt <= PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise _Wrong("invalid_request", "prompt is not understood.")
    return prompt


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _Wrong("invalid_request", "max_age is a number of seconds.")
    return int(text)


def _single(pairs: Pairs, name: str) -> str:
    found = [text for key, text in pairs if key == name]
    return found[0] if len(found) == 1 else ""
