"""Links in letters, opened by a program before their reader sees them."""

from collections.abc import Iterator

from ..attack import Attack
from ..attacker import Attacker
from ..by_mail import link_to, require_cookies, sign_up_first, somebody
from ..exchange import Exchange
from ..jar import Jar
from ..second_step import opened
from ..target import Target
from ..verdict import Verdict, held, succeeded

NEW = "Throw-away of the reader of a letter"


def _run(attacker: Attacker) -> Verdict:
    require_cookies(attacker.target)
    tried = 0
    with attacker.target.other(verify_first=True) as target:
        for name, link, jar in _links(target):
            tried += 1
            seen = [target.client.send("GET", link) for _ in range(2)]
            if seen[0].status != 200:
                raise AssertionError(f"the link of {name} was answered {seen[0].status}")
            if page := _opens(target, seen):
                return succeeded(f"Opening the link of {name} logged in: it opened {page}.")
            if not _use(target, link, jar):
                return succeeded(f"Opening the link of {name} acted: it no longer worked.")
    return held(f"Programs opened {tried} kinds of links, and each still worked for its reader.")


def _links(target: Target) -> Iterator[tuple[str, str, Jar]]:
    """Each kind of link, and the browser that it works in.  The next is asked for when the one
    before it was used."""
    anybody, operator = Jar(), target.operator
    asked, owner = somebody(), sign_up_first(target)
    target.ask_for_account({"email": asked.email, "password": asked.password})
    yield "a sign-up", link_to(target, asked.email, "signup_asked"), anybody
    invited = operator.invitation(somebody().email).removeprefix(target.origin)
    yield "an invitation", invited, anybody
    login, address = target.log_in(owner), somebody().email
    target.act(login, "POST", "/api/email", {"email": address})
    yield "a new address", link_to(target, address, "email_confirm"), login.jar
    yield "the old address", link_to(target, owner.email, "email_left"), anybody
    target.client.send("POST", "/api/forgot", target.own, data={"email": owner.email})
    yield "a new password", link_to(target, owner.email, "reset_asked"), anybody
    browser, body = Jar(), {"email": owner.email, "transport": "cookie"}
    answer = target.client.send("POST", "/api/login/mail", target.own, data=body)
    browser.keep(answer.cookies())
    yield "a login by mail", link_to(target, owner.email, "login_asked"), browser


def _opens(target: Target, answers: list[Exchange]) -> str:
    jar = Jar()
    for answer in answers:
        jar.keep(answer.cookies())
    return opened(target, jar)


def _use(target: Target, link: str, jar: Jar) -> bool:
    """Whether the link does what it is for."""
    reader = target.client.elsewhere()
    path, _, ticket = link.partition("?ticket=")
    headers = [*target.own, *jar.header()]
    form = {"ticket": ticket, "new": NEW}
    return reader.send("POST", path, headers, form=form).accepted


ATTACK = Attack(
    id="link-scanner",
    title="A program that opens every link",
    story="A victim's mail server opens each link in each letter, to look for malware. Somebody"
    " else asked for the letter: a sign-up, a new address, a login. If opening a link acts, the"
    " scanner confirms it all, and the reader finds a dead link.",
    references=("RFC 9110 section 9.2.1", "CWE-650", "ASVS V3.5.3"),
    defences=("opening a link changes nothing",),
    run=_run,
    ours=True,
)
