"""What a request presents, and how a credential is handed to a browser."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.errors import Reason, Rejected
from doorward.types import Issued, Mode, Session
from doorward.web import transport
from doorward.web.transport import (
    CLEAR_SITE_DATA,
    Headers,
    Presented,
    clear,
    held,
    read,
    write,
)

TOKEN = "dws_aB3-_9"
NO_STORE = (b"cache-control", b"no-store")
MODES = st.sampled_from(["session", "token"])


def cookies(*values: bytes) -> Headers:
    return [(b"host", b"app.example"), *((b"cookie", value) for value in values)]


def bearer(*values: bytes) -> Headers:
    return [(b"authorization", value) for value in values]


def refused(headers: Headers, mode: Mode = "session") -> Reason:
    with pytest.raises(Rejected) as caught:
        read(headers, (mode,))
    return caught.value.reason


def answer(headers: Headers, mode: Mode) -> Presented | Reason | None:
    try:
        return read(iter(headers), (mode,))
    except Rejected as error:
        return error.reason


def issued(mode: Mode, **fields: object) -> Issued:
    session = Session(
        sid="s",
        subject="u",
        mode=mode,
        secret_hash=b"",
        created_at=0,
        authenticated_at=0,
        seen_at=0,
        expires_at=1_000,
        ends_at=500,
        rotated_at=0,
    )
    defaults: dict[str, object] = {"credential": TOKEN, "credential_expires_at": 300}
    return Issued(session=session, mode=mode, **(defaults | fields))  # type: ignore[arg-type]


def test_no_credential_is_none() -> None:
    assert read([(b"host", b"app.example"), (b"accept", b"*/*")], ("session",)) is None
    assert read(cookies(b"theme=dark; lang=en"), ("session",)) is None


def test_a_session_cookie_is_read_alone_and_among_others() -> None:
    expected = Presented("cookie", TOKEN, mode="session")
    assert read(cookies(b"__Host-session=dws_aB3-_9"), ("session",)) == expected
    assert read(cookies(b"a=1; __Host-session=dws_aB3-_9; b=2"), ("session",)) == expected
    assert read(cookies(b"a=1;__Host-session=dws_aB3-_9;b=2"), ("session",)) == expected
    assert read(cookies(b"a=1", b"__Host-session=dws_aB3-_9", b"b=2"), ("session",)) == expected


def test_both_token_cookies_are_read_and_either_may_be_absent() -> None:
    both = cookies(b"__Host-refresh=dwr_r; __Host-access=h.p.s")
    assert read(both, ("token",)) == Presented("cookie", "h.p.s", "dwr_r", mode="token")
    assert read(cookies(b"__Host-access=h.p.s"), ("token",)) == Presented(
        "cookie", "h.p.s", mode="token"
    )
    assert read(cookies(b"__Host-refresh=dwr_r"), ("token",)) == Presented(
        "cookie", None, "dwr_r", mode="token"
    )


def test_cookies_of_the_other_mode_are_not_looked_at() -> None:
    assert read(cookies(b'__Host-session="x"; __Host-session=y'), ("token",)) is None
    assert read(cookies(b"__Host-access=; __Host-refresh=y"), ("session",)) is None


def test_the_unprefixed_twin_and_lookalikes_are_never_read() -> None:
    for other in (b"session", b"__Secure-session", b"__host-session", b"x__Host-session"):
        assert read(cookies(other + b"=evil"), ("session",)) is None
        both = cookies(other + b"=evil; __Host-session=" + TOKEN.encode())
        assert read(both, ("session",)) == Presented("cookie", TOKEN, mode="session")
    assert read(cookies(b"__Host-session-id=evil"), ("session",)) is None
    assert read(cookies(b"note=__Host-session"), ("session",)) is None


@pytest.mark.parametrize(
    "tossed",
    [
        [b"__Host-session=a; __Host-session=b"],
        [b"__Host-session=a; __Host-session=a"],
        [b"__Host-session=a; x=1; __Host-session=b"],
        [b"__Host-session=a", b"__Host-session=b"],
        [b"__Host-session=a", b"x=1", b"__Host-session"],
    ],
)
def test_two_cookies_of_one_name_are_refused_and_neither_wins(tossed: list[bytes]) -> None:
    assert refused(cookies(*tossed)) is Reason.MALFORMED


@pytest.mark.parametrize(
    "cookie",
    [
        b'__Host-session="a"',
        b'x=1; __Host-session="a',
        b"=__Host-session=a",
        b"x=1; =__Host-session=a",
        b"__Host-session=a; =__Host-session=b",
        b"__Host-session",
        b"__Host-session=",
        b"x=1; __Host-session=; y=2",
        b"__Host-session =a",
        b"\x0b__Host-session=a",
        b"__Host-session= a",
        b"__Host-session=a ",
        b"__Host-session=a ; b=1",
        b"__Host-session=a,b",
        b"__Host-session=\xc3\xa4",
        b"__Host-session=a\xff; x=1",
    ],
)
def test_what_two_parsers_could_read_in_two_ways_is_refused(cookie: bytes) -> None:
    assert refused(cookies(cookie)) is Reason.MALFORMED


@pytest.mark.parametrize(
    "cookie",
    [
        b"$Version=1; __Host-session=a",
        b'$version="1"; x="1; __Host-session=a; y=1"',
        b"__Host-session=a;\t$VERSION=1",
        b"price=$Version; $x=1; __Host-session=a",
    ],
)
def test_a_tossed_version_cookie_neither_quotes_nor_locks_out(cookie: bytes) -> None:
    assert read(cookies(cookie), ("session",)) == Presented("cookie", "a", mode="session")


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (cookies(b"__Host-session=a; __Host-session=b"), ("a", "b")),
        (cookies(b"=__Host-session=a; x=1"), ("a",)),
        (cookies(b'__Host-session =a ; __Host-refresh="b"'), ("a", "b")),
        (cookies(b"__Host-access=a", b"__Host-refresh=b; __Host-session=a"), ("a", "b")),
        ([(b"authorization", b"bearer  a b"), *cookies(b"__Host-session=c")], ("a b", "c")),
        ([(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")], ("a", "b")),
        (cookies(b"session=a; __Host-other=b; __Host-session="), ()),
        ([(b"authorization", b"Basic a")], ()),
        (
            cookies(b"; ".join(b"__Host-session=%d" % n for n in range(99))),
            tuple(map(str, range(99))),
        ),
    ],
)
def test_whatever_stands_under_our_names_can_be_ended(
    headers: list[tuple[bytes, bytes]], found: tuple[str, ...]
) -> None:
    assert held(headers) == found


def test_a_full_cookie_jar_is_read_and_an_overflowing_header_refused() -> None:
    jar = b"; ".join(b"c%d=%s" % (i, b"x" * 70) for i in range(200))
    own = b"__Host-session=" + TOKEN.encode()
    assert read(cookies(jar, own), ("session",)) == Presented("cookie", TOKEN, mode="session")
    assert read(cookies(jar), ("session",)) is None
    room = transport.MAX_HEADER_BYTES - len(own) - len(b"; x=")
    assert read(cookies(own, b"x=" + b"a" * room), ("session",)) == Presented(
        "cookie", TOKEN, mode="session"
    )
    assert refused(cookies(own, b"x=" + b"a" * (room + 1))) is Reason.MALFORMED
    assert refused(cookies(b"x" * 1_000_000, *[b"y" * 1_000] * 100)) is Reason.MALFORMED


def test_a_bearer_header_is_read_whatever_the_case_of_its_scheme() -> None:
    for scheme in (b"Bearer", b"bearer", b"BEARER", b"bEaReR"):
        assert read(bearer(scheme + b" h.p.s"), ("token",)) == Presented("bearer", "h.p.s")


def test_a_bearer_header_is_the_answer_whatever_the_cookies_hold() -> None:
    for cookie in (b"__Host-session=good", b'__Host-session="bad"', b"x" * 1_000_000):
        for order in (1, -1):
            headers = [(b"cookie", cookie), (b"cookie", cookie), (b"authorization", b"Bearer t")]
            assert read(headers[::order], ("session",)) == Presented("bearer", "t")


@pytest.mark.parametrize(
    "value",
    [
        b"Bearer",
        b"bearer ",
        b"Bearer  t",
        b"Bearer t ",
        b"Bearer t u",
        b"Bearer t,u",
        b"Bearer t, Bearer u",
        b'Bearer "t"',
        b"Bearer\tt",
        b" Bearer t",
        b" " * 100 + b"Bearer t",
        b"Bearer,t",
        b"Bearer=t",
        b"BearerToken t",
        b"Bearer \xe4",
        b"Bearer " + b"t" * transport.MAX_HEADER_BYTES,
        b"Bearer " + b"t" * 1_000_000,
    ],
)
def test_a_bad_bearer_header_is_refused_and_never_falls_through_to_a_cookie(value: bytes) -> None:
    good = (b"cookie", b"__Host-session=" + TOKEN.encode())
    assert refused([*bearer(value), good]) is Reason.MALFORMED
    assert refused([good, *bearer(value)]) is Reason.MALFORMED


def test_two_authorization_headers_are_refused() -> None:
    assert refused(bearer(b"Bearer a", b"Bearer a")) is Reason.MALFORMED
    assert refused(bearer(b"Basic a", b"Bearer b")) is Reason.MALFORMED
    assert refused(bearer(b"Basic a", b"Basic b")) is Reason.MALFORMED


def test_another_scheme_is_not_ours_and_cookies_are_looked_at() -> None:
    for value in (b"Basic dTpw", b"", b"DPoP t", b"Negotiate", b"x" * 1_000_000):
        assert read(bearer(value), ("session",)) is None
        headers = [*bearer(value), (b"cookie", b"__Host-session=a")]
        assert read(headers, ("session",)) == Presented("cookie", "a", mode="session")


def test_what_was_presented_does_not_print_its_secrets() -> None:
    shown = repr(Presented("cookie", "secret-1", "secret-2"))
    assert shown == "Presented(transport='cookie', mode=None)"


header_values = st.one_of(
    st.binary(max_size=80),
    st.lists(
        st.sampled_from(
            [
                *(b"__Host-session", b"__Host-access", b"__Host-refresh", b"$Version", b"session"),
                *(b"=", b"; ", b";", b",", b" ", b'"', b"$", b"\xff", b"a", b"Bearer", b"Basic"),
            ]
        ),
        max_size=14,
    ).map(b"".join),
)
header_names = st.sampled_from([b"cookie", b"authorization", b"x"])


@given(st.lists(st.tuples(header_names, header_values), max_size=4), MODES)
def test_any_headers_give_a_usable_credential_or_none_or_malformed(
    headers: list[tuple[bytes, bytes]], mode: Mode
) -> None:
    shown = answer(headers, mode)
    if isinstance(shown, Presented):
        texts = [text for text in (shown.credential, shown.refresh_token) if text is not None]
        assert texts
        assert all(text.isascii() and not set(text) & set(' ",') for text in texts)
        assert shown.transport == "cookie" or shown.refresh_token is None
    else:
        assert shown in (None, Reason.MALFORMED)


@given(st.text(st.characters(max_codepoint=255, exclude_characters=";"), max_size=20), MODES)
@example(" a", "session")
@example("a ", "session")
def test_a_cookie_means_the_same_alone_and_before_others(value: str, mode: Mode) -> None:
    own = b"__Host-session=" if mode == "session" else b"__Host-access="
    alone = answer(cookies(own + value.encode("latin-1")), mode)
    assert alone is not None
    assert alone == answer(cookies(own + value.encode("latin-1") + b";x=1"), mode)


def test_a_session_is_written_as_one_host_cookie_for_its_absolute_life() -> None:
    assert write(issued("session"), now=100) == [
        (
            b"set-cookie",
            b"__Host-session=dws_aB3-_9; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax",
        ),
        NO_STORE,
    ]


def test_tokens_are_written_each_for_its_own_life() -> None:
    assert write(issued("token", refresh_token="dwr_r"), now=100) == [
        (
            b"set-cookie",
            b"__Host-access=dws_aB3-_9; Max-Age=200; Path=/; HttpOnly; Secure; SameSite=Lax",
        ),
        (
            b"set-cookie",
            b"__Host-refresh=dwr_r; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax",
        ),
        NO_STORE,
    ]


def test_without_a_new_refresh_token_the_browser_keeps_its_own() -> None:
    headers = write(issued("token"), now=100)
    assert [name for name, _ in headers] == [b"set-cookie", b"cache-control"]
    assert b"__Host-refresh" not in headers[0][1]


def test_a_life_already_over_is_written_as_nought_not_as_a_negative() -> None:
    assert b"; Max-Age=0;" in write(issued("token"), now=10_000)[0][1]


@pytest.mark.parametrize("mode", ["session", "token"])
def test_no_cookie_asks_for_more_than_browsers_give(mode: Mode) -> None:
    years = replace(issued(mode).session, expires_at=10**9)
    for _, value in write(replace(issued(mode), session=years, credential_expires_at=10**9), 1):
        assert value == b"no-store" or b"; Max-Age=34560000;" in value


@pytest.mark.parametrize("name", [transport.SESSION, transport.ACCESS, transport.REFRESH])
@pytest.mark.parametrize("text", ["dws_s", "h.c.s", "dwr_r"])
def test_each_name_holds_its_own_kind(name: str, text: str) -> None:
    modes: tuple[Mode, ...] = ("session", "token")
    kinds = {transport.SESSION: "dws_s", transport.ACCESS: "h.c.s", transport.REFRESH: "dwr_r"}
    for beside in ("", "; x=1"):
        jar = cookies(f"{name}={text}{beside}".encode())
        if kinds[name] == text:
            assert read(jar, modes) is not None
        else:
            with pytest.raises(Rejected) as refused:
                read(jar, modes)
            assert refused.value.reason is Reason.MALFORMED


def test_what_was_written_is_read_again() -> None:
    token = issued("token", credential="h.c.s", refresh_token="dwr_r")
    for made in (issued("session"), token):
        mode = made.mode
        jar = b"; ".join(v.partition(b";")[0] for n, v in write(made, 0) if n == b"set-cookie")
        assert read(cookies(jar), (mode,)) == Presented(
            "cookie", made.credential, made.refresh_token, mode
        )


def test_a_cookie_is_written_up_to_4096_bytes_and_never_cut() -> None:
    room = transport.MAX_COOKIE_BYTES - len(transport.SESSION)
    assert write(issued("session", credential="a" * room), 0)
    for credential in ("a" * (room + 1), ""):
        with pytest.raises(ValueError, match="no cookie can hold"):
            write(issued("session", credential=credential), 0)
    with pytest.raises(ValueError, match="no cookie can hold"):
        write(issued("token", refresh_token="a" * 5_000), 0)


@pytest.mark.parametrize("sly", ["a; Domain=evil.example", "a\r\nx: y", "a b", "\xe4", '"a"'])
def test_a_credential_that_would_split_the_header_is_not_written(sly: str) -> None:
    with pytest.raises(ValueError, match="no cookie can hold") as caught:
        write(issued("session", credential=sly), 0)
    assert sly not in str(caught.value)


def test_clearing_deletes_every_cookie_with_the_attributes_it_was_set_with() -> None:
    tail = b"=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"
    names = (b"__Host-session", b"__Host-access", b"__Host-refresh")
    assert clear() == [*((b"set-cookie", name + tail) for name in names), CLEAR_SITE_DATA, NO_STORE]
