"""Every name that people rely on is on its page, and every name on the page exists."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields
from importlib import import_module
from inspect import signature
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from doorward import (
    Auth,
    Device,
    Event,
    Issued,
    Principal,
    Reason,
    Session,
    Settings,
    password_hashes,
)
from doorward.cli import COMMANDS, main
from doorward.cli.imports.importing import BATCH
from doorward.passwords import LONGEST, Cost
from doorward.server.app import DECLARED, KINDS, create_app
from doorward.server.audit import sampling
from doorward.server.http import limits, timeouts
from doorward.server.http.connection import MAX_CONNECTIONS
from doorward.server.http.protocol import MAX_AHEAD
from doorward.server.http.serving import KEEP_ALIVE
from doorward.server.options import OPTIONS, Options
from doorward.server.refusals import Refusal, Refused
from doorward.settings import (
    CLOCK_SKEW,
    ELEVATE_OVERLAP,
    MAX_BRANCHES,
    MAX_ROLE_BYTES,
    MINUTE,
)
from doorward.stores import Store
from doorward.types import EVENTS
from doorward.web import limits as acts
from doorward.web.problem import STATUS
from tests.docs.pages import DOCS, ROOT, code, rows

COMMON = {"--database", "--sessions", "--root-key-file", "--json"}
"""What every command takes."""

SERVE = {f"--{option.name}" for option in OPTIONS.values()}


def assert_same(
    page: str, heading: str, documented: Mapping[str, Any], real: Mapping[str, Any]
) -> None:
    """Whether the table under a heading has a row for each name, which says what is true of it."""
    missing, unknown = real.keys() - documented.keys(), documented.keys() - real.keys()
    wrong = [name for name in real.keys() & documented.keys() if documented[name] != real[name]]
    edits = [
        *(f"add a row for `{name}`" + shown(real[name]) for name in sorted(missing)),
        *(f"remove `{name}`, which the code does not have" for name in sorted(unknown)),
        *(f"in the row of `{name}` say {real[name]!r}, not {documented[name]!r}" for name in wrong),
    ]
    assert not edits, f"in docs/{page}, in the table under {heading!r}: " + "; ".join(edits)


def shown(value: object) -> str:
    return "" if value is None else f" with {value!r}"


def assert_listed(page: str, heading: str, documented: Iterable[str], real: Iterable[str]) -> None:
    """The same where only the names are judged."""
    names = Counter([*documented])
    assert_same(page, heading, dict.fromkeys(names), dict.fromkeys(real))
    twice = [name for name, times in names.items() if times > 1]
    assert not twice, f"in docs/{page}, in the table under {heading!r}: {twice} stand twice"


def listed(page: str, heading: str) -> list[str]:
    """The names that begin the rows under a heading, some of which hold several."""
    return ", ".join(rows(DOCS / page, heading)).split(", ")


def test_every_setting_is_documented_with_its_default() -> None:
    page, heading = "settings.md", "## Settings of the library"
    table = {name: code(cells[0]) for name, cells in rows(DOCS / page, heading).items()}
    assert_same(page, heading, table, {each.name: str(each.default) for each in fields(Settings)})


def test_every_option_of_the_server_is_documented_with_its_variable_and_default() -> None:
    page, heading = "settings.md", "## Options of the server"
    table = rows(DOCS / page, heading)
    real = {f"--{each.name}": [each.variable, each.shown] for each in OPTIONS.values()}
    documented = {name: [code(cells[0]), cells[1]] for name, cells in table.items()}
    assert_same(page, heading, documented, real)


def test_every_reason_of_the_library_is_documented_with_its_status() -> None:
    page, heading = "reasons.md", "## Reasons of the library"
    real: dict[str, int] = {reason: STATUS[reason].value for reason in Reason}
    assert_same(page, heading, statuses(rows(DOCS / page, heading)), real)


def test_every_reason_of_the_server_is_documented_with_its_status() -> None:
    page, heading = "reasons.md", "## Reasons of the server"
    real: dict[str, int] = {reason: Refused(reason).status.value for reason in Refusal}
    real |= {"store_unavailable": 503, "moved": 503}
    assert_same(page, heading, statuses(rows(DOCS / page, heading)), real)


def test_every_kind_of_event_is_documented() -> None:
    page, heading = "events.md", "## Kinds"
    assert_listed(page, heading, rows(DOCS / page, heading), EVENTS)


def test_every_field_of_an_event_is_documented() -> None:
    page, heading = "events.md", "## Fields"
    assert_listed(page, heading, listed(page, heading), [field.name for field in fields(Event)])


def noted() -> set[str]:
    return {
        kind
        for room in ("server", "cli")
        for file in (ROOT / "src" / "doorward" / room).rglob("*.py")
        for kind in re.findall(r'note\(\s*(?:service, )?"(\w+)"', file.read_text())
    }


def test_every_kind_of_line_in_the_log_of_the_server_is_documented() -> None:
    page, heading = "events.md", "## The server's log"
    real = set(DECLARED.events) - set(EVENTS) - {"audit_pruned"}  # named below the table
    assert_listed(page, heading, rows(DOCS / page, heading), real)


def test_every_kind_that_is_recorded_is_declared_with_words_and_no_other() -> None:
    recorded = noted() | set(EVENTS) | {"audit_pruned", "request_refused"}
    missing, unknown = recorded - set(DECLARED.events), set(DECLARED.events) - recorded
    assert not missing, f"declare in `events` of the journey that records it: {sorted(missing)}"
    assert not unknown, (
        f"nothing records these kinds that are declared: {sorted(unknown)}; record each by"
        ' `service.recorder.note("kind", ...)`, or remove it from `events` of its journey'
    )
    wordless = [name for name, words in KINDS.words().items() if not words]
    assert not wordless, f"give words to these kinds, since the history shows them: {wordless}"


def test_every_letter_is_documented() -> None:
    page, heading = "mail.md", "## Which letters there are"
    assert_listed(page, heading, rows(DOCS / page, heading), DECLARED.letters)


def test_every_route_of_the_api_is_documented() -> None:
    schema = the_app().openapi()
    real = [f"{method.upper()} {path}" for path, each in schema["paths"].items() for method in each]
    assert_listed("http.md", "## API", rows(DOCS / "http.md", "## API"), real)


def test_no_log_of_the_nginx_of_the_examples_holds_a_link() -> None:
    """Its error log is off where a page takes a ticket, since that log has whole requests."""
    sources = "".join(file.read_text() for file in (ROOT / "src/doorward/server").rglob("*.py"))
    links = set(re.findall(r"\}(/[^?\s\"]+)\?ticket=", sources))
    found = re.search(r"location ~ (\S+) \{", (DOCS / "examples/nginx.conf").read_text())
    assert found
    assert "/verify" in links
    logged = [link for link in links if not re.match(found[1], link)]
    assert not logged, f"put these pages below /link/, where proxies log no query: {logged}"


def test_every_page_of_the_server_is_documented() -> None:
    real = {route.path.replace(":path}", "}") for route in page_routes()}
    assert_listed("http.md", "## Pages", listed("http.md", "## Pages"), real)


def test_every_verb_is_documented_with_what_it_takes() -> None:
    real = [name + taken(each) for name, each in vars(Auth).items() if name[0] != "_"]
    assert_listed("auth.md", "## Verbs", rows(DOCS / "auth.md", "## Verbs"), real)


@pytest.mark.parametrize("noun", [Principal, Issued, Session, Device])
def test_every_field_that_a_verb_gives_or_takes_is_documented(noun: type[Any]) -> None:
    page, heading = "auth.md", f"## {noun.__name__}"
    assert_listed(page, heading, listed(page, heading), [field.name for field in fields(noun)])


def taken(verb: object) -> str:
    """The parameters of a verb as the page writes them; nothing for a property."""
    if not callable(verb):
        return ""
    names: list[str] = []
    starred = False
    for each in [*signature(verb).parameters.values()][1:]:
        if each.kind is each.VAR_POSITIONAL:
            starred = True
        elif each.kind is each.KEYWORD_ONLY and not starred:
            names, starred = [*names, "*"], True
        star = "*" if each.kind is each.VAR_POSITIONAL else ""
        shown = f"={each.default}" if isinstance(each.default, int | tuple) else ""
        names.append(f"{star}{each.name}{shown}")
    return f"({', '.join(names)})"


def test_every_method_of_a_store_is_documented() -> None:
    real = [name for name, each in vars(Store).items() if callable(each) and name[0] != "_"]
    page, heading = "own-store.md", "## The ten methods"
    assert_listed(page, heading, [*rows(DOCS / page, heading), "close"], real)


def test_the_bounds_in_the_pages_are_those_of_the_code() -> None:
    minutes = acts.FEW_WINDOW // MINUTE
    said = {
        "reasons.md": [
            f"above {limits.MAX_BODY // 1024} KiB",
            f"above {limits.MAX_HEADER // 1024} KiB, or all above {limits.MAX_HEADERS // 1024}",
            f"more than {timeouts.SLOWEST} seconds",
        ],
        "import-users.md": [
            f"{BATCH} accounts in a transaction",
            f"{password_hashes.MAX_MEMORY_KIB // 1024} MiB of memory",
            f"cost {password_hashes.MAX_BCRYPT_COST} for bcrypt",
            f"{password_hashes.MAX_ITERATIONS:,} iterations",
            f"{password_hashes.MAX_SCRYPT_BLOCKS:,} for",
            f"{password_hashes.MAX_LANES} lanes",
            f"{password_hashes.MAX_PASSES_KIB // 2**20} GiB of memory in all passes",
            f"more than {LONGEST} characters",
        ],
        "events.md": [
            f"only {sampling.FROM_ONE} lines a minute",
            f"{sampling.MAX_FROM_ONE} from one address in all",
            f"{sampling.ALTOGETHER} from all addresses",
        ],
        "wrong-passwords.md": [
            f"{acts.FEW} in {minutes} minutes, {acts.FROM_ONE} a day",
            f"{acts.DAILY} a day",
            f"{acts.FROM_SOURCE} in {minutes} minutes",
            f"to {LONGEST} characters",
        ],
        "forgot.md": [
            f"asked for from one source | {acts.LETTERS} an hour |",
            f"from all sources | {acts.LETTERS_OF_ALL} an hour |",
            f"where the owner logged in before | {acts.LETTERS} an hour |",
            f"where the owner logged in before | {acts.LETTERS_OF_ALL} an hour |",
            f"{acts.LETTERS_FROM} in {minutes} minutes, then 429",
        ],
        "proxy.md": [
            f"at most {MAX_CONNECTIONS} connections",
            f"has {timeouts.SLOWEST} seconds for TLS",
            f"for up to {KEEP_ALIVE} seconds",
        ],
        "security.md": [f"{MAX_AHEAD} requests ahead"],
        "settings.md": [
            f"{ELEVATE_OVERLAP} seconds of overlap",
            f"{MAX_BRANCHES} re-branches",
            f"{CLOCK_SKEW} seconds of clock difference",
            f"{MAX_ROLE_BYTES:,} bytes each",
            f"{Cost().memory_kib:,} KiB and {Cost().passes} passes",
        ],
    }
    for page, phrases in said.items():
        text = " ".join((DOCS / page).read_text().split())
        for phrase in phrases:
            assert phrase in text, f"{page} does not say: {phrase}"


def statuses(table: Mapping[str, list[str]]) -> dict[str, int]:
    return {name: int(cells[0]) for name, cells in table.items()}


def the_app() -> FastAPI:
    return create_app(Options(database="memory:", provider=True))


def page_routes() -> list[APIRoute]:
    routes = [route for router in DECLARED.routers for route in router.routes]
    return [
        route
        for route in routes
        if isinstance(route, APIRoute)
        and not route.include_in_schema
        and route.methods != {"OPTIONS"}
    ]


def test_every_command_is_documented_with_its_own_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page, heading = "commands.md", "## Verbs"
    documented = {first: cells[0] for first, cells in rows(DOCS / page, heading).items()}
    assert_listed(page, heading, [verb_of(first) for first in documented], verbs())
    for first, cell in documented.items():
        own = set(options(verb_of(first).split(), capsys)) - COMMON
        named = SERVE if cell == "all of `doorward serve`" else set(re.findall(r"--[a-z-]+", cell))
        row = f"{heading}, `{first}`"
        assert_listed(page, row, named - COMMON, own)


def verb_of(first: str) -> str:
    """`users lock WHO` without what it is about."""
    return " ".join(re.findall(r"(?<!\[)\b[a-z-]+\b", first))


def verbs() -> list[str]:
    """Every command of the operator, with its verb if it has any."""
    found = []
    for command in COMMANDS.keys() - {"serve"}:
        module = import_module(f"doorward.cli.{command}")
        found += [f"{command} {verb}" for verb in getattr(module, "VERBS", {})] or [command]
    return found


def options(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The options in the usage that a command prints."""
    with pytest.raises(SystemExit):
        main([*words, "--help"])
    return re.findall(r"--[a-z-]+", capsys.readouterr().out.partition("\n\n")[0])


def test_every_command_that_tries_to_break_a_promise_has_something_to_run() -> None:
    commands = re.findall(r"`\./dev test ([^`]*)`", (DOCS / "security.md").read_text())
    paths = [ROOT / word for command in commands for word in command.split()]
    assert len(commands) > 8
    assert [path for path in paths if not path.exists()] == []
