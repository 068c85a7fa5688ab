"""The parts of the provider that need no server: addresses, PKCE, codes, how a client shows
itself."""

import base64
from itertools import product

import pytest

from doorward.server.oauth import redirect_uri
from doorward.server.oauth.client_auth import presented
from doorward.server.oauth.code import Shown
from doorward.server.oauth.pkce import challenge_of, is_challenge
from doorward.server.oauth.redirect_uri import checked, host_of, with_parameters
from doorward.server.oauth.token_error import TokenError


@pytest.mark.parametrize(
    "uri",
    [
        "https://photos.example",
        "https://photos.example/a/b?x=1&y=%2F",
        "https://photos.example:8443/",
        "https://[2001:db8::1]/cb",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8000/",
        "http://[::1]/cb",
        "com.example.app:/cb",
        "com.example.app:/",
    ],
)
def test_what_may_be_registered(uri: str) -> None:
    redirect_uri.check_registered(uri)


@pytest.mark.parametrize(
    "uri",
    [
        *("", "/cb", "//photos.example/cb", "photos.example", "https://", "https:///cb"),
        *("http://photos.example/cb", "http://localhost/cb", "http://127.0.0.2/cb"),
        *("http://127.0.0.1", "http://127.0.0.1:0/cb", "http://127.0.0.1.evil.example/cb"),
        *("HTTPS://photos.example/cb", "https:photos.example", "https:/photos.example/cb"),
        *("https://photos.example/#", "https://photos.example/#x", "https://*.example/cb"),
        *(
            "https://photos.example/*",
            "https://user@photos.example/",
            "https://u:p@photos.example/",
        ),
        *("https://@photos.example/", "https://photos.example:x/", "https://photos.example:0/"),
        *("https://photos.example:99999/", "https://photos.example\\@evil.example/"),
        *("https://photos.example/ ", " https://photos.example/", "https://photos.example/\n"),
        *("https://photos.example/\u00e9", "https://phot\u00f6s.example/", 'https://a.example/"'),
        *("javascript:alert(1)", "javascript://a.example/%0Aalert(1)", "data:text/html,x"),
        *(
            "file:///etc/passwd",
            "myapp://cb",
            "myapp:/cb",
            "com.example.app://host/cb",
            "about:blank",
        ),
        *(
            "vbscript:x",
            "com.example.app:cb",
            "https://a.example/?code=x",
            "https://a.example/?iss=",
        ),
        *("https://a.example/?x=1&state=2", "https://a.example/" + "a" * 500),
    ],
)
def test_what_may_not_be_registered(uri: str) -> None:
    with pytest.raises(ValueError, match="redirect URI"):
        redirect_uri.check_registered(uri)


def test_a_host_is_what_people_are_told() -> None:
    told = {
        "https://photos.example:8443/cb": "photos.example:8443",
        "http://127.0.0.1:5000/cb": "this device",
        "http://[::1]/cb": "this device",
        "com.example.app:/cb": "com.example.app",
    }
    assert {uri: host_of(uri) for uri in told} == told


def test_parameters_are_added_and_nothing_gets_out_of_one() -> None:
    uri = checked(["https://a.example/?x=1"], "https://a.example/?x=1")
    assert uri
    address = with_parameters(uri, code="a&b=c#d", state="", iss="https://h.example/\r\n")
    assert (
        address == "https://a.example/?x=1&code=a%26b%3Dc%23d&iss=https%3A%2F%2Fh.example%2F%0D%0A"
    )


def test_pkce_is_that_of_the_standard() -> None:
    """RFC 7636 appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert is_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    assert challenge_of("~._-" * 32) is not None
    for wrong in ("", "a" * 42, "a" * 129, "a" * 43 + "=", "a" * 43 + "\n", "\u0661" * 43):
        assert challenge_of(wrong) is None
        assert not is_challenge(wrong[:43] + "=")
    assert not is_challenge("\u0661" * 43)


def test_no_two_sets_of_parts_have_one_digest() -> None:
    """However the same letters are divided among the parts."""
    parts = ("", "1", "1:", "11:", ":1", "a", "1:a", "\0")
    digests = {Shown(*each).digest for each in product(parts, repeat=4)}
    assert len(digests) == len(parts) ** 4


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_both_parts_of_basic_are_form_encoded() -> None:
    assert presented([basic("a%3Ab:c+d%25")], {}) == ("a:b", "c d%")
    assert presented([basic("a:b:c")], {}) == ("a", "b:c")
    assert presented([basic("a:b").replace("Basic", "bAsIc")], {}) == ("a", "b")
    assert presented([], {"client_id": "a"}) == ("a", None)


@pytest.mark.parametrize(
    ("headers", "form", "error"),
    [
        ([basic("a:b"), basic("a:b")], {}, "invalid_request"),
        ([basic("a:b")], {"client_secret": "b"}, "invalid_request"),
        ([basic("a:b")], {"client_id": "b"}, "invalid_request"),
        ([basic("a")], {}, "invalid_client"),
        ([basic("a:\u00e9")], {}, "invalid_client"),
        ([basic("a:%E9")], {}, "invalid_client"),
        (["Basic a=b"], {}, "invalid_client"),
        (["Bearer a"], {}, "invalid_client"),
        ([], {}, "invalid_client"),
    ],
)
def test_what_shows_no_client_or_two(headers: list[str], form: dict[str, str], error: str) -> None:
    with pytest.raises(TokenError) as raised:
        presented(headers, form)
    assert raised.value.code == error
