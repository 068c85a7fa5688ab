"""What can be wrong with a setup: small pure functions over the facts, in one table."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from ..keys import signer_at
from ..settings import CLOCK_SKEW, DAY, is_loopback
from ..types import SigningKey
from ..web.client import Trusted
from .facts import Facts
from .output import counted, long, when

Severity = Literal["ok", "note", "warning", "unsafe"]

OLD_KEY = 90 * DAY
"""Age at which a signing key should have had a successor."""

LONG_QUIET = 30 * DAY
"""Time without any activity after which a clock may just as well be wrong."""

LITTLE_SPACE = 100 * 2**20
"""Bytes of free disk that are soon used up."""

ADVISED_PASSWORD = 15
"""Characters advised while the password is the only factor (NIST SP 800-63B, ASVS 6.2.1)."""

NETWORK = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "lustre", "ncpfs"),
        *("nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs", "vboxsf"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)
"""File systems whose locks do not hold between machines, or not as SQLite needs them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: how bad, what it is, and what to do about it."""

    severity: Severity
    says: str
    do: str = ""


OK: Severity = "ok"
NOTE: Severity = "note"
WARNING: Severity = "warning"
UNSAFE: Severity = "unsafe"


def options(facts: Facts) -> Finding:
    if facts.refusal is not None:
        return Finding(UNSAFE, f"A server refuses to start: {facts.refusal}.", "Change the option.")
    return Finding(OK, "A server starts with these options.")


def transport(facts: Facts) -> Finding:
    given = facts.options
    everywhere, secure = not is_loopback(given.host), given.origin.startswith("https:")
    if everywhere and not secure:
        return Finding(
            UNSAFE,
            f"Other machines reach {given.host} over plain http: passwords can be read on the way,"
            " and browsers keep no login.",
            "Put TLS in front and set --public-origin, or listen on 127.0.0.1.",
        )
    if everywhere and given.tls_cert is None:
        return Finding(
            NOTE,
            "The way from the proxy to this server is plain http.",
            "Keep others out of the network between them, or listen on 127.0.0.1.",
        )
    return Finding(OK, "What people send cannot be read on the way.")


def origin(facts: Facts) -> Finding:
    given = facts.options
    if given.origin.startswith("https:"):
        return Finding(OK, f"Browsers use {given.origin}, and keep a login.")
    return Finding(
        NOTE,
        f"Browsers use {given.origin}: from this machine alone, and Safari keeps no login there.",
        "For other people, set --public-origin to an https address.",
    )


def proxies(facts: Facts) -> Finding:
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
            " all are sent there again, without end.",
            "Set --trusted-proxies to your proxy's address, or --tls-cert.",
        )
    if networks:
        return Finding(OK, f"Believed about addresses: {', '.join(given.trusted_proxies)}.")
    return Finding(OK, "Nobody is believed about addresses but the connection itself.")


def addresses(facts: Facts) -> Finding:
    """A chain of proxies that is longer than was said ends at one of our own machines."""
    seen = [session.device.address for session in facts.database.sessions]
    ours = [address for address in seen if _is_ours(address, facts)]
    if _is_local(facts) or not ours:
        return Finding(OK, "People's addresses look like theirs.")
    return Finding(
        WARNING,
        f"{len(ours)} of {counted(len(seen), 'session')} seem to come from {ours[0]}, a machine of"
        " yours: limits count all people behind it as one.",
        "Name every proxy on the way with --trusted-proxies, and have each add X-Forwarded-For.",
    )


def lifetimes(facts: Facts) -> Finding:
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


def passwords(facts: Facts) -> Finding:
    least = facts.options.min_password
    if least < ADVISED_PASSWORD:
        return Finding(
            NOTE,
            f"Passwords of {least} characters are accepted, and they are the only factor.",
            f"Set --min-password to {ADVISED_PASSWORD}.",
        )
    return Finding(OK, f"New passwords have at least {least} characters.")


def signup(facts: Facts) -> Finding:
    given = facts.options
    if given.signup == "open" and not _is_local(facts):
        return Finding(
            NOTE,
            f"Anybody who finds {given.origin} can make an account.",
            "If that is not wanted, set --signup closed.",
        )
    return Finding(OK, f"Sign-up is {given.signup}.")


def root_key(facts: Facts) -> Finding:
    key = facts.root_key
    if key.error is not None:
        return Finding(UNSAFE, key.error, "Until then no server starts.")
    if key.exists:
        where = "the environment" if key.path is None else f"{key.path}, for its owner alone"
        return Finding(OK, f"The root key is in {where}.")
    if any(each.sealed_private is not None for each in facts.database.keys):
        return Finding(
            UNSAFE,
            f"The database holds keys sealed under a root key, but {key.path} is missing.",
            "Restore it, or name the right one with --root-key-file.",
        )
    return Finding(NOTE, f"There is no root key yet; the first start makes {key.path}.")


def root_key_place(facts: Facts) -> Finding:
    key, database = facts.root_key.path, facts.database.path
    if key is None or database is None or key.absolute().parent != database.parent:
        return Finding(OK, "The root key lies apart from the database.")
    return Finding(
        WARNING,
        f"The root key lies in the database's folder, {database.parent}: one copy of the folder"
        " opens everything.",
        "Move it elsewhere, and name the place with --root-key-file.",
    )


def root_key_folder(facts: Facts) -> Finding:
    key = facts.root_key
    if key.path is not None and key.folder_mode & 0o022:
        return Finding(
            WARNING,
            f"Others can write to {key.path.parent}, and so put another root key there.",
            f"Run: chmod go-w {key.path.parent}",
        )
    return Finding(OK, "Nobody else can put another root key in its place.")


def sealed_keys(facts: Facts) -> Finding:
    if facts.sealed is not None:
        return Finding(UNSAFE, facts.sealed, "Give the root key that the database was used with.")
    return Finding(OK, "The root key opens the signing keys that there are.")


def database(facts: Facts) -> Finding:
    found = facts.database
    if found.error is not None:
        return Finding(UNSAFE, f"The database cannot be used: {found.error}.", "See --database.")
    if found.path is None:
        return Finding(
            WARNING,
            "Users and sessions are kept in memory: when the server stops, they are gone.",
            "Name a file with --database.",
        )
    if not found.exists:
        return Finding(NOTE, f"There is no database yet; the first start makes {found.path}.")
    if not found.ours:
        return Finding(
            NOTE,
            f"{found.path} holds nothing of Doorward yet.",
            "If it should, it is the wrong file; see --database.",
        )
    return Finding(OK, f"{found.path} can be read and written.")


def journal(facts: Facts) -> Finding:
    if facts.database.journal == "wal":
        return Finding(OK, "The database keeps a write-ahead log.")
    return Finding(
        WARNING,
        f"The database's journal is {facts.database.journal!r}, not a write-ahead log: readers and"
        " writers wait for each other.",
        "Start the server once; if it stays so, move the file to a local disk.",
    )


def filesystem(facts: Facts) -> Finding:
    kind = facts.database.filesystem
    if kind in NETWORK:
        return Finding(
            UNSAFE,
            f"The database lies on a network file system ({kind}), where two processes can"
            " destroy it.",
            "Move it to a local disk.",
        )
    return Finding(OK, "The database lies on a local disk, as far as this machine can tell.")


def readers(facts: Facts) -> Finding:
    found = facts.database
    if found.path is not None and found.mode & 0o007:
        return Finding(
            WARNING,
            f"Every account of this machine can open {found.path}: addresses and password hashes.",
            f"Run: chmod o-rwx {found.path}",
        )
    return Finding(OK, "Other accounts of this machine cannot open the database.")


def space(facts: Facts) -> Finding:
    if facts.database.free < LITTLE_SPACE:
        return Finding(
            WARNING,
            f"The database's disk has {facts.database.free // 2**20} MiB left; when it is full,"
            " nobody can log in or out.",
            "Make room.",
        )
    return Finding(OK, "There is room on the database's disk.")


def clock(facts: Facts) -> Finding:
    newest = max((session.seen_at for session in facts.database.sessions), default=facts.now)
    if newest > facts.now + CLOCK_SKEW:
        return Finding(
            WARNING,
            f"The newest session was used at {when(newest)} UTC, which is"
            f" {long(newest - facts.now)} from now: this clock is behind, or that one was ahead.",
            "Set the clock; until it gets there, sessions live longer than they should.",
        )
    if newest < facts.now - LONG_QUIET:
        return Finding(
            NOTE,
            f"No session was used for {long(facts.now - newest)}: quiet times, or a clock ahead.",
            "Compare the clock with another one.",
        )
    return Finding(OK, f"The clock, {when(facts.now)} UTC, fits the newest session.")


def signing_key(facts: Facts) -> Finding:
    live = _live(facts)
    if not facts.database.keys:
        return Finding(OK, "There are no signing keys; token mode makes them when it starts.")
    if not any(key.signs_from is not None for key in live):
        return Finding(UNSAFE, "No key may sign access tokens.", "Restore the database.")
    signer = signer_at(live, facts.now)
    age = max(0, facts.now - (signer.signs_from or 0))
    if age > OLD_KEY:
        return Finding(
            NOTE, f"The same key has signed for {long(age)}.", "Run: doorward keys rotate"
        )
    return Finding(OK, f"The signing key is in use for {long(age)}.")


def next_key(facts: Facts) -> Finding:
    if not facts.database.keys or any(key.signs_from is None for key in _live(facts)):
        return Finding(OK, "The next signing key waits, or none is needed yet.")
    return Finding(
        WARNING,
        "No next signing key waits: should this one leak, others learn of its successor late.",
        "Run: doorward keys rotate",
    )


CHECKS: dict[str, Callable[[Facts], Finding]] = {
    "options": options,
    "transport": transport,
    "public-origin": origin,
    "proxies": proxies,
    "client-addresses": addresses,
    "lifetimes": lifetimes,
    "passwords": passwords,
    "sign-up": signup,
    "root-key": root_key,
    "root-key-place": root_key_place,
    "root-key-folder": root_key_folder,
    "sealed-keys": sealed_keys,
    "database": database,
    "journal": journal,
    "file-system": filesystem,
    "readers": readers,
    "disk-space": space,
    "clock": clock,
    "signing-key": signing_key,
    "next-key": next_key,
}
"""Every check, in the order in which it is shown; the names are stable."""


def _live(facts: Facts) -> list[SigningKey]:
    return [key for key in facts.database.keys if key.withdrawn_at is None]


def _is_local(facts: Facts) -> bool:
    """Whether browsers find the server on this machine alone."""
    try:
        return is_loopback(urlsplit(facts.options.origin).hostname or "")
    except ValueError:  # no origin at all: that is for another check
        return True


def _trusted(facts: Facts) -> Trusted:
    try:
        return Trusted.parse(facts.options.trusted_proxies)
    except ConfigurationError:  # that is for another check
        return Trusted()


def _is_ours(address: str, facts: Facts) -> bool:
    try:
        found = ip_address(address)
    except ValueError:  # a unix socket has none
        return False
    return found.is_loopback or found in _trusted(facts)
