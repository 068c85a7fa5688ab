"""Where the root key comes from, and every way it may be unfit."""

import os
import secrets
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorward.errors import ConfigurationError
from doorward.keys import RootKeys, load_root_keys
from doorward.keys.root import default_root_key_path
from tests.support.until import PATIENCE

POSIX = os.name == "posix"


def text_of(key: bytes) -> str:
    return urlsafe_b64encode(key).rstrip(b"=").decode()


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def sentence(path: Path, environ: dict[str, str], *, sealed_exist: bool = False) -> str:
    """The one sentence of the refusal; it must show no key."""
    with pytest.raises(ConfigurationError) as refused:
        load_root_keys(path, environ, sealed_exist=sealed_exist)
    said = str(refused.value)
    assert "\n" not in said
    for value in environ.values():
        assert value.strip() == "" or value.strip() not in said
    return said


def test_the_environment_wins_over_the_file_and_lists_the_newest_first(tmp_path: Path) -> None:
    keys = [secrets.token_bytes(32) for _ in range(3)]
    given = f"{text_of(keys[0])}, {text_of(keys[1])}\n{text_of(keys[2])}"
    path = written(tmp_path / "root.key", text_of(secrets.token_bytes(32)))
    root = load_root_keys(path, {"DOORWARD_ROOT_KEY": given}, sealed_exist=True)
    assert root == RootKeys(tuple(keys), "DOORWARD_ROOT_KEY")


def test_the_file_has_a_key_a_line_newest_first_and_comments(tmp_path: Path) -> None:
    newest, older = secrets.token_bytes(32), secrets.token_bytes(32)
    lines = f"# a comment\n\n  {text_of(newest)}  # of this year\n{text_of(older)}\n"
    path = written(tmp_path / "root.key", lines)
    assert load_root_keys(path, {}, sealed_exist=True) == RootKeys((newest, older), str(path))


def test_a_missing_file_is_made_with_its_folders_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "root.key"
    root = load_root_keys(path, {}, sealed_exist=False)
    assert load_root_keys(path, {}, sealed_exist=True) == root
    assert [file.name for file in path.parent.iterdir()] == ["root.key"]
    assert len(root.keys) == 1
    assert (root.made, load_root_keys(path, {}, sealed_exist=False).made) == (True, False)
    if POSIX:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_new_files_hold_different_keys(tmp_path: Path) -> None:
    one, two = (load_root_keys(tmp_path / name, {}, sealed_exist=False) for name in "ab")
    assert one.keys != two.keys


def test_no_path_means_the_default_place(tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    root = load_root_keys(None, environ, sealed_exist=False)
    assert root.source == str(default_root_key_path(environ))
    assert Path(root.source).exists()


def test_a_missing_file_is_refused_where_sealed_keys_exist(tmp_path: Path) -> None:
    path = tmp_path / "a" / "root.key"
    said = sentence(path, {}, sealed_exist=True)
    assert str(path) in said
    assert "DOORWARD_ROOT_KEY" in said
    assert not path.parent.exists()


RACER = """
import sys
from pathlib import Path
from tests.support.until import PATIENCE
from doorward.keys import load_root_keys
print("ready", flush=True)
sys.stdin.readline()
print(load_root_keys(Path(sys.argv[1]), {}, sealed_exist=False).keys[0].hex())
"""


@pytest.mark.process
def test_processes_that_make_the_file_at_once_end_with_one_key(tmp_path: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path / "new" / "root.key")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    keys = {racer.communicate(timeout=PATIENCE)[0] for racer in racers}
    assert [racer.returncode for racer in racers] == [0, 0, 0, 0]
    assert len(keys) == 1
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["root.key"]


def test_who_comes_second_takes_the_key_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same race with its narrowest interleaving enforced: the file appears just before ours."""
    path, first, link = tmp_path / "root.key", secrets.token_bytes(32), os.link

    def link_after_another(source: Path, target: Path) -> None:
        written(target, text_of(first))
        link(source, target)

    monkeypatch.setattr(os, "link", link_after_another)
    assert load_root_keys(path, {}, sealed_exist=False).keys == (first,)
    assert [file.name for file in tmp_path.iterdir()] == ["root.key"]


GOOD = text_of(bytes.fromhex("8f3a1c77d2e94b5f60aa13c8b7d4e2f19083a6cb5d7e4f102b3c9d8e7f6a5b41"))
UNFIT = {
    "nothing": "",
    "blanks": " \n ",
    "a comma": ",",
    "31 bytes": text_of(secrets.token_bytes(31)),
    "33 bytes": text_of(secrets.token_bytes(33)),
    "hexadecimal": secrets.token_hex(32),
    "padded": GOOD + "=",
    "the other alphabet": "+/" + GOOD[2:],
    "unused bits": GOOD[:-1] + chr(ord(GOOD[-1]) + 1),
    "no ASCII": GOOD[:-1] + "é",
    "no base64": "change-me!",
    "a good and a bad one": f"{GOOD} {GOOD}x",
    "zeros": text_of(bytes(32)),
    "one byte, repeated": text_of(b"\xa5" * 32),
    "changeme": text_of(b"changeme" * 4),
    "few different bytes": text_of(bytes(range(200, 215)) * 2 + b"\xc8\xc9"),
    "counting up": text_of(bytes(range(32))),
    "counting down by threes": text_of(bytes(range(200, 104, -3))),
    "readable text": text_of(b"correct horse battery staple 42!"),
}


@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT)
def test_an_unfit_key_is_refused_in_the_environment_and_in_the_file(
    text: str, tmp_path: Path
) -> None:
    good = tmp_path / "good.key"
    assert "DOORWARD_ROOT_KEY" in sentence(written(good, GOOD), {"DOORWARD_ROOT_KEY": text})
    bad = tmp_path / "bad.key"
    bad.write_bytes(text.encode())
    bad.chmod(0o600)
    said = sentence(bad, {})
    assert str(bad) in said
    assert text.strip(" ,\n") == "" or text not in said


def test_the_good_key_of_these_tests_is_good(tmp_path: Path) -> None:
    root = load_root_keys(tmp_path / "no", {"DOORWARD_ROOT_KEY": GOOD}, sealed_exist=True)
    assert text_of(root.keys[0]) == GOOD


def test_random_keys_are_never_taken_for_placeholders(tmp_path: Path) -> None:
    many = " ".join(text_of(secrets.token_bytes(32)) for _ in range(2000))
    root = load_root_keys(tmp_path / "no", {"DOORWARD_ROOT_KEY": many}, sealed_exist=True)
    assert len(root.keys) == 2000


@pytest.mark.skipif(not POSIX, reason="Windows keeps access lists, not modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o660, 0o777])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "root.key", GOOD)
    path.chmod(mode)
    assert "chmod 600" in sentence(path, {})
    path.chmod(0o400)
    assert load_root_keys(path, {}, sealed_exist=True).source == str(path)


def test_what_is_no_ordinary_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    assert "not a root key file" in sentence(tmp_path, {})
    huge = written(tmp_path / "huge", f"{GOOD}\n" * 2000)
    assert "not a root key file" in sentence(huge, {})
    if POSIX:
        os.mkfifo(tmp_path / "pipe", 0o600)
        assert "not a root key file" in sentence(tmp_path / "pipe", {})


def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "file", GOOD)
    assert "cannot be used" in sentence(file / "below" / "root.key", {})
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    assert "cannot be used" in sentence(dangling, {})


def test_no_representation_shows_a_key(tmp_path: Path) -> None:
    root = load_root_keys(tmp_path / "no", {"DOORWARD_ROOT_KEY": GOOD}, sealed_exist=True)
    assert repr(root) == "RootKeys(source='DOORWARD_ROOT_KEY', made=False)"


def test_each_purpose_has_its_own_key_for_each_root_key() -> None:
    root = RootKeys((b"a" * 32, b"b" * 32), "test")
    expected = HKDF(SHA256(), 32, None, b"doorward csrf").derive(b"a" * 32)
    assert root.derive("csrf")[0] == expected
    derived = [*root.derive("csrf"), *root.derive("refresh"), *root.keys]
    assert len(set(derived)) == 6
    assert root.derive("csrf") == root.derive("csrf")


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {"HOME": "/h"}, "/h/.local/share/doorward/root.key"),
        ("linux", {"HOME": "/h", "XDG_DATA_HOME": "/x"}, "/x/doorward/root.key"),
        ("linux", {"XDG_DATA_HOME": "/x"}, "/x/doorward/root.key"),
        ("linux", {"HOME": "/h", "XDG_DATA_HOME": "rel"}, "/h/.local/share/doorward/root.key"),
        ("linux", {"HOME": "/h", "XDG_DATA_HOME": ""}, "/h/.local/share/doorward/root.key"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Application Support/doorward/root.key"),
        ("win32", {"LOCALAPPDATA": "/l", "HOME": "/h"}, "/l/doorward/root.key"),
    ],
)
def test_the_default_place_is_the_data_folder_of_the_user(
    platform: str, environ: dict[str, str], expected: str
) -> None:
    assert default_root_key_path(environ, platform) == Path(expected)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_without_a_home_there_is_no_default_place(platform: str) -> None:
    with pytest.raises(ConfigurationError, match="DOORWARD_ROOT_KEY"):
        default_root_key_path({}, platform)
