"""`doorward passwords`: a filter of stolen passwords made from lists, and a password checked."""

import gzip
import hashlib
import json
import os
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from doorward.cli import password_list
from doorward.cli.checks import CHECKS
from doorward.cli.password_list import PasswordList, opened_list
from doorward.cli.serve import notes
from doorward.server.accounts.breached import open_breached
from doorward.server.options import Options
from tests.server.accounts.stolen import damage, filter_of

from .desk import Desk
from .test_doctor import facts

WORDS = [f"stolen harbour {number}" for number in range(200)]
STOLEN = WORDS[7]
PLAIN = "".join(f"{word}\n" for word in WORDS).encode()


def hibp(words: list[str], *, end: str = "\r\n") -> bytes:
    """As the public list writes it, with the number of a word for its count."""
    lines = (
        f"{hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest().upper()}:{count}{end}"
        for count, word in enumerate(words)
    )
    return "".join(lines).encode()


def put(desk: Desk, content: bytes, name: str = "list") -> str:
    (desk.folder / name).write_bytes(content)
    return name


def held(desk: Desk, name: str) -> list[str]:
    """Which of the words are in a filter."""
    found = open_breached(str(desk.folder / name))
    assert found is not None
    return [word for word in WORDS if word in found]


FORMS: dict[str, bytes] = {
    "words": PLAIN,
    "words of Windows": b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n\r\n"),
    "words without a last line end": PLAIN[:-1],
    "digests": hibp(WORDS),
    "digests in small letters": hibp(WORDS, end="\n").lower()[:-1],
    "packed words": gzip.compress(PLAIN),
    "packed digests": gzip.compress(hibp(WORDS)),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_words_and_digests_packed_or_not_make_the_same_filter(desk: Desk, content: bytes) -> None:
    said = desk.data("passwords", "import", put(desk, content), "--out", "f")
    assert said["entries"] == len(WORDS)
    assert said["file"] == str(desk.folder / "f")
    desk.data("passwords", "import", put(desk, PLAIN), "--out", "plain")
    assert (desk.folder / "f").read_bytes() == (desk.folder / "plain").read_bytes()
    assert held(desk, "f") == WORDS


def test_a_list_comes_in_on_stdin_or_through_a_pipe_and_the_variable_names_the_filter(
    desk: Desk,
) -> None:
    pipe = desk.folder / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(hibp(WORDS),))
    writer.start()
    desk.data("passwords", "import", "pipe", "--out", "f")
    writer.join()
    done = desk.run(
        "passwords", "import", "-", given=PLAIN.decode(), DOORWARD_BREACHED_FILE="from-stdin"
    )
    assert (done.status, done.err) == (0, "")
    assert "Wrote from-stdin: 200 entries in 0.01 MB." in done.out
    assert "--breached-file from-stdin" in done.out
    assert held(desk, "f") == held(desk, "from-stdin") == WORDS
    assert sorted(path.name for path in desk.folder.iterdir()) == ["f", "from-stdin", "pipe"]


def test_of_a_list_with_counts_only_the_frequent_are_taken(desk: Desk) -> None:
    put(desk, hibp(WORDS))
    said = desk.data("passwords", "import", "list", "--out", "f", "--min-count", "150")
    assert (said["entries"], said["min_count"]) == (50, 150)
    assert held(desk, "f") == WORDS[150:]
    assert "no entry" in desk.refusal(
        *("passwords", "import", "list", "--out", "f", "--min-count", "200")
    )
    assert held(desk, "f") == WORDS[150:]


@pytest.mark.parametrize("rate", ["1/100", "0.01", "1e-2"])
def test_the_false_rate_is_chosen(desk: Desk, rate: str) -> None:
    content = "".join(f"{word}\n" for word in range(20_000)).encode()
    said = desk.data(
        *("passwords", "import", put(desk, content), "--out", "f", "--false-rate", rate)
    )
    assert said["false_rate"] == pytest.approx(0.01, rel=0.05)
    assert said["bytes"] == pytest.approx(20_000 * 9.68 / 8, rel=0.01)


NO_LISTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"\n\r\n", "The list has no entry to take"),
    "a database": (b"SQLite format 3\0" + bytes(9), "it holds NUL bytes"),
    "no lines": (b"x" * 3_000_000, "it has a line of more than 1048576 bytes"),
    "NTLM": (b"0" * 32 + b":3\n", "holds digests of 32 digits"),
    "SHA-256": (b"0" * 64 + b":3\n", "holds digests of 64 digits"),
    "mixed at first": (f"{STOLEN}\n".encode() + hibp(WORDS), "mixes lines of the form"),
    "mixed later": (hibp(WORDS) + f"{STOLEN}\n".encode(), "Line 201 of list is not of the form"),
    "no digits": (hibp(WORDS) + b"g" * 40 + b":3\n", "Line 201 of list"),
    "too few digits": (hibp(WORDS) + b"0" * 38 + b":3\n", "Line 201 of list"),
    "no colon": (hibp(WORDS) + b"0" * 40 + b"03\n", "Line 201 of list"),
    "half of a gzip file": (gzip.compress(hibp(WORDS))[:900], "damaged gzip file"),
    "a spoilt gzip file": (gzip.compress(PLAIN)[:-8] + bytes(8), "damaged gzip file"),
}


@pytest.mark.parametrize(("content", "says"), NO_LISTS.values(), ids=NO_LISTS)
def test_what_is_no_list_is_refused_without_a_word_of_it(
    desk: Desk, content: bytes, says: str
) -> None:
    said = desk.refusal("passwords", "import", put(desk, content), "--out", "f")
    assert says in said
    assert "stolen" not in said
    assert [path.name for path in desk.folder.iterdir()] == ["list"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["none", "--out", "f"], "none cannot be read: No such file"),
        ([".", "--out", "f"], ". cannot be read: Is a directory"),
        (["list"], "Name the filter with --out FILE"),
        (["list", "--out", "list"], "list exists and is no filter"),
        (["list", "--out", "no/f"], "There is no folder no for the filter"),
        (["list", "--out", "f", "--min-count", "2"], "list has no counts"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(desk: Desk, words: list[str], says: str) -> None:
    put(desk, PLAIN)
    assert says in desk.refusal("passwords", "import", *words)
    assert (desk.folder / "list").read_bytes() == PLAIN


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["list", "--false-rate", "0"],
        ["list", "--false-rate", "1/0"],
        ["list", "--false-rate", "1"],
        ["list", "--false-rate", "often"],
        ["list", "--min-count", "0"],
        ["list", "--min-count", "x"],
    ],
)
def test_wrong_usage_is_told_from_a_refusal(desk: Desk, words: list[str]) -> None:
    done = desk.run("passwords", "import", *words)
    assert (done.status, done.out) == (2, "")
    assert "--help` lists what it takes" in done.err


def test_a_list_that_changes_meanwhile_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(desk, PLAIN)
    read: Callable[..., object] = PasswordList.digests

    def growing(listed: PasswordList, *seen: object) -> object:
        with (desk.folder / "list").open("ab") as file:
            file.write(b"one more\n")
        return read(listed, *seen)

    monkeypatch.setattr(PasswordList, "digests", growing)
    assert "changed while it was read" in desk.refusal("passwords", "import", "list", "--out", "f")


def test_memory_does_not_grow_with_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_list, "BLOCK", 1 << 14)
    path = tmp_path / "list"
    path.write_bytes(hibp([STOLEN]) * 40_000)
    with opened_list(str(path), None, tmp_path) as listed:
        tracemalloc.start()
        assert sum(1 for _ in listed.digests()) == 40_000
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 200_000 < path.stat().st_size / 8


def test_a_password_is_checked_as_the_server_would(desk: Desk) -> None:
    filter_of(desk.folder / "f", STOLEN)
    check = ("passwords", "check", "--breached-file", "f")
    done = desk.run(*check, given=f"{STOLEN.upper()}\n")
    assert (done.status, done.err) == (1, "")
    assert done.out.startswith("Refused: This password is in a list of stolen passwords")
    assert STOLEN not in done.out.lower()
    done = desk.run(*check, "--json", given=f"{STOLEN}\r\n")
    said = json.loads(done.out)
    assert (done.status, said["accepted"], said["code"]) == (1, False, "breached")
    done = desk.run(*check, given="a quiet green harbour\n")
    assert (done.status, done.err) == (0, "")
    assert "nor in the filter of 1 stolen" in done.out
    assert desk.data("passwords", "check", given=f"{STOLEN}\n")["accepted"]
    short = json.loads(desk.run("passwords", "check", "--json", given="short\n").out)
    near = ("passwords", "check", "--json", "--email", "harriet@example.test")
    contextual = json.loads(desk.run(*near, given="harriet2024\n").out)
    assert (short["code"], contextual["code"]) == ("too_short", "contextual")
    assert desk.refusal("passwords", "check").endswith(
        "No password came in; write one line to stdin."
    )


def test_an_operator_gives_no_stolen_password_either(desk: Desk) -> None:
    filter_of(desk.folder / "f", STOLEN)
    said = desk.refusal(
        *("users", "create", "ann@example.test", "--breached-file", "f"), given=f"{STOLEN}\n"
    )
    assert "in a list of stolen passwords" in said
    assert STOLEN not in said


def test_the_start_and_doctor_tell_of_the_filter_and_of_what_is_wrong_with_it(desk: Desk) -> None:
    path = filter_of(desk.folder / "f", *WORDS)
    told = "\n".join(notes(Options(breached_file=path), {"DOORWARD_ROOT_KEY": "x"}))
    assert f"  breached  200 stolen passwords are refused ({path})" in told
    assert found(desk)[0] == "ok"
    assert "200 stolen passwords are refused, by a filter of 8,2" in found(desk)[1]
    damage(Path(path))
    assert found(desk, status=1)[0] == "unsafe"
    assert f"{path} is damaged" in found(desk, status=1)[1]
    Path(path).write_bytes(PLAIN)
    done = desk.run("serve", "--breached-file", path)
    assert (done.status, done.out) == (1, "")
    assert f"{path} is no filter of breached passwords" in done.err
    assert CHECKS["breached"](facts()).severity == "ok"


def found(desk: Desk, status: int = 0) -> tuple[str, str]:
    """What doctor finds about the filter."""
    path = str(desk.folder / "f")
    done = desk.run("doctor", "--json", "--database", "memory:", "--breached-file", path)
    assert done.status == status
    (told,) = [each for each in json.loads(done.out)["findings"] if each["check"] == "breached"]
    return told["severity"], told["says"]
