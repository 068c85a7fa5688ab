"""The options of the server: one table for the command line, the environment and the docs."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from ..origins import is_loopback
from ..settings import DAY, Settings
from ..types import Mode
from . import values
from .mail.relay import Relay, parse_relay
from .option import Option
from .option import option as _option
from .ui.site import Site, accent, accent_sheet, read_logo, site_name

_LIBRARY = Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an operator decides.  Each field is one row of the table; times are whole seconds."""

    host: str = _option("127.0.0.1", "The address to listen on.", values.host, "ADDRESS")
    port: int = _option(8000, "The port to listen on; 0 takes a free one.", values.port, "PORT")
    public_origin: str | None = _option(
        None,
        "Where browsers find this server, such as https://login.example. Links and the check"
        " against requests from other sites use it; the Host header is not used for that.",
        values.text,
        "ORIGIN",
        "localhost and the port",
    )
    at: str = _option(
        "",
        "The path below which all pages and the API lie, such as /auth: in an application in which"
        " they are mounted, or behind a proxy that sends only this path here.",
        values.mount_path,
        "PATH",
        "the whole host",
    )
    trusted_origin: tuple[str, ...] = _option(
        (),
        "Another origin whose pages are treated as the server's own, such as https://app.example"
        " or capacitor://localhost. Separate several by commas, or repeat the option. CORS answers"
        " are made from the same list.",
        values.several,
        "ORIGIN",
        "none",
    )
    mode: Mode = _option(  # noqa: RUF009 - it makes a field
        "session",
        "What a login issues: session (looked up) or token (signed).",
        values.mode,
        "session|token",
    )
    accept: tuple[Mode, ...] = _option(
        (),
        "The modes whose credentials are accepted, such as session,token while the server changes"
        " from one to the other.",
        values.modes,
        "MODES",
        "the one of --mode",
    )
    database: str = _option(
        "sqlite:///doorward.db",
        "Where users, the audit log and sessions live: sqlite:///PATH (a fourth slash makes it"
        " absolute), postgresql://USER@HOST/NAME, or memory: for nothing that outlives the"
        " process.",
        values.text,
        "URL",
    )
    sessions: str | None = _option(
        None,
        "Where sessions, signing keys and counters live instead: a URL like that of --database.",
        values.text,
        "URL",
        "as --database",
    )
    root_key_file: str | None = _option(
        None,
        "The file of the root key, made at first start. DOORWARD_ROOT_KEY, if set, is the key"
        " itself and wins.",
        values.text,
        "FILE",
        "root.key in your data folder",
    )
    access_ttl: int = _option(
        _LIBRARY.access_ttl, "How long an access token lives.", values.duration, "TIME", "5m"
    )
    idle_ttl: int = _option(
        _LIBRARY.idle_ttl, "How long a session lives without use.", values.duration, "TIME", "14d"
    )
    absolute_ttl: int = _option(
        _LIBRARY.absolute_ttl, "How long a session lives at most.", values.duration, "TIME", "30d"
    )
    refresh_grace: int | None = _option(
        None,
        "How long the refresh token before the current one is not yet taken for theft;"
        " 0 is strictest.",
        values.duration_from_zero,
        "TIME",
        "as --access-ttl",
    )
    touch_every: int | None = _option(
        None,
        "The shortest time between two notes that a session is in use.",
        values.duration,
        "TIME",
        "5m, or a quarter of a shorter --idle-ttl",
    )
    max_staleness: int = _option(
        _LIBRARY.max_staleness,
        "How old a process's view of a database across a network may be before a request asks the"
        " database; 0 asks at every request. SQLite is always asked.",
        values.duration_from_zero,
        "TIME",
        "1s",
    )
    max_sessions: int | None = _option(
        None,
        "How many live sessions one person may have; 1 is single session.",
        values.count,
        "COUNT",
        "any number",
    )
    when_full: Literal["end-oldest", "refuse"] = _option(
        "end-oldest",
        "What a login beyond --max-sessions does: end-oldest ends the one that began first, refuse"
        " lets nobody in.",
        values.when_full,
        "end-oldest|refuse",
    )
    cookie_suffix: str | None = _option(
        None,
        "The end of the cookies' names, after a dash. Browsers do not separate cookies by port, so"
        " of two servers on one host name one needs it.",
        values.text,
        "WORD",
        "nothing",
    )
    trusted_proxies: tuple[str, ...] = _option(
        (),
        "Addresses and networks of your own proxies, separated by commas. Only their"
        " X-Forwarded-For and X-Forwarded-Proto are read.",
        values.words,
        "NETWORKS",
        "none",
    )
    forwarded: bool = _option(
        False,
        "Read Forwarded (RFC 7239) from your own proxies instead of X-Forwarded-For and"
        " X-Forwarded-Proto. Never both, because a client can write the one that the proxy does"
        " not.",
        values.switch,
        "on|off",
        "off",
    )
    hsts_subdomains: bool = _option(
        False,
        "Whether HSTS, by which browsers use https alone for an https origin for a year, also"
        " covers its subdomains (includeSubDomains). Browsers then refuse each subdomain that"
        " speaks plain http.",
        values.switch,
        "on|off",
        "off",
    )
    pass_preflights: bool = _option(
        False,
        "Forward-auth lets CORS preflights pass without a subject. Only for applications that do"
        " nothing for OPTIONS except answer preflights.",
        values.switch,
        "on|off",
        "off",
    )
    workers: int = _option(
        1,
        "How many processes serve; each uses one core. The first process keeps them alive.",
        values.workers,
        "COUNT",
    )
    signup: Literal["open", "closed"] = _option(
        "open",
        "Whether strangers may make an account: open or closed.",
        values.signup,
        "open|closed",
    )
    signup_limit: int = _option(
        60,
        "How many accounts one source address may ask for in a minute.",
        values.count,
        "COUNT",
    )
    verify: Literal["first", "later", "off"] | None = _option(
        None,
        "When people prove by a link in a mail that their address is theirs: first, before there is"
        " an account; later, with a reminder until then; or off. Without --smtp-url, first and"
        " later work on a localhost origin alone.",
        values.verify,
        "first|later|off",
        "first with --smtp-url, else off",
    )
    login_by_mail: bool = _option(
        False,
        "Let people log in by a link or a code in a mail, instead of a password. Whoever reads"
        " their mail can then log in as them.",
        values.switch,
        "on|off",
        "off",
    )
    min_password: int = _option(
        8,
        "The fewest characters of a new password; 15 is advised while it is the only factor.",
        values.password_length,
        "COUNT",
    )
    require_factor: tuple[str, ...] = _option(
        (),
        "Who must have a second factor: all, or a role, such as admin. Separate several by commas,"
        " or repeat the option. Who has none sets one up at the next login.",
        values.factor_roles,
        "all|ROLE",
        "nobody",
    )
    breached_file: str | None = _option(
        None,
        "A filter of stolen passwords, which nobody may choose; `doorward passwords import` makes"
        " it. It is read when the server starts.",
        values.text,
        "FILE",
        "none",
    )
    audit_ttl: int = _option(
        365 * DAY, "How long the audit log keeps an entry.", values.duration, "TIME", "365d"
    )
    metrics_token_file: str | None = _option(
        None,
        "A file with the token that opens /metrics from elsewhere; from this machine itself, and"
        " through no proxy, it is open.",
        values.text,
        "FILE",
        "none",
    )
    smtp_url: Relay | None = _option(  # noqa: RUF009 - it makes a field
        None,
        "The server that sends our mail: smtp://USER@HOST:587, where STARTTLS is required unless it"
        " is this machine, or smtps://USER@HOST:465.",
        parse_relay,
        "URL",
        "none; mail is not sent",
    )
    smtp_password_file: str | None = _option(
        None, "A file with the password of the user in --smtp-url.", values.text, "FILE", "none"
    )
    mail_from: str | None = _option(
        None, "The address that our mail comes from.", values.address, "ADDRESS", "none"
    )
    site_name: str = _option(
        "Doorward", "What pages and letters call this site.", site_name, "NAME"
    )
    logo_file: str | None = _option(
        None,
        "The picture beside the name: SVG, PNG or WebP, of up to 256 KiB.",
        values.text,
        "FILE",
        "Doorward's",
    )
    accent: str | None = _option(
        None,
        "The colour of links and buttons, such as #0b5e4d, or two, separated by a comma, for light"
        " and dark pages. It must have enough contrast to be read.",
        accent,
        "COLOUR",
        "Doorward's",
    )
    templates: str | None = _option(
        None,
        "A folder with templates of pages and texts of letters of your own, which replace ours.",
        values.text,
        "FOLDER",
        "Doorward's",
    )
    tls_cert: str | None = _option(
        None,
        "A certificate chain (PEM), to speak https without a proxy.",
        values.text,
        "FILE",
        "none",
    )
    tls_key: str | None = _option(
        None, "The private key of --tls-cert (PEM, not encrypted).", values.text, "FILE", "none"
    )
    from_environment: frozenset[str] = field(default=frozenset(), compare=False)
    """The options that the environment gave, and the command line did not."""

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigurationError("--tls-cert and --tls-key belong together; give both")
        if self.workers > 1 and "memory:" in (self.database, self.sessions_url):
            raise ConfigurationError(
                "--workers needs a database that processes can share; with memory: each of them"
                " would have logins of its own"
            )
        if self.min_password > 128:
            raise ConfigurationError("--min-password above 128 leaves no password to choose")
        self._check_mail()

    def _check_mail(self) -> None:
        if (self.smtp_url is None) != (self.mail_from is None):
            raise ConfigurationError("--smtp-url and --mail-from belong together; give both")
        user = None if self.smtp_url is None else self.smtp_url.user
        if (user is None) != (self.smtp_password_file is None):
            raise ConfigurationError(
                "a user in --smtp-url and --smtp-password-file belong together; give both"
            )
        if self.verification != "off" and self.mail == "none":
            raise ConfigurationError(
                f"--verify {self.verification} needs mail: set --smtp-url and --mail-from. Without"
                " them it works on a localhost origin alone, where the links are printed"
            )

        if self.login_by_mail and self.mail == "none":
            raise ConfigurationError(
                "--login-by-mail needs mail: set --smtp-url and --mail-from. Without them it works"
                " on a localhost origin alone, where the links are printed"
            )

    @property
    def verification(self) -> Literal["first", "later", "off"]:
        """When people prove their address: as given; else `first` where mail is sent."""
        if self.verify is not None:
            return self.verify
        return "off" if self.smtp_url is None else "first"

    @property
    def origin(self) -> str:
        """The public origin: as given, or this machine's own name."""
        if self.public_origin is not None:
            return self.public_origin
        scheme, usual = ("http", 80) if self.tls_cert is None else ("https", 443)
        return f"{scheme}://localhost" + ("" if self.port == usual else f":{self.port}")

    @property
    def template_folder(self) -> Path | None:
        """The folder of the operator's own templates, if there is one."""
        return None if self.templates is None else Path(self.templates)

    @property
    def base_url(self) -> str:
        """What stands before each address of ours in a letter."""
        return self.origin + self.at

    @property
    def mail(self) -> Literal["smtp", "outbox", "none"]:
        """What becomes of mail: it is sent; or, while somebody tries the server on their own
        machine, it can be read in the console; or there is none."""
        if self.smtp_url is not None:
            return "smtp"
        try:
            parts = urlsplit(self.origin)
            tried = parts.scheme == "http" and is_loopback(parts.hostname or "")
        except ValueError:  # no origin at all, with which nothing starts
            return "none"
        return "outbox" if tried else "none"

    def site(self) -> Site:
        """How the site is called and looks.  Raises `ConfigurationError` for a logo that cannot be
        used."""
        try:
            logo = None if self.logo_file is None else read_logo(Path(self.logo_file))
        except ValueError as error:
            raise ConfigurationError(f"--logo-file: {error}") from None
        sheet = "" if self.accent is None else accent_sheet(self.accent)
        return Site(self.site_name, logo, sheet, self.at, self.template_folder)

    @property
    def sessions_url(self) -> str:
        """Where the sessions live."""
        return self.sessions or self.database

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
    if each.metadata
}
"""Every option by its field's name, in the order of `--help`."""
