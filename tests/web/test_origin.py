"""Who caused an unsafe request on a cookie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward import Settings
from doorward.errors import Reason, Rejected
from doorward.web.origin import Origins, cause_of, check_csrf, csrf_token, may_share_site
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


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_without_a_public_origin_the_usual_port_may_stand_in_the_host(scheme: str) -> None:
    usual = {"http": 80, "https": 443}[scheme]
    for host in ("app.example", "[2001:db8::1]"):
        port = (b"host", f"{host}:{usual}".encode())
        assert vouched("POST", [port, (b"origin", f"{scheme}://{host}".encode())], None)
        foreign([port, (b"origin", f"{scheme}://{host}:8000".encode())], None)
    other = (b"host", b"app.example:443" if scheme == "http" else b"app.example:80")
    foreign([other, (b"origin", f"{scheme}://app.example".encode())], None)


SIBLING, ELSEWHERE = "https://spa.app.example", "capacitor://localhost"
TRUSTING = Origins(OWN, frozenset({SIBLING, ELSEWHERE}))


@pytest.mark.parametrize("origin", [SIBLING, ELSEWHERE])
@pytest.mark.parametrize("site", [None, "same-site", "cross-site"])
def test_a_trusted_origin_is_taken_for_our_own(origin: str, site: str | None) -> None:
    told = {} if site is None else {"sec_fetch_site": site}
    for method in UNSAFE:
        assert TRUSTING.vouched(method, cause_of(said(origin=origin, **told)))


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "", "*", OWN + ".evil.example", "https://evil.app.example", "http://localhost"),
        *("https://SPA.app.example", "https://spa.app.example:443", "https://spa.app.example/"),
        *("http://spa.app.example", "https://spa.app.example.", "https://x.spa.app.example"),
        *("capacitor://localhost:80", "Capacitor://localhost", f"{SIBLING} {ELSEWHERE}"),
        f"{SIBLING}, {ELSEWHERE}",
    ],
)
@pytest.mark.parametrize("site", [None, "same-site", "cross-site"])
def test_only_the_very_origins_of_the_list_are_trusted(origin: str, site: str | None) -> None:
    told = {} if site is None else {"sec_fetch_site": site}
    cause = cause_of(said(origin=origin, **told))
    assert not TRUSTING.trusts(cause)
    assert not TRUSTING.keeps_no_cookies(cause)
    with pytest.raises(Rejected) as caught:
        TRUSTING.vouched("POST", cause)
    assert f"known origins: {OWN}, {ELSEWHERE}, {SIBLING}." in str(caught.value)


@pytest.mark.parametrize("site", ["", "Same-Site", "same-site, same-site", "x"])
def test_what_no_browser_says_is_refused_also_beside_a_trusted_origin(site: str) -> None:
    with pytest.raises(Rejected):
        TRUSTING.vouched("POST", cause_of(said(origin=SIBLING, sec_fetch_site=site)))


def test_our_own_origin_is_judged_as_our_own_also_if_it_is_listed() -> None:
    settings = Settings(public_origin=OWN, trusted_origins=(OWN, SIBLING))
    assert Origins.of(settings) == Origins(OWN, frozenset({SIBLING}))


def test_a_refusal_names_the_origin_that_was_seen_and_those_that_are_known() -> None:
    with pytest.raises(Rejected) as caught:
        TRUSTING.vouched("POST", cause_of(said(origin="https://evil.example")))
    sentence = str(caught.value)
    assert "Origin is https://evil.example, Sec-Fetch-Site is missing" in sentence
    assert OWN in sentence
    assert SIBLING in sentence
    with pytest.raises(Rejected) as caught:
        Origins().vouched("POST", cause_of(said(sec_fetch_site="cross-site")))
    assert (
        "Origin is missing, Sec-Fetch-Site is cross-site; known origins: the host app.example"
        in str(caught.value)
    )


def test_what_a_refusal_names_breaks_no_line_and_has_an_end() -> None:
    told = said(origin="https://\xe4\x1b[31m" + "x" * 9000, sec_fetch_site="\x07" * 300)
    with pytest.raises(Rejected) as caught:
        Origins(OWN).vouched("POST", cause_of(told))
    assert str(caught.value).isprintable()
    assert str(caught.value).isascii()
    assert len(str(caught.value)) < 2500


@pytest.mark.parametrize(("site", "keeps"), [("same-site", True), ("cross-site", False)])
def test_the_browser_knows_whether_a_trusted_origin_is_on_our_site(site: str, keeps: bool) -> None:
    """It has the list of public suffixes: `a.github.io` and `b.github.io` are two sites."""
    for own, trusted in ((OWN, SIBLING), ("https://a.github.io", "https://b.github.io")):
        origins = Origins(own, frozenset({trusted}))
        cause = cause_of(said(origin=trusted, sec_fetch_site=site))
        assert origins.keeps_no_cookies(cause) is not keeps


def test_our_own_pages_and_those_of_strangers_are_not_told_about_cookies() -> None:
    for told in (
        {"origin": OWN, "sec_fetch_site": "same-origin"},
        {"origin": OWN},
        {"sec_fetch_site": "cross-site"},
        {},
    ):
        assert not TRUSTING.keeps_no_cookies(cause_of(said(**told)))


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("http://localhost:5173", "http://localhost:8000", True),
        ("http://spa.login.localhost:1", "http://login.localhost", True),
        ("http://spa.localhost", "http://localhost", False),
        ("http://spa.localhost", "http://login.localhost", False),
        ("https://spa.example.org", "https://login.example.org", True),
        ("https://example.org", "https://login.example.org", True),
        ("https://spa.example.net", "https://login.example.org", False),
        ("http://login.example.org", "https://login.example.org", False),
        ("capacitor://localhost", "http://localhost", False),
        ("https://10.0.0.1", "https://10.0.0.1:8443", True),
        ("https://10.1.0.1", "https://10.0.0.1", False),
        ("https://[2001:db8::1]", "https://[2001:db8::2]", False),
        ("https://[2001:db8::1]:1", "https://[2001:db8::1]", True),
        ("https://example.org", "https://[", False),
    ],
)
def test_where_the_browser_says_nothing_only_what_can_be_no_site_is_taken_for_two(
    one: str, other: str, may: bool
) -> None:
    assert may_share_site(one, other) is may
    assert may_share_site(other, one) is may
    assert Origins(other, frozenset({one})).keeps_no_cookies(cause_of(said(origin=one))) is not may


def test_without_a_public_origin_the_host_tells_the_site() -> None:
    origins = Origins(None, frozenset({SIBLING, "https://spa.example"}))
    assert not origins.keeps_no_cookies(cause_of(said(origin=SIBLING)))
    assert origins.keeps_no_cookies(cause_of(said(origin="https://spa.example")))


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
