"""The options of the server: one table for the command line, the environment and the docs."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from ..errors import ConfigurationError
from ..settings import DAY, Settings
from ..types import Mode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Option:
    """One option: `--name` on the command line, `variable` in the environment.

    `shown` is its default for people to read; `parse` raises `ValueError` for a bad value.
    """

    name: str
    variable: str
    metavar: str
    help: str
    default: Any
    shown: str
    parse: Callable[[str], Any]


def _option(default: T, help: str, parse: Callable[[str], T], metavar: str, shown: str = "") -> T:
    described = {"help": help, "parse": parse, "metavar": metavar, "shown": shown or str(default)}
    value: T = field(default=default, metadata=described)
    return value


def _seconds(text: str) -> int:
    """A whole number of seconds above 0."""
    return _at_least(1, text)


def _grace(text: str) -> int | None:
    return _at_least(0, text)


def _port(text: str) -> int:
    if (port := _at_least(0, text)) > 65535:
        raise ValueError("a port is at most 65535")
    return port


def _at_least(least: int, text: str) -> int:
    # int() alone would also take "1_000", " 5 " and Arabic digits
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise ValueError(f"a whole number, {least} or more")
    return int(text)


def _password(text: str) -> int:
    """ASVS 6.2.1: eight is the least anybody should accept."""
    return _at_least(8, text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split())


def _mode(text: str) -> Mode:
    match text:
        case "session" | "token":
            return text
        case _:
            raise ValueError("session or token")


def _signup(text: str) -> Literal["open", "closed"]:
    match text:
        case "open" | "closed":
            return text
        case _:
            raise ValueError("open or closed")


def _when_full(text: str) -> Literal["end-oldest", "refuse"]:
    match text:
        case "end-oldest" | "refuse":
            return text
        case _:
            raise ValueError("end-oldest or refuse")


def _some(text: str) -> str | None:
    if not text:
        raise ValueError("not empty")
    return text


_LIBRARY = Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an operator decides.  Each field is one row of the table; times are whole seconds."""

    host: str = _option("127.0.0.1", "The address to listen on.", str, "ADDRESS")
    port: int = _option(8000, "The port to listen on; 0 takes a free one.", _port, "PORT")
    public_origin: str | None = _option(
        None,
        "Where browsers find this server, such as https://login.example. Links and the check"
        " against requests from other sites use it; the Host header is never believed.",
        _some,
        "ORIGIN",
        "localhost and the port",
    )
    mode: Mode = _option(  # noqa: RUF009 - it makes a field
        "session",
        "What a login issues: session (looked up) or token (signed).",
        _mode,
        "session|token",
    )
    database: str = _option(
        "sqlite:///doorward.db",
        "Where users and sessions live: sqlite:///PATH (a fourth slash makes it absolute), or"
        " memory: for nothing that outlives the process.",
        str,
        "URL",
    )
    root_key_file: str | None = _option(
        None,
        "The file of the root key, made at first start. DOORWARD_ROOT_KEY, if set, is the key"
        " itself and wins.",
        _some,
        "FILE",
        "root.key in your data folder",
    )
    access_ttl: int = _option(
        _LIBRARY.access_ttl, "How long an access token lives.", _seconds, "SECONDS"
    )
    idle_ttl: int = _option(
        _LIBRARY.idle_ttl, "How long a session lives without use.", _seconds, "SECONDS"
    )
    absolute_ttl: int = _option(
        _LIBRARY.absolute_ttl, "How long a session lives at most.", _seconds, "SECONDS"
    )
    refresh_grace: int | None = _option(
        None,
        "How long the refresh token before the current one is not yet taken for theft;"
        " 0 is strictest.",
        _grace,
        "SECONDS",
        "as --access-ttl",
    )
    touch_every: int | None = _option(
        None,
        "How much time may pass between two notes that a session is in use.",
        _seconds,
        "SECONDS",
        "300, or a quarter of a shorter --idle-ttl",
    )
    max_sessions: int | None = _option(
        None,
        "How many places one person may be logged in at; 1 is single session.",
        _seconds,
        "COUNT",
        "any number",
    )
    when_full: Literal["end-oldest", "refuse"] = _option(
        "end-oldest",
        "What a login beyond --max-sessions does: end-oldest ends the one that began first, refuse"
        " lets nobody in.",
        _when_full,
        "end-oldest|refuse",
    )
    trusted_proxies: tuple[str, ...] = _option(
        (),
        "Addresses and networks of your own proxies, separated by commas. Only what they say in"
        " X-Forwarded-For and X-Forwarded-Proto is believed.",
        _words,
        "NETWORKS",
        "none",
    )
    signup: Literal["open", "closed"] = _option(
        "open", "Whether strangers may make an account: open or closed.", _signup, "open|closed"
    )
    signup_limit: int = _option(
        60, "How many accounts one source address may ask for in a minute.", _seconds, "COUNT"
    )
    min_password: int = _option(
        8,
        "The fewest characters of a new password; 15 is advised while it is the only factor.",
        _password,
        "COUNT",
    )
    audit_ttl: int = _option(
        365 * DAY, "How long the audit log keeps what happened.", _seconds, "SECONDS"
    )
    metrics_token_file: str | None = _option(
        None,
        "A file with the token that opens /metrics from elsewhere; from this machine itself, and"
        " through no proxy, it is open.",
        _some,
        "FILE",
        "none",
    )
    tls_cert: str | None = _option(
        None, "A certificate chain (PEM), to speak https without a proxy.", _some, "FILE", "none"
    )
    tls_key: str | None = _option(
        None, "The private key of --tls-cert (PEM).", _some, "FILE", "none"
    )

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigurationError("--tls-cert and --tls-key belong together; give both")
        if self.min_password > 128:
            raise ConfigurationError("--min-password above 128 leaves no password to choose")

    @property
    def origin(self) -> str:
        """The public origin: as given, or this machine's own name."""
        if self.public_origin is not None:
            return self.public_origin
        scheme, usual = ("http", 80) if self.tls_cert is None else ("https", 443)
        return f"{scheme}://localhost" + ("" if self.port == usual else f":{self.port}")

    @property
    def key_file(self) -> Path | None:
        """The root key file, if it was named."""
        return None if self.root_key_file is None else Path(self.root_key_file)


OPTIONS: dict[str, Option] = {
    each.name: Option(
        name=each.name.replace("_", "-"),
        variable=f"DOORWARD_{each.name.upper()}",
        default=each.default,
        **each.metadata,
    )
    for each in fields(Options)
}
"""Every option by its field's name, in the order of `--help`."""


def add_options(parser: argparse.ArgumentParser, environ: Mapping[str, str], *names: str) -> None:
    """Give a parser these options, or all.  What the environment says is their default, and is
    judged as if it stood on the command line."""
    for field_name in names or OPTIONS:
        option = OPTIONS[field_name]
        parser.add_argument(
            f"--{option.name}",
            metavar=option.metavar,
            type=_argument(option),
            default=environ.get(option.variable, option.default),
            help=f"{option.help} (default: {option.shown}; {option.variable})".replace("%", "%%"),
        )


def read_options(namespace: argparse.Namespace) -> Options:
    """The options of a parsed command line; those its parser does not know keep their defaults.

    Raises `ConfigurationError` for two that do not go together.
    """
    given = {name: getattr(namespace, name) for name in OPTIONS if hasattr(namespace, name)}
    return Options(**given)


def _argument(option: Option) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            return option.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} (or {option.variable}): {error}") from None

    return parse
