"""How the server is to be run: where it listens, who finds it there, and whom it believes."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from ...errors import ConfigurationError
from ...origins import check_public_origin, is_loopback
from ...server.library_settings import named
from ...server.plural import counted
from ...server.refusals import Refusal
from ...web.client import Trusted
from ...web.origin import may_share_site
from ..doctor_facts import Facts
from ..output import long
from .finding import NOTE, OK, UNSAFE, WARNING, Finding


def options(facts: Facts) -> Finding:
    """A server that would not start is found out before it is to start."""
    if facts.refusal is not None:
        return Finding(UNSAFE, f"A server refuses to start: {facts.refusal}.", "Change the option.")
    return Finding(OK, "A server starts with these options.")


def variables(facts: Facts) -> Finding:
    """Variables that an operator has set, but that nothing reads."""
    if facts.slips:
        return Finding(
            WARNING, " ".join(facts.slips), "Correct the name, or take it out of the environment."
        )
    return Finding(OK, "Every DOORWARD_ variable that is set is one of Doorward.")


def modes(facts: Facts) -> Finding:
    """A change of mode that nobody finished: for so long a stolen session token is noticed late."""
    given = facts.options
    if set(given.accept) <= {given.mode}:
        live = [login.mode for login in facts.logins if login.expires_at > facts.now]
        if set(live) - {given.mode}:
            return Finding(
                WARNING,
                f"Only {given.mode} mode is accepted, and there are logins in the other: those"
                " people have to log in again.",
                "Keep them with --accept session,token, one server after the other.",
            )
        return Finding(OK, f"Logins are issued and accepted in {given.mode} mode alone.")
    return Finding(
        WARNING,
        f"Sessions and tokens are both accepted, and {given.mode}s are issued: a change of mode is"
        " under way.",
        f"{long(given.idle_ttl)} after the last server began to issue {given.mode}s,"
        " leave --accept out.",
    )


def transport(facts: Facts) -> Finding:
    """Plain http shows passwords to anybody on the network."""
    given = facts.options
    everywhere, secure = not is_loopback(given.host), given.origin.startswith("https:")
    if not secure and not _is_local(facts):
        return Finding(
            UNSAFE,
            "Other machines reach this server over plain http: passwords can be read on the way,"
            " and browsers keep no login.",
            "Put TLS in front and set --public-origin to an https address, or listen on 127.0.0.1"
            " alone.",
        )
    if everywhere and given.tls_cert is None:
        return Finding(
            NOTE,
            "The way from the proxy to this server is plain http.",
            "Keep others out of the network between them, or listen on 127.0.0.1.",
        )
    return Finding(OK, "What people send cannot be read on the way.")


def origin(facts: Facts) -> Finding:
    """Whether the cookies, which are Secure, come back to where browsers go."""
    given = facts.options
    try:
        check_public_origin(given.origin)
    except ConfigurationError as error:
        says = named(given, str(error))
        return Finding(UNSAFE, f"{says}.", "Give the https address that people use.")
    if given.origin.startswith("https:"):
        return Finding(OK, f"Browsers use {given.origin}, and keep a login.")
    if not is_loopback(given.host):
        return Finding(
            NOTE,
            f"Links lead to {given.origin}, which on every other machine is that machine itself.",
            "Set --public-origin to the https address that people use.",
        )
    return Finding(
        NOTE,
        f"Browsers use {given.origin}: from this machine alone, and Safari keeps no login there.",
        "For other people, set --public-origin to an https address.",
    )


def trusted_origins(facts: Facts) -> Finding:
    """Which pages are treated as our own, and what cannot work for them."""
    given = facts.options
    listed = given.trusted_origin
    if not listed:
        return Finding(OK, "No other origin is trusted.")
    elsewhere = [each for each in listed if not may_share_site(each, given.origin)]
    if elsewhere:
        return Finding(
            NOTE,
            f"Browsers keep no cookies for the pages of {', '.join(elsewhere)}, which are on"
            f" another site than {given.origin}.",
            "Have them log in for Bearer.",
        )
    return Finding(OK, f"Treated as our own: {', '.join(listed)}.")


def proxies(facts: Facts) -> Finding:
    """Which proxies are trusted: too many, or none although one is in front."""
    given = facts.options
    networks = _trusted(facts).networks
    if any(network.prefixlen == 0 for network in networks):
        return Finding(
            UNSAFE,
            "Every machine is trusted as a proxy, so anybody can choose the address they are"
            " counted and shown under.",
            "Name only your own proxies with --trusted-proxies.",
        )
    if given.origin.startswith("https:") and given.tls_cert is None and not networks:
        return Finding(
            WARNING,
            "The origin is https, but no proxy is trusted to say that a request came over https:"
            " all are refused.",
            "Set --trusted-proxies to your proxy's address, or --tls-cert.",
        )
    if networks:
        return Finding(OK, f"Believed about addresses: {', '.join(given.trusted_proxies)}.")
    return Finding(OK, "No proxy is trusted: client addresses come from the TCP connection.")


def https(facts: Facts) -> Finding:
    """Whether the proxies in front say that a request came over https."""
    found, where = facts.reached, facts.options.origin
    if found is None:
        return Finding(OK, "No proxy has to say that a request came over https.")
    if found.untrusted:
        return Finding(
            WARNING,
            f"The certificate that {where} shows is not trusted on this machine:"
            f" {found.untrusted}.",
            "Have the proxy show a valid certificate for that name with its chain, or let this"
            " machine know its authority.",
        )
    if found.reason == Refusal.INSECURE:
        return Finding(
            WARNING,
            f"Requests to {where} are refused. {found.detail}",
            "Have each proxy on the way set X-Forwarded-Proto to https, and name it with"
            " --trusted-proxies.",
        )
    if found.reason:
        return Finding(OK, f"The server knows that requests to {where} come over https.")
    why = f": {found.error}" if found.error else ""
    return Finding(
        NOTE,
        f"No Doorward server answers at {where}, so the proxies could not be checked{why}.",
        "Run this again while the server runs.",
    )


def addresses(facts: Facts) -> Finding:
    """If more proxies are in a row than the options name, clients seem to come from one of our
    machines."""
    seen = [session.device.address for session in facts.logins]
    ours = [address for address in seen if _is_ours(address, facts)]
    if _is_local(facts):
        return Finding(OK, "People come from this machine alone, so there are no proxies to check.")
    if not seen:
        return Finding(OK, "Nobody is logged in, so no address could be checked.")
    if not ours:
        checked = counted(len(seen), "session")
        return Finding(OK, f"None of {checked} seems to come from a machine of yours.")
    return Finding(
        WARNING,
        f"{len(ours)} of {counted(len(seen), 'session')} seem to come from {ours[0]}, a machine of"
        " yours: limits count all people behind it as one.",
        "Name every proxy on the way with --trusted-proxies, and have each add X-Forwarded-For.",
    )


def lifetimes(facts: Facts) -> Finding:
    """Whether one of two lifetimes has no effect."""
    given = facts.options
    if given.idle_ttl > given.absolute_ttl:
        return Finding(
            NOTE,
            f"Sessions end after {long(given.absolute_ttl)}, before they can be idle for"
            f" {long(given.idle_ttl)}.",
            "Set --idle-ttl below --absolute-ttl.",
        )
    idle, most = long(given.idle_ttl), long(given.absolute_ttl)
    return Finding(OK, f"A session ends after {idle} without use, and after {most} at most.")


def signup(facts: Facts) -> Finding:
    """Who may make an account."""
    given = facts.options
    if given.signup == "open" and not _is_local(facts):
        return Finding(
            NOTE,
            "Anybody who finds this server can make an account.",
            "If that is not wanted, set --signup closed.",
        )
    return Finding(OK, f"Sign-up is {given.signup}.")


def verification(facts: Facts) -> Finding:
    """Whether a sign-up tells strangers who has an account."""
    given = facts.options
    if given.verification == "first":
        return Finding(
            OK, "Addresses are verified before there is an account, so sign-up tells nobody of one."
        )
    if given.signup == "closed":
        return Finding(OK, "Sign-up is closed, so it tells nobody who has an account.")
    can_verify = given.mail != "none"
    mailed = "Set --verify first." if can_verify else "Set --smtp-url and --mail-from."
    return Finding(
        NOTE,
        f"With --verify {given.verification}, sign-up answers 409 for an address that has an"
        " account: strangers can find out who has one.",
        mailed,
    )


def mail(facts: Facts) -> Finding:
    """Whether people are told of a theft, a new password, a new device."""
    given = facts.options
    if given.smtp_url is not None:
        return Finding(OK, f"Mail is sent through {given.smtp_url.host}, from {given.mail_from}.")
    if given.mail == "outbox":
        return Finding(
            OK,
            f"Mail is not sent; it can be read at {given.base_url}/admin/outbox, and its links are"
            " printed where the server runs.",
        )
    return Finding(
        WARNING,
        "No mail is sent: nobody is told when their login was stolen, their password changed, or"
        " somebody logged in on a new device.",
        "Set --smtp-url and --mail-from.",
    )


def _is_local(facts: Facts) -> bool:
    """Whether browsers find the server on this machine alone."""
    given = facts.options
    try:
        named = urlsplit(given.origin).hostname or ""
    except ValueError:  # no origin at all: that is for another check
        return True
    return is_loopback(given.host) and is_loopback(named)


def _trusted(facts: Facts) -> Trusted:
    try:
        given = facts.options
        return Trusted.parse(given.trusted_proxies, standard=given.forwarded)
    except ConfigurationError:  # that is for another check
        return Trusted()


def _is_ours(address: str, facts: Facts) -> bool:
    try:
        found = ip_address(address)
    except ValueError:  # a unix socket has no address
        return False
    return found.is_loopback or found in _trusted(facts)
