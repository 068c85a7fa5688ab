"""Answers of a passkey that were made for another site, person, browser or moment."""

from collections.abc import Iterator
from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..authenticator import PRESENT, Json, Passkey, Said
from ..exchange import Exchange
from ..jar import Jar
from ..second_step import opened
from ..target import Missing, Target
from ..verdict import Verdict, held, succeeded

EVIL = "evil.example"


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    passkey, said = _added(target)
    tried = 0
    for name, forger, claim in _forged(passkey, said):
        tried += 1
        browser, challenge = _challenge(target)
        if _enters(target, browser, forger.used(challenge, claim)):
            return succeeded(f"A passkey logged in with an answer {name}.")
    (browser, challenge), (other, _) = _challenge(target), _challenge(target)
    if _enters(target, other, passkey.used(challenge, said)):
        return succeeded("An answer logged in in another browser than the one that was asked.")
    browser, challenge = _challenge(target)
    answer = passkey.used(challenge, said)
    if not _enters(target, browser, answer):
        raise AssertionError("the passkey does not log in at all")
    if _enters(target, browser, answer):
        return succeeded("An answer that had logged in logged in again.")
    return held(f"{tried + 2} answers were refused that were forged, stolen or used.")


def _added(target: Target) -> tuple[Passkey, Said]:
    """A passkey of a new account, and what its honest browser says of it."""
    login, flow = target.log_in(target.sign_up()), Jar()

    def send(path: str, body: Json) -> Exchange:
        cookies = Jar({**login.jar.cookies, **flow.cookies}).header()
        credential = login.headers() if login.transport == "bearer" else []
        headers = [*target.own, *credential, *cookies]
        answer = target.client.send("POST", path, headers, data=body)
        flow.keep(answer.cookies())
        return answer

    options = send("/api/passkeys/options", {}).json()
    if "challenge" not in options:
        raise Missing("The application knows no passkeys.")
    passkey = Passkey(options["user"]["id"])
    said = Said(target.origin, options["rp"]["id"])
    done = send("/api/passkeys", {"credential": passkey.created(options["challenge"], said)})
    if done.status != 201:
        raise AssertionError(f"no passkey could be added: {done.status} {done.text}")
    return passkey, said


def _forged(passkey: Passkey, said: Said) -> Iterator[tuple[str, Passkey, Said]]:
    yield "of a page of another site", passkey, replace(said, origin=f"https://{EVIL}")
    near = f"{said.origin}.{EVIL}"
    yield "of a page whose name begins like the site's", passkey, replace(said, origin=near)
    yield "for another site", passkey, replace(said, rp_id=EVIL)
    yield "of a frame in another site", passkey, replace(said, framed=True)
    yield "of an unverified user", passkey, replace(said, flags=PRESENT)
    yield "signed by another key", Passkey(passkey.handle, passkey.id), said
    yield "of a passkey that nobody added", Passkey(passkey.handle), said


def _challenge(target: Target) -> tuple[Jar, str]:
    """A browser that begins to log in, and the challenge that it got."""
    browser = Jar()
    answer = target.client.send("POST", "/api/login/passkey/options", target.own, data={})
    browser.keep(answer.cookies())
    return browser, str(answer.json()["challenge"])


def _enters(target: Target, browser: Jar, credential: Json) -> bool:
    headers = [*target.own, *browser.header()]
    body = {"credential": credential, "transport": target.way.transport}
    answer = target.client.send("POST", "/api/login/passkey", headers, data=body)
    if answer.status not in (200, 400, 401, 403):
        raise AssertionError(f"the answer of a passkey was answered {answer.status}")
    found = Jar()
    found.keep(answer.cookies())
    return bool(opened(target, found, str(answer.json().get("access_token", ""))))


ATTACK = Attack(
    id="passkey-forged",
    title="Forged answers of a passkey",
    story="A thief lures the owner of a passkey to a page of their own, and hands on what the real"
    " site asks. They also send answers that they forged, or that they saw before. A site that"
    " checks the signature alone lets them in.",
    references=("WebAuthn Level 3 section 7.2", "CWE-290", "CWE-294", "ASVS V6.3.3"),
    defences=(
        "a passkey answers for its own site",
        "a challenge works once",
        "a challenge is bound to its browser",
    ),
    run=_run,
    ours=True,
)
