"""The options of the server: what an operator chose, checked, and what follows from it."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from ..origins import is_loopback
from ..settings import DAY
from .choices import Choices
from .option import Option
from .ui.site import Site, accent_sheet, read_logo


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Choices):
    """What an operator chose, and what follows.  Raises `ConfigurationError` for choices that do
    not go together."""

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
        if (self.applications == "listed") != bool(self.document_hosts):
            raise ConfigurationError(
                "--applications listed and --document-hosts belong together; give both"
            )
        self._check_mail()
        if self.grant_access_ttl > DAY:
            raise ConfigurationError(
                "--grant-access-ttl above a day is not short-lived (RFC 9700 2.2)"
            )

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
        return Site(self.site_name, logo, sheet, self.at, self.template_folder, self.provider)

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
