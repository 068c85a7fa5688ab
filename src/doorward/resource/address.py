"""The addresses of an API and of the server that gives tokens for it."""

from urllib.parse import urlsplit

from ..errors import ConfigurationError

METADATA = "/.well-known/oauth-protected-resource"

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def check_address(url: str, what: str) -> None:
    """Raises `ConfigurationError` unless `url` is https, or http on this machine: whoever listens
    in between would read secrets and tokens."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        plain = parts.scheme == "http" and (host in _LOOPBACK or host.endswith(".localhost"))
    except ValueError:
        raise ConfigurationError(f"{what} {url!a:.80} is no address") from None
    odd = parts.query or parts.fragment or parts.username is not None or url.endswith(("?", "#"))
    if odd or not host or not (plain or parts.scheme == "https") or not _is_plain(url):
        raise ConfigurationError(
            f"{what} {url!a:.80} has to be an https address without query and fragment, or http on"
            " this machine"
        )


def metadata_path(resource: str) -> str:
    """Where the metadata of an API is: between its host and its path (RFC 9728 section 3.1)."""
    path = urlsplit(resource).path
    return METADATA + ("" if path == "/" else path)


def metadata_url(resource: str) -> str:
    """The same as an address."""
    parts = urlsplit(resource)
    return f"{parts.scheme}://{parts.netloc}{metadata_path(resource)}"


def origin_of(resource: str) -> str:
    """Scheme, host and port as a proof names them: in small letters, without a port that the scheme
    means anyway."""
    parts = urlsplit(resource)
    usual = {"https": ":443", "http": ":80"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and not set(' "\\<>') & set(url)
