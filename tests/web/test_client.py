"""Whose request it is, behind however many proxies, and what people see of it."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.errors import ConfigurationError
from doorward.types import Device
from doorward.web.client import Trusted, address, bucket, device, host, scheme, told_scheme
from doorward.web.forwarded import MAX_HOPS
from doorward.web.transport import Headers

PROXIES = Trusted.parse(["10.0.0.0/8", "127.0.0.1", "fd00::/8"])
STANDARD = Trusted(PROXIES.networks, standard=True)
NOBODY = Trusted()


def forwarded(*values: str) -> Headers:
    return [(b"x-forwarded-for", value.encode()) for value in values]


def agent(text: str | bytes) -> Headers:
    return [(b"user-agent", text if isinstance(text, bytes) else text.encode())]


@pytest.mark.parametrize(
    "slip", ["10.0.0.1/8", "localhost", "10.0.0.0/33", "", "*", "10.0.0.0/8,::1"]
)
def test_a_slip_in_the_trusted_networks_is_told_at_start(slip: str) -> None:
    with pytest.raises(ConfigurationError, match="trusted proxies"):
        Trusted.parse(["127.0.0.1", slip])


@pytest.mark.parametrize(
    ("network", "peer"),
    [
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::ffff:7f00:1", "::ffff:127.0.0.1"),
        ("0:0:0:0:0:ffff:10.1.2.3", "10.1.2.3"),
        ("::ffff:10.0.0.0/104", "10.9.9.9"),
        ("::ffff:0:0/96", "198.51.100.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth1"),
    ],
)
def test_a_network_and_an_address_are_compared_in_one_form(network: str, peer: str) -> None:
    trusted = Trusted.parse([network])
    assert scheme("http", peer, [(b"x-forwarded-proto", b"https")], trusted) == "https"
    assert address(peer, forwarded("203.0.113.9"), trusted) == "203.0.113.9"


def test_one_string_is_not_taken_for_a_list_of_networks() -> None:
    for slip in ("10.0.0.0/8", "foo", ""):
        with pytest.raises(ConfigurationError, match=f"are a list .* not the string '{slip}'"):
            Trusted.parse(slip)


def test_nobody_is_trusted_unless_named() -> None:
    assert Trusted.parse([]) == NOBODY
    assert address("127.0.0.1", forwarded("203.0.113.9"), NOBODY) == "127.0.0.1"


def test_a_client_that_connects_itself_cannot_forge_its_address() -> None:
    assert address("198.51.100.7", forwarded("10.0.0.1"), PROXIES) == "198.51.100.7"


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        (["203.0.113.9"], "203.0.113.9"),
        (["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        (["1.1.1.1, 203.0.113.9, 10.0.0.9"], "203.0.113.9"),
        (["1.1.1.1", "203.0.113.9", "10.0.0.9,fd00::1"], "203.0.113.9"),
        (["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        (["203.0.113.9:4711"], "203.0.113.9"),
        (["[2001:DB8::0:1]:4711"], "2001:db8::1"),
        (["[2001:db8::1]"], "2001:db8::1"),
        (["2001:0db8:0000::0001"], "2001:db8::1"),
        (["::ffff:203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, ::ffff:10.0.0.9"], "203.0.113.9"),
        (["fe80::1%eth0"], "fe80::1"),
        ([" \t203.0.113.9 "], "203.0.113.9"),
    ],
)
def test_the_chain_is_walked_from_the_right_through_our_proxies_only(
    chain: list[str], client: str
) -> None:
    assert address("10.0.0.1", forwarded(*chain), PROXIES) == client


@pytest.mark.parametrize(
    "chain",
    [
        [],
        [""],
        ["203.0.113.9,"],
        ["203.0.113.9, unknown"],
        ["203.0.113.9, 10.0.0"],
        ["203.0.113.9, 010.0.0.1"],
        ["203.0.113.9, 10.0.0.1.evil"],
        ["203.0.113.9, 999.0.0.1"],
        ["203.0.113.9, <script>"],
        ["203.0.113.9, 10.0.0.9%" + "x" * 100],
        ["203.0.113.9, \xb2\xb2.0.0.1"],
    ],
)
def test_an_entry_that_is_no_address_ends_the_walk_at_the_proxy(chain: list[str]) -> None:
    assert address("10.0.0.1", forwarded(*chain), PROXIES) == "10.0.0.1"


def test_garbage_behind_one_proxy_ends_the_walk_there_and_not_at_the_next() -> None:
    assert address("10.0.0.1", forwarded("1.1.1.1, x, 10.0.0.9"), PROXIES) == "10.0.0.9"


def test_a_chain_of_a_megabyte_is_walked_no_further_than_its_last_entries() -> None:
    chain = forwarded("203.0.113.9," + ",".join(["10.0.0.9"] * 100_000))
    assert address("10.0.0.1", chain, PROXIES) == "10.0.0.9"
    reached = ["203.0.113.9", *["10.0.0.9"] * (MAX_HOPS - 1)]
    assert address("10.0.0.1", forwarded(*reached), PROXIES) == "203.0.113.9"


@pytest.mark.parametrize("peer", ["", "testclient", "/run/app.sock", "1" * 1_000_000, "\ud800"])
def test_a_peer_without_an_address_has_none_and_is_never_trusted(peer: str) -> None:
    assert address(peer, forwarded("203.0.113.9"), PROXIES) == ""
    assert scheme("http", peer, [(b"x-forwarded-proto", b"https")], PROXIES) == "http"


def test_a_peer_is_normalised_too() -> None:
    assert address("::ffff:198.51.100.7", [], PROXIES) == "198.51.100.7"
    assert address("::ffff:127.0.0.1", forwarded("203.0.113.9"), PROXIES) == "203.0.113.9"
    assert address("fe80::1%eth0", [], PROXIES) == "fe80::1"


def test_the_scheme_is_believed_of_a_trusted_proxy_only() -> None:
    said: Headers = [(b"x-forwarded-proto", b"https")]
    assert scheme("http", "10.0.0.1", said, PROXIES) == "https"
    assert scheme("http", "198.51.100.7", said, PROXIES) == "http"
    assert scheme("https", "10.0.0.1", [], PROXIES) == "https"


NEAR, CLIENT = "10.0.0.9", "203.0.113.9"
"""The outer of two proxies, and who asked it."""


@pytest.mark.parametrize(
    ("said", "chain", "expected"),
    [
        (["https"], [CLIENT], "https"),
        (["HTTPS"], [], "https"),
        (["wss"], [CLIENT], "https"),
        (["ws"], [CLIENT], "http"),
        (["https,https"], [], "https"),
        (["https", "https"], [], "https"),
        (["https, wss"], [CLIENT], "https"),
        (["https, http"], [CLIENT, NEAR], "https"),
        (["https", "http"], [CLIENT, NEAR], "https"),
        (["http, https"], [CLIENT, NEAR], "http"),
        (["https, http"], ["198.51.100.1, " + CLIENT], "http"),
        (["https, http"], [f"198.51.100.1, {CLIENT}, {NEAR}"], "https"),
        ([""], [CLIENT], None),
        ([], [CLIENT], None),
        (["https, http"], [CLIENT], ""),
        (["https, http"], [], ""),
        (["gopher"], [CLIENT], ""),
        (["https gopher"], [CLIENT], ""),
        (["https, gopher"], [CLIENT], ""),
        (['"https"'], [CLIENT], ""),
        (["\xff"], [CLIENT], ""),
    ],
)
def test_a_list_of_schemes_says_what_the_client_spoke_or_nothing(
    said: list[str], chain: list[str], expected: str | None
) -> None:
    headers = [(b"x-forwarded-proto", value.encode("latin-1")) for value in said]
    headers += forwarded(*chain)
    assert told_scheme("10.0.0.1", headers, PROXIES) == expected
    assert told_scheme(CLIENT, headers, PROXIES) is None
    assert scheme("http", "10.0.0.1", headers, PROXIES) == (expected or "http")


@pytest.mark.parametrize(
    ("lines", "client", "spoken"),
    [
        (["proto=https"], "10.0.0.1", "https"),
        (["for=203.0.113.9;proto=https"], CLIENT, "https"),
        (["For=203.0.113.9 ; PROTO=HTTPS"], CLIENT, "https"),
        (['for="203.0.113.9:4711";proto="https";host="a,b;c"'], CLIENT, "https"),
        (['for="[2001:DB8::1]:4711";by=_x'], "2001:db8::1", None),
        (["for=[2001:db8::1]"], "2001:db8::1", None),
        ([r'for="\2\0\3.0.113.9"'], CLIENT, None),
        (["for=203.0.113.9;proto=https, for=10.0.0.9;proto=http"], CLIENT, "https"),
        (["for=203.0.113.9;proto=https", "for=10.0.0.9;proto=http"], CLIENT, "https"),
        (["for=203.0.113.9;proto=https, for=10.0.0.9"], CLIENT, "https"),
        (["for=1.1.1.1;proto=https, for=203.0.113.9;proto=http"], CLIENT, "http"),
        (["for=unknown;proto=https"], "10.0.0.1", "https"),
        (["for=_hidden, for=10.0.0.9"], NEAR, None),
        (['for="1.1.1.1', "for=203.0.113.9;proto=https"], CLIENT, "https"),
        (['for="1.1.1.1, for=203.0.113.9;proto=https'], CLIENT, "https"),
        (['for="1.1.1.1, for="[2001:db8::1]";proto=https'], "2001:db8::1", "https"),
        (["for=1.1.1.1;for=203.0.113.9"], "10.0.0.1", None),
        (["for=203.0.113.9;proto=https x"], "10.0.0.1", None),
        (["for=1.1.1.1, "], "10.0.0.1", None),
        ([""], "10.0.0.1", None),
        ([";" * 5000], "10.0.0.1", None),
        (['for="' + "," * 5000], "10.0.0.1", None),
        (["for=203.0.113.9;proto=gopher"], CLIENT, ""),
    ],
)
def test_the_standard_header_is_understood_and_walked_in_the_same_way(
    lines: list[str], client: str, spoken: str | None
) -> None:
    headers = [(b"forwarded", line.encode()) for line in lines]
    assert address("10.0.0.1", headers, STANDARD) == client
    assert told_scheme("10.0.0.1", headers, STANDARD) == spoken
    assert address(CLIENT, headers, STANDARD) == CLIENT
    assert told_scheme(CLIENT, headers, STANDARD) is None


@pytest.mark.parametrize("said", ["https,", "https, ", "https,,", ",https,"])
def test_an_empty_entry_of_our_proxy_leaves_no_room_for_what_a_client_wrote(said: str) -> None:
    told = [(b"x-forwarded-proto", said.encode()), *forwarded(CLIENT)]
    assert told_scheme("10.0.0.1", told, PROXIES) == ""
    written = [(b"forwarded", f"proto=https, for={CLIENT}".encode())]
    assert told_scheme("10.0.0.1", written, STANDARD) == ""
    inner = [(b"forwarded", f"proto=http, for={CLIENT};proto=https, for=10.0.0.2".encode())]
    assert told_scheme("10.0.0.1", inner, STANDARD) == "https"


def test_what_a_client_wrote_into_the_header_that_its_proxy_leaves_alone_is_not_believed() -> None:
    standard = [(b"forwarded", b"for=1.1.1.1;proto=https")]
    usual = [*forwarded("1.1.1.1"), (b"x-forwarded-proto", b"https")]
    for lie, true, trusted in (
        (standard, [*forwarded(CLIENT), (b"x-forwarded-proto", b"http")], PROXIES),
        (usual, [(b"forwarded", f"for={CLIENT};proto=http".encode())], STANDARD),
    ):
        assert address("10.0.0.1", [*lie, *true], trusted) == CLIENT
        assert told_scheme("10.0.0.1", [*lie, *true], trusted) == "http"
        assert address("10.0.0.1", lie, trusted) == "10.0.0.1"
        assert told_scheme("10.0.0.1", lie, trusted) is None


def test_where_a_proxy_writes_the_address_alone_no_client_writes_the_scheme() -> None:
    lie = (b"forwarded", b"for=1.1.1.1;proto=https")
    assert told_scheme("10.0.0.1", [lie, *forwarded(CLIENT)], PROXIES) is None
    usual = (b"x-forwarded-proto", b"https")
    written = (b"forwarded", f"for={CLIENT}".encode())
    assert told_scheme("10.0.0.1", [usual, written], STANDARD) is None


def test_the_forwarded_host_is_believed_of_a_trusted_proxy_only() -> None:
    said = [(b"host", b"backend:8000"), (b"x-forwarded-host", b"app.example")]
    assert host("10.0.0.1", said, PROXIES) == "app.example"
    assert host("198.51.100.7", said, PROXIES) == "backend:8000"
    assert host("10.0.0.1", [(b"host", b"backend:8000")], PROXIES) == "backend:8000"
    assert host("10.0.0.1", [*said, said[1]], PROXIES) == "backend:8000"
    listed = [said[0], (b"x-forwarded-host", b"evil.example, app.example")]
    assert host("10.0.0.1", listed, PROXIES) == "backend:8000"
    assert host("10.0.0.1", [], PROXIES) == ""
    assert host("198.51.100.7", [(b"host", b"a"), (b"host", b"a")], PROXIES) == ""


def test_one_ipv6_customer_is_one_source_and_one_ipv4_address_is_one() -> None:
    assert bucket("203.0.113.9") == "203.0.113.9"
    assert bucket("2001:db8:1:2:3:4:5:6") == bucket("2001:DB8:1:2::") == "2001:db8:1:2::/64"
    assert bucket("2001:db8:1:3::") != bucket("2001:db8:1:2::")
    assert bucket("::ffff:203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("none", ["", "testclient", "1" * 10_000])
def test_whoever_has_no_address_is_one_source(none: str) -> None:
    assert bucket(none) == "unknown"


CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
MAC = "Macintosh; Intel Mac OS X 10_15_7"
LINUX = "X11; Linux x86_64"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (CHROME.format(LINUX), "Chrome on Linux"),
        (CHROME.format("Windows NT 10.0; Win64; x64"), "Chrome on Windows"),
        (CHROME.format("Linux; Android 10; K"), "Chrome on Android"),
        (CHROME.format("X11; CrOS x86_64 14541.0.0"), "Chrome on ChromeOS"),
        (CHROME.format(LINUX).replace("Chrome/", "HeadlessChrome/"), "Chrome on Linux"),
        (CHROME.format(MAC) + " Edg/140.0.0.0", "Edge on macOS"),
        (CHROME.format(MAC) + " OPR/120.0.0.0", "Opera on macOS"),
        (
            CHROME.format("Linux; Android 15").replace("Chrome/", "SamsungBrowser/28.0 Chrome/"),
            "Samsung Internet on Android",
        ),
        (f"Mozilla/5.0 ({LINUX}; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (IPHONE + "Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (IPHONE + "CriOS/140.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (IPHONE + "FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone"),
        (IPHONE.replace("iPhone", "iPad") + "Version/18.0 Safari/604.1", "Safari on iPad"),
        (f"Mozilla/5.0 ({MAC}) AppleWebKit/605.1.15 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Browser"),
        ("Mozilla/5.0 (Windows NT 10.0) Gecko", "Browser on Windows"),
        ("curl/8.5.0", "curl"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("Wget", "Wget"),
        ("My App 1.0", "My"),
        ("x" * 100, "x" * 40),
        ("", "Unknown client"),
        ("/1.0", "Unknown client"),
    ],
)
def test_a_device_has_a_short_name_that_people_know(text: str, label: str) -> None:
    assert device(agent(text), "203.0.113.9") == Device("203.0.113.9", text, label)


def test_no_user_agent_is_an_unknown_client() -> None:
    assert device([(b"accept", b"*/*")], "") == Device("", "", "Unknown client")


def test_a_user_agent_cannot_rewrite_a_log_or_a_list() -> None:
    sly = "curl\r\nx\x00\x1b[31m\u202egnp\u2028\x85".encode()
    seen = device(agent(sly), "").user_agent
    assert seen == "curl\ufffd\ufffdx\ufffd\ufffd[31m\ufffdgnp\ufffd\ufffd"


def test_a_user_agent_is_kept_to_256_code_points_also_of_four_bytes_each() -> None:
    assert device(agent("\U0001f600" * 300), "").user_agent == "\U0001f600" * 256
    assert device(agent(b"x" * 1_000_000), "").user_agent == "x" * 256
    assert device(agent(b"\xff" * 300), "").user_agent == "\ufffd" * 256


names = st.sampled_from(
    [
        *(b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"),
        *(b"host", b"user-agent", b"x"),
    ]
)
parts = st.sampled_from(
    [
        *(b"10.0.0.1", b"::1", b"[", b"]", b":", b"%", b",", b" ", b"1", b".", b"::ffff:"),
        *(b"https", b"Mozilla/", b"\xff", b"fd00::1", b"1.2.3.4"),
        *(b"for=", b"proto=", b";", b'"', b"\\"),
    ]
)
values = st.one_of(st.binary(max_size=40), st.lists(parts, max_size=12).map(b"".join))
peers = st.sampled_from(["10.0.0.1", "fd00::1", "::1", ""]) | st.text(st.characters(), max_size=30)


@given(peers, st.lists(st.tuples(names, values), max_size=5))
def test_whatever_is_sent_there_is_an_address_or_none_and_a_printable_device(
    peer: str, headers: list[tuple[bytes, bytes]]
) -> None:
    found = address(peer, iter(headers), PROXIES)
    assert found == "" or str(ip_address(found)) == found
    assert bucket(found)
    bucket(peer)
    assert scheme("http", peer, headers, PROXIES) in ("http", "https")
    host(peer, headers, PROXIES)
    seen = device(iter(headers), found)
    assert all(char.isprintable() or char == "\ufffd" for char in seen.user_agent + seen.label)
    assert len(seen.user_agent) <= 256
    assert 0 < len(seen.label) <= 40
