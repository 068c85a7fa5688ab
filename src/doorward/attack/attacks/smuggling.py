"""Requests whose length two servers read differently."""

from ..attack import Attack
from ..attacker import Attacker
from ..target import Target
from ..verdict import Verdict, held, succeeded

CHUNKED = "Transfer-Encoding: chunked"
SHAPES = {
    "both framings": ("Content-Length: 5", CHUNKED),
    "both framings, reversed": (CHUNKED, "Content-Length: 5"),
    "two lengths": ("Content-Length: 5", "Content-Length: 0"),
    "two lengths in one": ("Content-Length: 5, 0",),
    "a signed length": ("Content-Length: +5",),
    "a length in two words": ("Content-Length: 5 0",),
    "an unknown coding": ("Content-Length: 5", "Transfer-Encoding: xchunked"),
    "the coding identity": ("Transfer-Encoding: identity", "Content-Length: 5"),
    "white space before the colon": ("Content-Length : 5", "Transfer-Encoding : chunked"),
    "a folded header": ("Content-Length: 5", "Transfer-Encoding:\r\n chunked"),
    "a vertical tab": ("Content-Length: 5", "Transfer-Encoding:\x0bchunked"),
    "an upgrade with a body": ("Connection: Upgrade", "Upgrade: h2c", "Content-Length: 5"),
    "two hosts": ("Host: evil.example", "Content-Length: 5"),
}
BODY = b"0\r\n\r\n"


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    login = target.log_in()
    host = target.client.address.netloc
    carried = "".join(f"{name}: {value}\r\n" for name, value in login.headers())
    hidden = f"GET /api/me HTTP/1.1\r\nHost: {host}\r\n{carried}Connection: close\r\n\r\n".encode()
    start = f"POST /api/login HTTP/1.1\r\nHost: {host}\r\n"
    plain = f"{start}Content-Length: 5\r\n\r\n".encode() + BODY + hidden
    if _answers(target, plain) != 2:
        raise AssertionError("two plain requests on one connection did not get two answers")
    for name, lines in SHAPES.items():
        request = (start + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode()
        if _answers(target, request + BODY + hidden) > 1:
            return succeeded(
                f"A request with {name} was accepted, and so was the one hidden in it."
            )
    bare = plain.replace(b"\r\n", b"\n", 3)
    if _answers(target, bare) > 1:
        return succeeded(
            "A head with bare line feeds was accepted, and so was the request behind it."
        )
    return held(f"{len(SHAPES) + 1} ambiguous requests ended their connections.")


def _answers(target: Target, request: bytes) -> int:
    """How many requests the server saw in it."""
    try:
        return target.client.raw(request, hang_up=False).count(b"HTTP/1.1 ")
    except ConnectionError:
        return 0  # the server closed the connection with bytes unread


ATTACK = Attack(
    id="smuggling",
    title="Request smuggling",
    story="An attacker sends a request whose length can be read in two ways. The proxy in front"
    " sees one request, and the server behind it two. The hidden request reaches the server"
    " as part of the next person's, or without the proxy's checks.",
    references=("RFC 9112 section 11.2", "CWE-444", "ASVS V4.2.1"),
    defences=("ambiguous heads are refused",),
    run=_run,
    ours=True,
)
