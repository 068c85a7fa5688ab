"""The databases: files, disks, engines, and the clock they were written by."""

from ...server.plural import counted
from ...settings import CLOCK_SKEW, DAY
from ...stores import POSTGRES
from ..database_probe import Held
from ..doctor_facts import Facts
from ..moved_notice import sealed, unsealing
from ..output import long, when
from .finding import NOTE, OK, UNSAFE, WARNING, Finding, worst

LONG_QUIET = 30 * DAY
"""Time without any activity after which a clock may just as well be wrong."""

LONG_OPEN = 60
"""Seconds after which an open transaction is nobody's step any more, but forgotten."""

LITTLE_SPACE = 100 * 2**20
"""Bytes of free disk that are soon used up."""

NETWORK = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "lustre", "ncpfs"),
        *("nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs", "vboxsf"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)
"""File systems whose locks do not hold between machines, or not as SQLite needs them."""


def usable(facts: Facts) -> Finding:
    """Whether each database can be opened and written."""
    return worst([_usable(held) for held in facts.databases])


def _usable(held: Held) -> Finding:
    what = held.what.capitalize()
    if held.error is not None:
        return Finding(UNSAFE, f"{what} cannot be reached or kept: {held.error}.", _to_reach(held))
    if held.place is None:
        return Finding(
            WARNING,
            f"{what} are kept in memory: when the server stops, they are gone.",
            f"Name a database with {held.option}.",
        )
    if not held.exists:
        return Finding(NOTE, f"There is no database yet; the first start makes {held.place}.")
    if not held.ours:
        return Finding(
            NOTE,
            f"{held.place} holds no {held.what} of Doorward yet.",
            f"If it should, it is the wrong one; see {held.option}.",
        )
    return Finding(OK, f"{held.place} can be used.")


def _to_reach(held: Held) -> str:
    if held.left_log is not None:
        return f"{held.left_log.do[0].upper()}{held.left_log.do[1:]}."
    if held.path is None:
        return f"Is it running, and does {held.option} name it?"
    return f"Does {held.option} name the right file, and may the server write it and its folder?"


def moved(facts: Facts) -> Finding:
    """Whether `doorward move` closed it, so that no server starts with it."""
    for held in facts.databases:
        if held.moved is not None:
            return Finding(
                UNSAFE,
                f"{sealed(held.place, held.moved)}.",
                "Give the server those options; or, while neither a new server nor the move runs,"
                f" go back: {unsealing(facts.options)}",
            )
    return Finding(OK, "No database was moved to another place.")


def way(facts: Facts) -> Finding:
    """An unprotected connection shows rows and digests of secrets to anybody on the network, who
    can also answer in place of the database."""
    ways = [held.way for held in facts.databases if held.way is not None]
    if ways:
        return Finding(WARNING, ways[0].says, ways[0].do)
    far = [str(held.place) for held in facts.databases if held.place and held.path is None]
    if not far:
        return Finding(OK, "No database is reached over a network.")
    return Finding(OK, f"The traffic to {' and '.join(far)} cannot be read or changed by others.")


def journal(facts: Facts) -> Finding:
    """Whether readers and writers get out of each other's way."""
    files = _files(facts)
    if not files:
        return _no_file(facts, "servers keep logs of their own")
    return worst([_journal(held) for held in files])


def _journal(held: Held) -> Finding:
    if held.journal == "wal":
        return Finding(OK, "The database keeps a write-ahead log: readers do not wait for writers.")
    return Finding(
        WARNING,
        f"The journal of {held.place} is {held.journal!r}, not a write-ahead log: readers and"
        " writers wait for each other.",
        "Start the server once; if it stays so, move the file to a local disk.",
    )


def _no_file(facts: Facts, instead: str) -> Finding:
    """None yet, or one that is not ours; or an engine that keeps its files elsewhere."""
    if any(held.path is not None for held in facts.databases):
        return Finding(OK, "There is no database file of Doorward here yet.")
    return Finding(OK, f"There is no database file here; {instead}.")


def filesystem(facts: Facts) -> Finding:
    """Locks that do not hold between machines."""
    for held in facts.databases:
        if held.filesystem in NETWORK:
            return Finding(
                UNSAFE,
                f"{held.place} lies on a network file system ({held.filesystem}), where two"
                " processes can destroy it.",
                "Move it to a local disk, or to PostgreSQL.",
            )
    local = [held for held in facts.databases if held.path is not None]
    if not local:
        return Finding(OK, "There is no database file here that could lie on a network.")
    kinds = [
        f"{held.path} is on {held.filesystem or 'one that has no name here'}" for held in local
    ]
    return Finding(OK, f"No database file is known to lie on a network: {', '.join(kinds)}.")


def readers(facts: Facts) -> Finding:
    """Other accounts of this machine that can copy the database."""
    files = _files(facts)
    if not files:
        return _no_file(facts, "a server asks for a password, or should")
    for held in files:
        if held.mode & 0o007:
            return Finding(
                WARNING,
                f"Every account of this machine can open {held.path}: it holds {held.what}.",
                f"Run: chmod o-rwx {held.path}",
            )
    return Finding(OK, "Other accounts of this machine cannot open the database.")


def space(facts: Facts) -> Finding:
    """A disk that is about to be full."""
    least = min(held.free for held in facts.databases)
    if least < LITTLE_SPACE:
        return Finding(
            WARNING,
            f"The database's disk has {least // 2**20} MiB left; when it is full, nobody can log in"
            " or out.",
            "Make room.",
        )
    local = [held for held in facts.databases if held.path is not None and held.exists]
    if not local:
        return _no_file(facts, "watch the disks of the servers there")
    room = [f"{held.path} has {held.free // 2**20} MiB left on its disk" for held in local]
    return Finding(OK, f"{', '.join(room)}.")


def horizon(facts: Facts) -> Finding:
    """A transaction that somebody forgot: every node re-reads what was committed since."""
    longest = max(held.horizon for held in facts.databases)
    if longest > LONG_OPEN:
        return Finding(
            WARNING,
            f"A transaction in PostgreSQL is open for {long(int(longest))}: what comes after it is"
            " kept, and looked at again by every process, until it ends.",
            "Find it in pg_stat_activity or pg_prepared_xacts, and end it.",
        )
    servers = _servers(facts, *POSTGRES)
    if not servers:
        return Finding(OK, "No PostgreSQL is in use, whose transactions could be forgotten.")
    if not all(_was_reached(held) for held in servers):
        return Finding(OK, "PostgreSQL was not reached, so its transactions were not checked.")
    return Finding(OK, f"No transaction in PostgreSQL was forgotten: none is {LONG_OPEN} s old.")


def connections(facts: Facts) -> Finding:
    """Whether PostgreSQL accepts as many connections as the pools open.  If not, calls under load
    wait and get 503."""
    return worst([_connections(held, facts.options.workers) for held in facts.databases])


def _connections(held: Held, workers: int) -> Finding:
    if held.takes is None:
        return Finding(OK, "No connections to PostgreSQL were counted.")
    opens = held.opens * workers
    says = (
        f"A server with {counted(workers, 'process', 'processes')} opens up to {opens} connections"
        f" to {held.place}, which accepts {held.takes}"
    )
    if opens > held.takes:
        return Finding(WARNING, f"{says}.", "Raise max_connections, or lower --workers.")
    return Finding(OK, f"{says}: enough for {counted(held.takes // opens, 'such server')}.")


def persistence(facts: Facts) -> Finding:
    """A server that may forget a revocation when it restarts or is full.  One that says that it
    does is refused, and so cannot be used."""
    remarks = [remark for held in facts.databases for remark in held.remarks]
    if remarks:
        return Finding(
            WARNING, f"{'; '.join(remarks)}.", "Ask whoever runs it, or allow CONFIG GET."
        )
    servers = _servers(facts, "redis", "rediss")
    if not servers:
        return Finding(OK, "No Redis is in use, whose settings could lose sessions.")
    if not all(_was_reached(held) for held in servers):
        return Finding(OK, "Redis was not reached, so its settings were not checked.")
    return Finding(OK, "Redis keeps its append-only file, and evicts nothing when it is full.")


def clock(facts: Facts) -> Finding:
    """A clock that makes sessions live too long, or end too early."""
    if not facts.logins:
        return Finding(
            OK, f"The clock says {when(facts.now)} UTC; there is no session to compare it with."
        )
    newest = max(session.seen_at for session in facts.logins)
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
            f"No session was used for {long(facts.now - newest)}, unless the clock is ahead.",
            "Compare the clock with another one.",
        )
    return Finding(OK, f"The clock, {when(facts.now)} UTC, fits the newest session.")


def _servers(facts: Facts, *schemes: str) -> list[Held]:
    return [held for held in facts.databases if str(held.place).partition(":")[0] in schemes]


def _was_reached(held: Held) -> bool:
    return held.ours and held.error is None


def _files(facts: Facts) -> list[Held]:
    return [
        held
        for held in facts.databases
        if held.path is not None and held.exists and held.ours and held.error is None
    ]
