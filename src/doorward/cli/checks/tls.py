"""The certificate of `--tls-cert`, and its key."""

from urllib.parse import urlsplit

from ...settings import DAY
from ..doctor_facts import Facts
from ..output import long, when
from .finding import NOTE, OK, UNSAFE, WARNING, Finding

SOON = 14 * DAY
"""Time before its end at which a certificate should have been renewed."""


def certificate(facts: Facts) -> Finding:
    """Whether browsers refuse the certificate, or soon will."""
    found, given = facts.certificate, facts.options
    if given.tls_cert is None:
        return Finding(OK, "This server has no TLS certificate of its own.")
    if found is None:
        return Finding(
            NOTE,
            f"The certificate {given.tls_cert} cannot be read.",
            "See what is said of the options. If nothing is, it is malformed: replace it.",
        )
    if not found.begins <= facts.now < found.ends:
        verb, at = ("ended", found.ends) if found.ends <= facts.now else ("begins", found.begins)
        return Finding(
            UNSAFE,
            f"The certificate {given.tls_cert} {verb} at {when(at)} UTC: browsers refuse it.",
            "Renew it, or set the clock, and restart the server.",
        )
    host = urlsplit(given.origin).hostname or ""
    if not found.is_for(host):
        names = ", ".join(found.names) or "no name"
        return Finding(
            WARNING,
            f"The certificate {given.tls_cert} is for {names}, and browsers use {host}.",
            "Use one that names this host, unless a proxy in front shows another one.",
        )
    left = long(found.ends - facts.now)
    if found.ends - facts.now < SOON:
        says = f"The certificate {given.tls_cert} ends in {left}."
        return Finding(WARNING, says, "Renew it, and restart the server.")
    return Finding(OK, f"The certificate is for {host}, and ends in {left}.")


def key(facts: Facts) -> Finding:
    """Whether others can read the key, with which they could impersonate the server."""
    if facts.certificate is not None and facts.certificate.key_mode & 0o007:
        path = facts.options.tls_key
        return Finding(
            WARNING,
            f"Every account of this machine can open {path}, the key of the certificate.",
            f"Run: chmod o-rwx {path}",
        )
    return Finding(OK, "Other accounts of this machine cannot open the TLS key.")
