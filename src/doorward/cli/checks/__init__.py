"""What can be wrong with a setup: small pure functions over the facts, in one table."""

from collections.abc import Callable

from ..facts import Facts
from . import database, root_key, serving, signing
from .finding import UNSAFE as UNSAFE
from .finding import Finding as Finding

CHECKS: dict[str, Callable[[Facts], Finding]] = {
    "options": serving.options,
    "transport": serving.transport,
    "public-origin": serving.origin,
    "proxies": serving.proxies,
    "client-addresses": serving.addresses,
    "lifetimes": serving.lifetimes,
    "passwords": serving.passwords,
    "sign-up": serving.signup,
    "root-key": root_key.present,
    "root-key-place": root_key.place,
    "root-key-folder": root_key.folder,
    "sealed-keys": root_key.opens,
    "database": database.usable,
    "journal": database.journal,
    "file-system": database.filesystem,
    "readers": database.readers,
    "disk-space": database.space,
    "clock": database.clock,
    "signing-key": signing.signer,
    "next-key": signing.successor,
}
"""Every check, in the order in which it is shown; the names are stable."""
