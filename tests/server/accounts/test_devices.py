"""Known devices: a mark that only we can make, for one person, on one browser."""

from base64 import urlsafe_b64decode
from string import ascii_lowercase, ascii_uppercase, digits

import pytest

from doorward.server.accounts.devices import whose
from doorward.server.accounts.user import User
from doorward.web.devices import COOKIE, MOST, Devices

KEY, OTHER = b"k" * 32, b"o" * 32
ALPHABET = ascii_uppercase + ascii_lowercase + digits + "-_"


def person(subject: str, changed_at: int = 1, ending: int = 0) -> bytes:
    user = User(
        subject=subject,
        email=f"{subject}@example.test",
        password_hash=None,
        roles=frozenset(),
        locked_at=None,
        created_at=1,
        password_changed_at=changed_at,
        ending=ending,
    )
    return whose(user)


def carried(*answers: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The request headers of a browser that got these answers, the last one winning."""
    return [(b"cookie", value.partition(b";")[0]) for _, value in answers[-1:]]


def test_a_marked_device_is_known_again_for_that_person_alone() -> None:
    devices = Devices([KEY])
    headers = carried(devices.remember([], person("u_1")))
    name = devices.recognise(headers, person("u_1"))
    assert name
    assert devices.recognise(headers, person("u_2")) is None
    assert devices.recognise([], person("u_1")) is None


def test_a_new_password_forgets_every_device() -> None:
    devices = Devices([KEY])
    headers = carried(devices.remember([], person("u_1", 1_700_000_000)))
    assert devices.recognise(headers, person("u_1", 1_700_000_001)) is None
    again = carried(devices.remember(headers, person("u_1", 1_700_000_001)))
    assert devices.recognise(again, person("u_1", 1_700_000_001)) is not None


def test_a_new_password_within_the_same_second_forgets_every_device() -> None:
    devices = Devices([KEY])
    headers = carried(devices.remember([], person("u_1")))
    assert devices.recognise(headers, person("u_1", ending=1)) is None
    again = carried(devices.remember(headers, person("u_1", ending=1)))
    assert devices.recognise(again, person("u_1", ending=1)) is not None
    assert devices.recognise(again, person("u_1", ending=2)) is None


def test_after_a_restore_a_count_that_is_given_again_does_not_revive_a_mark() -> None:
    devices = Devices([KEY])
    headers = carried(devices.remember([], person("u_1", 1_700_000_000, ending=4)))
    assert devices.recognise(headers, person("u_1", 1_700_000_900, ending=4)) is None


def test_no_subject_and_moment_read_like_another() -> None:
    devices = Devices([KEY])
    headers = carried(devices.remember([], person("u_1", 11)))
    assert devices.recognise(headers, person("u_11")) is None


def test_the_cookie_is_long_lived_and_for_nobody_else() -> None:
    name, value = Devices([KEY]).remember([], person("u_1"))
    attributes = value.decode().split("; ")[1:]
    expected = ["Max-Age=31536000", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"]
    assert (name, attributes) == (b"set-cookie", expected)
    assert value.startswith(b"__Host-device=")
    assert b"u_1" not in value


def test_a_device_keeps_its_name_when_its_owner_logs_in_again() -> None:
    devices = Devices([KEY])
    first = devices.remember([], person("u_1"))
    second = devices.remember(carried(first), person("u_1"))
    assert second == first


def test_two_devices_have_two_names() -> None:
    devices = Devices([KEY])
    names = {
        devices.recognise(carried(devices.remember([], person("u_1"))), person("u_1"))
        for _ in range(20)
    }
    assert len(names) == 20


def test_a_family_shares_one_browser_and_the_one_longest_away_is_forgotten() -> None:
    devices = Devices([KEY])
    answer = devices.remember([], person("u_0"))
    for number in range(1, MOST + 1):
        answer = devices.remember(carried(answer), person(f"u_{number}"))
    known = [n for n in range(MOST + 1) if devices.recognise(carried(answer), person(f"u_{n}"))]
    assert known == list(range(1, MOST + 1))
    assert len(answer[1]) < 400


def test_a_mark_of_another_root_key_is_unknown_and_an_older_key_still_knows_its_own() -> None:
    headers = carried(Devices([KEY]).remember([], person("u_1")))
    assert Devices([OTHER]).recognise(headers, person("u_1")) is None
    assert Devices([OTHER, KEY]).recognise(headers, person("u_1")) is not None


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        f"{COOKIE}=",
        f"{COOKIE}=x",
        f"{COOKIE}=" + "A" * 43,
        f"{COOKIE}=" + "." * 100,
        f"{COOKIE}=" + "é" * 43,
        f"{COOKIE}={{0}}; {COOKIE}={{0}}",
        "device={0}",
        f"{COOKIE}={{0}}x",
        f"{COOKIE}=x{{0}}",
        f'{COOKIE}="{{0}}"',
    ],
)
def test_whatever_else_comes_is_an_unknown_device(cookie: str) -> None:
    devices = Devices([KEY])
    mark = devices.remember([], person("u_1"))[1].partition(b";")[0].partition(b"=")[2].decode()
    headers = [(b"cookie", cookie.format(mark).encode("latin-1"))]
    assert devices.recognise(headers, person("u_1")) is None
    assert devices.remember(headers, person("u_1"))[1].count(b".") == 0 or "A" in cookie


def test_no_character_of_a_mark_can_be_changed() -> None:
    devices = Devices([KEY])
    mark = mark_of(devices, "u_1")
    for place, own in enumerate(mark):
        for other in set(ALPHABET + "=+/~") - {own}:
            changed = mark[:place] + other + mark[place + 1 :]
            known = devices.recognise(bearing(changed), person("u_1"))
            assert known is None, f"{changed} is taken for {mark}"


def test_a_mark_in_another_spelling_is_not_carried_on() -> None:
    """The last of its 43 characters has two bits that say nothing."""
    devices = Devices([KEY])
    mark = mark_of(devices, "u_1")
    for spare in range(1, 4):
        other = mark[:-1] + ALPHABET[ALPHABET.index(mark[-1]) + spare]
        assert urlsafe_b64decode(other + "=") == urlsafe_b64decode(mark + "=")
        (_, value) = devices.remember(bearing(other), person("u_2"))
        assert other not in value.decode()


def test_another_space_before_its_name_makes_it_another_cookie() -> None:
    devices = Devices([KEY])
    mark = mark_of(devices, "u_1")
    for space in "\xa0", "\x85", "\x1f":
        header = (b"cookie", f"x=1;{space}{COOKIE}={mark}".encode("latin-1"))
        assert devices.recognise([header], person("u_1")) is None


def mark_of(devices: Devices, subject: str) -> str:
    return carried(devices.remember([], person(subject)))[0][1].decode().partition("=")[2]


def bearing(mark: str) -> list[tuple[bytes, bytes]]:
    return [(b"cookie", f"{COOKIE}={mark}".encode())]
