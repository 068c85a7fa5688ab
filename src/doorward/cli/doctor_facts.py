"""The facts that `doorward doctor` checks: gathered once, without changing anything."""

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigurationError
from ..keys import Keyring, RootKeys, load_root_keys
from ..server.accounts.breached_file import Header, read_filter
from ..server.options import Options
from ..types import Clock, Session, SigningKey
from .certificate import Certificate, look_at
from .database_probe import Held, look
from .open import check_folders, check_options, root_key_path
from .reaching import Reached, reach
from .variables import unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class RootKey:
    """`path` is None when the key itself is in the environment.  `error` is why a server would
    refuse it; `folder_mode` are the permission bits of the folder it lies in."""

    path: Path | None = None
    exists: bool = True
    error: str | None = None
    folder_mode: int = 0o700
    keys: RootKeys | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the checks know.  `databases` are that of users and that of sessions, or the one
    of both; `keys` and `logins` are what the latter holds, of logins those used last.  `refusal` is
    why a server would not start with these options; `sealed` why the root key does not open the
    signing keys; `slips` name variables that are set but unknown; `reached` is what answers at the
    public origin, where a proxy stands in front; `certificate` is what `--tls-cert` names;
    `breached` the filter that `--breached-file` names, or why it cannot be used."""

    options: Options
    now: int
    root_key: RootKey
    databases: Sequence[Held]
    keys: Sequence[SigningKey] = ()
    logins: Sequence[Session] = ()
    refusal: str | None = None
    sealed: str | None = None
    slips: Sequence[str] = ()
    reached: Reached | None = None
    certificate: Certificate | None = None
    breached: Header | str | None = None


async def gather(options: Options, environ: Mapping[str, str], clock: Clock) -> Facts:
    """Look at the options, the files and the rows."""
    root_key, (databases, keys, logins) = _root_key(options, environ), await look(options)
    refusal = _refusal(options)
    return Facts(
        options=options,
        now=clock(),
        root_key=root_key,
        databases=databases,
        keys=keys,
        logins=logins,
        refusal=refusal,
        sealed=_sealed(root_key.keys, keys),
        slips=unknown(environ),
        reached=None if refusal else reach(options),
        certificate=look_at(options),
        breached=_breached(options.breached_file),
    )


def _refusal(options: Options) -> str | None:
    try:
        check_options(options)
        check_folders(options)
    except ConfigurationError as error:
        return str(error)
    return None


def _breached(path: str | None) -> Header | str | None:
    """All of the file is read: damage shows in its bits alone."""
    try:
        return None if path is None else read_filter(Path(path))[0]
    except ConfigurationError as error:
        return str(error)


def _root_key(options: Options, environ: Mapping[str, str]) -> RootKey:
    try:
        path = root_key_path(options, environ)
    except ConfigurationError as error:
        return RootKey(error=str(error))
    if path is not None and not path.exists():
        return RootKey(path=path, exists=False)
    folder_mode = 0o700 if path is None else stat.S_IMODE(path.parent.stat().st_mode)
    try:
        # as if sealed keys existed, so that no missing root key is made
        keys = load_root_keys(path, environ, sealed_exist=True)
    except ConfigurationError as error:
        return RootKey(path=path, error=str(error), folder_mode=folder_mode)
    return RootKey(path=path, keys=keys, folder_mode=folder_mode)


def _sealed(root: RootKeys | None, keys: Sequence[SigningKey]) -> str | None:
    if root is None or not keys:
        return None
    try:
        Keyring(keys, root, retain=0)
    except ConfigurationError as error:
        return str(error)
    return None
