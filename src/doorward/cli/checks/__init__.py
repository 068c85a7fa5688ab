"""What can be wrong with a setup: small pure functions over the facts, in one table."""

from collections.abc import Callable

from ..doctor_facts import Facts
from . import database, passwords, root_key, serving, signing, tls
from .finding import NOTE, OK
from .finding import UNSAFE as UNSAFE
from .finding import Finding as Finding

Check = Callable[[Facts], Finding]


def _of_rows(check: Check) -> Check:
    """Nothing is in order in a database that could not be read, only because nothing was seen."""

    def looked(facts: Facts) -> Finding:
        found = check(facts)
        if found.severity == OK and any(held.error is not None for held in facts.databases):
            return Finding(NOTE, "This could not be checked: see the finding about the database.")
        return found

    return looked


CHECKS: dict[str, Check] = {
    "options": serving.options,
    "variables": serving.variables,
    "modes": _of_rows(serving.modes),
    "transport": serving.transport,
    "public-origin": serving.origin,
    "trusted-origins": serving.trusted_origins,
    "proxies": serving.proxies,
    "https": serving.https,
    "tls-certificate": tls.certificate,
    "tls-key": tls.key,
    "client-addresses": _of_rows(serving.addresses),
    "lifetimes": serving.lifetimes,
    "passwords": passwords.shortest,
    "breached": passwords.breached,
    "sign-up": serving.signup,
    "verification": serving.verification,
    "mail": serving.mail,
    "root-key": root_key.present,
    "root-key-place": root_key.place,
    "root-key-folder": root_key.folder,
    "sealed-keys": _of_rows(root_key.opens),
    "database": database.usable,
    "moved": _of_rows(database.moved),
    "database-way": database.way,
    "journal": database.journal,
    "file-system": database.filesystem,
    "readers": database.readers,
    "disk-space": database.space,
    "horizon": database.horizon,
    "connections": database.connections,
    "persistence": database.persistence,
    "clock": _of_rows(database.clock),
    "signing-key": _of_rows(signing.signer),
    "next-key": _of_rows(signing.successor),
}
"""Every check, in the order in which it is shown; the names are stable."""
