"""Two applications on one host share a browser's cookies: a suffix keeps theirs apart."""

import pytest

from doorward.errors import Rejected
from doorward.types import Mode
from doorward.web.transport import Headers, Presented, clear, held, read, write

from .test_transport import TOKEN, issued

pytestmark = pytest.mark.anyio


def cookies(value: bytes) -> Headers:
    return [(b"cookie", value)]


@pytest.mark.parametrize("mode", ["session", "token"])
def test_what_is_written_under_a_suffix_is_read_under_it_alone(mode: Mode) -> None:
    given = issued(mode, refresh_token="dwr_r" if mode == "token" else None)
    if mode == "token":
        given = issued(mode, credential="h.p.s", refresh_token="dwr_r")
    pairs = [v.partition(b";")[0] for n, v in write(given, 0, "blue") if n == b"set-cookie"]
    assert all(pair.partition(b"=")[0].endswith(b"-blue") for pair in pairs)
    found = read(cookies(b"; ".join(pairs)), (mode,), "blue")
    assert found is not None
    assert found.credential == given.credential
    assert found.refresh_token == given.refresh_token
    for other in ("", "red", "blu"):
        assert read(cookies(b"; ".join(pairs)), (mode,), other) is None
        assert held(cookies(b"; ".join(pairs)), other) == ()


def test_the_cookie_of_another_application_is_neither_read_nor_in_the_way() -> None:
    both = cookies(b"__Host-session=dws_hers; __Host-session-blue=" + TOKEN.encode())
    mine = Presented("cookie", TOKEN, mode="session")
    assert read(both, ("session",), "blue") == mine
    assert read(both, ("session",)) == Presented("cookie", "dws_hers", mode="session")
    assert held(both, "blue") == (TOKEN,)


def test_kinds_and_doubles_are_told_apart_under_a_suffix_too() -> None:
    for bad in (
        b"__Host-session-blue=dwr_r",
        b"__Host-session-blue=dws_a; __Host-session-blue=dws_b",
        b" =__Host-session-blue=dws_a",
    ):
        with pytest.raises(Rejected):
            read(cookies(bad), ("session",), "blue")


def test_logging_out_deletes_the_cookies_with_the_suffix_alone() -> None:
    deleted = {v.partition(b"=")[0] for n, v in clear("blue") if n == b"set-cookie"}
    assert deleted == {b"__Host-session-blue", b"__Host-access-blue", b"__Host-refresh-blue"}
