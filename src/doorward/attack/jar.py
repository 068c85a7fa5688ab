"""The cookies of one browser."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Jar:
    """Keeps by name what browsers keep from a loopback host: a `__Host-` cookie only with
    `Secure`, `Path=/` and without `Domain` (RFC 6265bis section 4.1.3.2)."""

    cookies: dict[str, str] = field(default_factory=dict)

    def keep(self, headers: list[str]) -> None:
        """Take over these `Set-Cookie` headers."""
        for header in headers:
            name, value, said = parse_set_cookie(header)
            if name.startswith("__Host-") and not _is_host_cookie(said):
                continue
            if not value or said.get("max-age") == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def header(self) -> list[tuple[str, str]]:
        """The `Cookie` header, if there is one to send."""
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return [("Cookie", pairs)] if pairs else []


def parse_set_cookie(header: str) -> tuple[str, str, dict[str, str]]:
    """The name, the value and the attributes, whose names are in lower case."""
    pair, *rest = (part.strip() for part in header.split(";"))
    name, _, value = pair.partition("=")
    return name, value, {part.partition("=")[0].lower(): part.partition("=")[2] for part in rest}


def _is_host_cookie(said: dict[str, str]) -> bool:
    return "secure" in said and said.get("path") == "/" and "domain" not in said
