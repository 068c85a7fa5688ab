"""The type that a body claims to have is read to the letter, or not at all."""

from random import Random
from time import perf_counter

import pytest

from doorward.server.media_type import MediaType, media_type
from tests.server.house import Opened

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

STARTS = (*["{}"] * 6, "", " {}\t", "{}/x", "x/{}", "{},{}", "text/plain", "/", "{}\xa0")
JOINTS = (*["; "] * 6, ";", " ;\t", ";;", "", ",", ";\x0b")
NAMES = ("charset", "CharSet", "charset*", "charset*0", "charset*0*", "boundary", "v", "", "\xe9")
SIGNS = (*["="] * 6, "", " = ", "==")
VALUES = (
    *("utf-8", "UTF-8", '"utf-8"', r'"ut\f-8"', '"utf-8', '"\\"', '"', "", "(x)", "x" * 300),
    *("utf-16", "idna", "punycode", "rot13", "\xff", "=?utf-8?q?x?=", "=?utf-8?b?=00?="),
    *("utf-8%00'en'x", "utf-8''utf-8", "utf-8''%00", "a\0b''x", "idna''%ff", "''", "'"),
)


def odd_type(random: Random, kind: str) -> str:
    """A type that a client may have thought out, or not at all."""
    text = random.choice(STARTS).format(kind, kind)
    for _ in range(random.randint(0, 3)):
        text += "".join(map(random.choice, (JOINTS, NAMES, SIGNS, VALUES)))
    return text


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("application/json", {}),
        ("Application/JSON", {}),
        (" \tapplication/json \t", {}),
        ("application/json;", {}),
        ("application/json ;; ; ", {}),
        ("application/json;charset=UTF-8", {"charset": "UTF-8"}),
        ("application/json \t;\t CharSet=utf-8", {"charset": "utf-8"}),
        ('application/json; charset="utf-8"; v=1', {"charset": "utf-8", "v": "1"}),
        (r'application/json; v="a\"; \\\b é"', {"v": r'a"; \b é'}),
    ],
)
def test_a_media_type_is_read(text: str, parameters: dict[str, str]) -> None:
    assert media_type([text]) == MediaType(JSON, parameters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "application",
        "application/",
        "/json",
        "application /json",
        "application/ json",
        "application/json/x",
        "application/json charset=utf-8",
        "application/json, text/plain",
        "application/json\xa0",
        "application/json\x85; charset=utf-8",
        "application/json;\x0bcharset=utf-8",
        "application/json\n",
        "application/j\u017fon",
        "appl\u0131cation/json",
        "application/json; charset",
        "application/json; charset=",
        "application/json; =utf-8",
        "application/json; charset =utf-8",
        "application/json; charset= utf-8",
        "application/json; charset='utf-8' x",
        'application/json; charset="utf-8',
        'application/json; charset="utf-8"x',
        'application/json; charset="utf-8\\"',
        "application/json; charset=utf-8; charset=utf-16",
        "application/json; charset=utf-8; Charset=utf-8",
        "application/json; charset*=utf-8''utf-8",
        "application/json; charset*=utf-8%00'en'x",
        "application/json; charset*0=utf-8",
        "application/json; charset=(x)utf-8",
        "application/json; v=é",
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_no_media_type(text: str) -> None:
    assert media_type([text]) is None


@pytest.mark.parametrize("headers", [[], [JSON, JSON]])
def test_one_header_says_it(headers: list[str]) -> None:
    assert media_type(headers) is None


@pytest.mark.parametrize("text", [";" * 8_000, ("; " * 4_000) + "\0", '; v="' + "\\" * 8_000])
def test_a_long_one_takes_no_longer_than_its_length(text: str) -> None:
    began = perf_counter()
    media_type([JSON + text])
    assert perf_counter() - began < 0.1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [("/login", "email=a&password=b", FORM), ("/api/refresh", '{"refresh_token":"x"}', JSON)],
)
@pytest.mark.parametrize("many", [250, pytest.param(1_000, marks=pytest.mark.soak)])
async def test_no_odd_type_makes_the_server_fail(
    opened: Opened, path: str, body: str, kind: str, many: int
) -> None:
    client = await (await opened(mode="token")).client()
    random = Random(20261128)
    answers = {}
    for odd in [odd_type(random, kind) for _ in range(many)]:
        headers = [(b"content-type", odd.encode("latin-1"))]
        answers[odd] = (await client.post(path, content=body, headers=headers)).status_code
    assert {odd: status for odd, status in answers.items() if status >= 500} == {}
    assert {status == 415 for status in answers.values()} == {True, False}
