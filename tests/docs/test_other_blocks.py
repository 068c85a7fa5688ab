"""Transcripts are what a real server answers; commands exist, with their options."""

import json
import re
import shlex
import tomllib
from configparser import ConfigParser
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from doorward.cli import main
from doorward.keys.root import VARIABLE
from doorward.server.options import OPTIONS
from doorward.types import system_clock
from tests.docs.pages import GUIDE, ROOT, Block, blocks
from tests.docs.transcript import WRITTEN, Reader, commands, matches
from tests.support.server import Serve
from tests.support.thread_server import server_in_thread

PLAIN = {
    "cd",
    "curl",
    "git",
    "uvicorn",
    "python",
    "python3",
    "cp",
    "chmod",
    "docker",
    "sqlite3",
    "sudo",
    *("umask", "mkdir", "rm", "install", "systemctl"),
    *("pg_dump", "pg_restore", "createdb", "dropdb"),
}
"""Programs of others: what they are told is theirs to check."""


def of_kind(*kinds: str) -> list[Block]:
    return [block for page in GUIDE for block in blocks(page) if block.kind in kinds]


@pytest.mark.process
@pytest.mark.parametrize("block", of_kind("console"), ids=str)
def test_a_transcript_is_what_a_server_answers(block: Block, tmp_path: Path) -> None:
    mode, *options = block.more.split() or ["session"]
    now = system_clock()  # stands still: `expires_in` is 299 where a second ends meanwhile
    with server_in_thread("--mode", mode, *options, folder=tmp_path, clock=lambda: now) as server:
        reader = Reader(server)
        for command, shown in commands(block):
            answer = reader.types(command)
            said = f"{block}\n$ {command}\n{answer}\nbut the page says\n{shown}"
            assert matches(shown, answer), said


@pytest.mark.parametrize("block", of_kind("bash"), ids=str)
def test_a_command_for_the_reader_exists_with_its_options(
    block: Block, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if words and words[0].startswith("/"):
            words[0] = Path(words[0]).name
        if words and words[0] == "doorward":
            assert_doorward_takes(words[1:], capsys)
        elif words and words[0] == "./dev":
            assert_dev_takes(words[1:], capsys)
        elif words and words[0] == "pip":
            assert_extras_exist(words)
        else:
            assert not words or words[0] in PLAIN, f"{block}: {line}"


def test_the_line_of_the_log_that_is_shown_has_the_members_of_a_real_one(serve: Serve) -> None:
    server = serve()
    reader = Reader(server)
    for route in "signup", "login":
        body = '{"email":"ada@example.org","password":"correct horse battery"}'
        reader.types(f"curl --json '{body}' {WRITTEN}/api/{route}")
    shown = next(block for block in of_kind("json") if block.page.name == "events.md")
    real = next(line for line in server.output.splitlines() if line.startswith('{"event":"login"'))
    assert list(json.loads(shown.text)) == list(json.loads(real))


@pytest.mark.parametrize("block", of_kind("json"), ids=str)
def test_json_is_json(block: Block) -> None:
    assert json.loads(block.text)


@pytest.mark.parametrize("block", of_kind("ini"), ids=str)
def test_a_unit_starts_what_exists_and_its_variables_are_read(
    block: Block, capsys: pytest.CaptureFixture[str]
) -> None:
    if not block.text.startswith("["):
        names = {line.partition("=")[0] for line in block.text.splitlines()}
        assert names <= {*(option.variable for option in OPTIONS.values()), VARIABLE}
        return
    unit = ConfigParser(interpolation=None)
    unit.read_string(block.text)
    program, *words = unit["Service"]["ExecStart"].split()
    assert Path(program).name == "doorward"
    assert_doorward_takes(words, capsys)


def assert_doorward_takes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    verbs = [word for word in words[:2] if re.fullmatch(r"[a-z][a-z-]*", word)]
    with pytest.raises(SystemExit) as end:
        main([*verbs, "--help"])
    shown = capsys.readouterr().out
    assert end.value.code == 0, f"there is no command `doorward {' '.join(verbs)}`"
    for option in (word for word in words if word.startswith("--")):
        assert re.search(rf"{option}\b", shown), f"doorward {' '.join(verbs)} has no {option}"


def assert_dev_takes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    loader = SourceFileLoader("dev", str(ROOT / "dev"))
    spec = spec_from_loader("dev", loader)
    assert spec is not None
    dev = module_from_spec(spec)
    loader.exec_module(dev)
    assert words[0] in dev.COMMANDS
    if words[0] == "run":
        assert_doorward_takes(["serve", *words[1:]], capsys)


def assert_extras_exist(words: list[str]) -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extras in re.findall(r"\[(.*?)\]", " ".join(words)):
        assert set(extras.split(",")) <= set(known["optional-dependencies"])


def test_the_readme_names_the_commands() -> None:
    text = Path(ROOT / "README.md").read_text()
    assert "`./dev run`" in text
    assert "`./dev attack`" in text
    assert "`./dev test`" in text
