"""What an operator chooses: one table for the command line, the environment and the docs."""

from dataclasses import dataclass, field
from typing import Literal

from ..settings import DAY, MINUTE, Settings
from ..types import Mode
from . import values
from .mail.relay import Relay, parse_relay
from .option import option as _option
from .ui.site import accent, site_name

_LIBRARY = Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What an operator chooses.  Each field is one row of the table; times are whole seconds."""

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
    provider: bool = _option(
        True,
        "Whether other applications can log people in here and get tokens, by OAuth 2.1 and OpenID"
        " Connect.",
        values.switch,
        "on|off",
        "on",
    )
    grant_access_ttl: int = _option(
        5 * MINUTE,
        "How long an access token of another application lives.",
        values.duration,
        "TIME",
        "5m",
    )
    grant_idle_ttl: int = _option(
        30 * DAY,
        "How long another application keeps its access without using it.",
        values.duration,
        "TIME",
        "30d",
    )
    grant_absolute_ttl: int = _option(
        365 * DAY,
        "How long another application keeps its access at most, before people are asked again.",
        values.duration,
        "TIME",
        "365d",
    )
    applications: Literal["operator", "listed", "documents"] = _option(
        "operator",
        "Which applications may ask: those that the operator registered; also those that a document"
        " at one of --document-hosts describes; or all that any document describes.",
        values.applications,
        "operator|listed|documents",
        "operator",
    )
    document_hosts: tuple[str, ...] = _option(
        (),
        "A host whose documents are believed with --applications listed, such as app.example."
        " Separate several by commas, or repeat the option.",
        values.several,
        "HOST",
        "none",
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
