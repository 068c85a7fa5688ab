"""Who caused an unsafe request on a cookie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.errors import Reason, Rejected
from doorward.web.origin import Origins, cause_of, check_csrf, csrf_token
from doorward.web.transport import Headers

OWN = "https://app.example"
UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "WEBSOCKET", "get", "PURGE", ""]
KEY, OLD, OTHER = b"k" * 32, b"o" * 32, b"x" * 32


def said(**headers: str) -> Headers:
    pairs = [(b"host", b"app.example")]
    return pairs + [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]


def vouched(method: str, headers: Headers, public_origin: str | None) -> bool:
    return Origins(public_origin).vouched(method, cause_of(headers))


def foreign(headers: Headers, public_origin: str | None = OWN, method: str = "POST") -> None:
    with pytest.raises(Rejected) as caught:
        vouched(method, headers, public_origin)
    assert caught.value.reason is Reason.CROSS_ORIGIN


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_safe_methods_may_come_from_anywhere(method: str) -> None:
    headers = said(sec_fetch_site="cross-site", origin="https://evil.example")
    assert vouched(method, headers, OWN)


@pytest.mark.parametrize("method", UNSAFE)
def test_every_other_method_is_unsafe_and_so_is_a_websocket_handshake(method: str) -> None:
    foreign(said(sec_fetch_site="cross-site"), method=method)
    foreign(said(origin="https://evil.example"), method=method)
    assert not vouched(method, said(), OWN)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_fetch_metadata_of_our_own_pages_or_of_the_user_passes(site: str) -> None:
    assert vouched("POST", said(sec_fetch_site=site), OWN)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_page_without_referrer_sends_origin_null_to_itself_and_passes(site: str) -> None:
    assert vouched("POST", said(sec_fetch_site=site, origin="null"), OWN)


@pytest.mark.parametrize(
    "site",
    ["cross-site", "same-site", "", "Same-Origin", "same-origin ", "none, none", "x", "\xe4"],
)
def test_any_other_fetch_metadata_is_refused_even_beside_our_own_origin(site: str) -> None:
    foreign(said(sec_fetch_site=site, origin=OWN))


def test_without_fetch_metadata_our_own_origin_passes() -> None:
    assert vouched("POST", said(origin=OWN), OWN)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://app.example",
        "https://app.example/",
        "https://app.example:443",
        "https://app.example:8443",
        "https://APP.example",
        "https://app.example.evil.example",
        "https://evil-app.example",
        "https://sub.app.example",
        "https://app.example https://evil.example",
        "app.example",
        "https://app.ex\xe4mple",
    ],
)
def test_any_other_origin_is_refused(origin: str) -> None:
    foreign(said(origin=origin))


def test_without_a_public_origin_the_host_header_is_the_measure() -> None:
    for scheme in ("http", "https"):
        assert vouched("POST", said(origin=f"{scheme}://app.example"), None)
    port = [(b"host", b"LOCALHOST:8000"), (b"origin", b"http://localhost:8000")]
    assert vouched("POST", port, None)


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "", "app.example", "://app.example", "http://", "http://app.example:3000"),
        *("https://evil.example", "chrome-extension://app.example", "https://app.example/"),
    ],
)
def test_without_a_public_origin_any_other_origin_is_refused(origin: str) -> None:
    foreign(said(origin=origin), None)


@pytest.mark.parametrize("host", [[], [(b"host", b"")]])
def test_without_a_host_no_origin_passes(host: list[tuple[bytes, bytes]]) -> None:
    for origin in (b"http://", b"https://app.example", b"null", b""):
        foreign([*host, (b"origin", origin)], None)


@pytest.mark.parametrize("name", [b"sec-fetch-site", b"origin", b"host"])
def test_a_header_said_twice_is_refused_though_both_agree(name: bytes) -> None:
    value = {b"sec-fetch-site": b"same-origin", b"origin": OWN.encode(), b"host": b"app.example"}
    pairs = [(b"sec-fetch-site", b"same-origin"), (name, value[name]), (name, value[name])]
    foreign(pairs)


def test_a_browser_that_says_nothing_leaves_it_to_the_csrf_token() -> None:
    assert not vouched("POST", said(), OWN)
    assert not vouched("POST", [], None)


def refused_token(headers: Headers, submitted: str | None = None, sid: str = "sid-1") -> None:
    with pytest.raises(Rejected) as caught:
        check_csrf((KEY,), sid, headers, submitted)
    assert caught.value.reason is Reason.CROSS_ORIGIN


def test_a_csrf_token_passes_in_the_header_or_in_the_form() -> None:
    token = csrf_token((KEY,), "sid-1")
    check_csrf((KEY,), "sid-1", said(x_csrf_token=token), None)
    check_csrf((KEY,), "sid-1", said(), token)


def test_a_csrf_token_of_another_session_or_key_or_none_is_refused() -> None:
    for token in (csrf_token((KEY,), "sid-2"), csrf_token((OTHER,), "sid-1"), "", "\xe4", "\ud800"):
        refused_token(said(), token)
    refused_token(said(x_csrf_token=csrf_token((KEY,), "sid-2")))
    refused_token([(b"x-csrf-token", b"\xff")])
    refused_token(said())


def test_a_bad_header_is_not_saved_by_a_good_form_field_nor_by_a_second_header() -> None:
    token = csrf_token((KEY,), "sid-1")
    refused_token(said(x_csrf_token="bad"), token)
    refused_token([(b"x-csrf-token", token.encode())] * 2)


def test_a_csrf_token_outlives_a_change_of_the_root_key_while_both_live() -> None:
    token = csrf_token((OLD,), "sid-1")
    check_csrf((KEY, OLD), "sid-1", [], token)
    assert csrf_token((KEY, OLD), "sid-1") == csrf_token((KEY,), "sid-1") != token
    refused_token([], token)


def test_a_csrf_token_is_43_characters_safe_in_html_and_headers() -> None:
    token = csrf_token((KEY,), "sid-1")
    assert len(token) == 43
    assert set(token.replace("-", "").replace("_", "")).issubset(map(chr, range(48, 123)))


witnesses = st.sampled_from([b"sec-fetch-site", b"origin", b"host", b"x-csrf-token", b"x"])
words = st.sampled_from([b"same-origin", b"null", b"http://a", b"a", b"://", b""])
pairs = st.tuples(witnesses, st.one_of(words, st.binary(max_size=30)))


@given(st.sampled_from(UNSAFE), st.lists(pairs, max_size=5), st.sampled_from([OWN, None]))
def test_no_headers_raise_anything_but_cross_origin(
    method: str, headers: list[tuple[bytes, bytes]], public_origin: str | None
) -> None:
    answer: bool | Reason
    try:
        answer = vouched(method, iter(headers), public_origin)
    except Rejected as error:
        answer = error.reason
    names = {name for name, _ in headers}
    spoken = b"sec-fetch-site" in names or b"origin" in names
    assert answer is Reason.CROSS_ORIGIN or answer is spoken


@given(st.lists(pairs, max_size=5), st.none() | st.text(st.characters(), max_size=50))
def test_no_guess_passes_for_a_csrf_token(
    headers: list[tuple[bytes, bytes]], submitted: str | None
) -> None:
    refused_token(headers, submitted)
