"""The history: what people ask of the log, newest first, from a long log as from a short."""

import csv
import io
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import pytest

from doorward.server import app
from doorward.server.audit.entry import Entry, Kept
from doorward.server.audit.export import as_csv, as_json_lines
from doorward.server.audit.history import MAX_BUCKETS, Count, History, Place, Query, place, step_for
from doorward.server.audit.log import Audit
from doorward.server.db.database import Database, open_database
from doorward.settings import DAY, HOUR, MINUTE
from tests.server.databases import FILE, POSTGRES, new_url
from tests.server.logs import BEGIN, KINDS, entry, write_log

pytestmark = pytest.mark.anyio

SIZES = (10_000, pytest.param(100_000, marks=pytest.mark.soak))
ADMIN, ANN, BEN = "u_admin", "u_ann", "u_ben"

SMALL = [
    Entry(kind="login", at=100, actor=ANN, subject=ANN, sid="a", address="192.0.2.1"),
    Entry(kind="login_failed", at=110, subject=ANN, address="192.0.2.9", outcome="wrong"),
    Entry(kind="login", at=120, actor=BEN, subject=BEN, sid="b", address="192.0.2.1"),
    Entry(kind="locked", at=130, actor=ADMIN, subject=BEN, address="192.0.2.7"),
    Entry(kind="login", at=130, actor=ADMIN, subject=ADMIN, address="192.0.2.7"),
    Entry(kind="key_rotated", at=140, actor=ADMIN, address="192.0.2.7"),
    Entry(kind="login", at=125, actor=ANN, subject=ANN, sid="c", address="192.0.2.1"),
]


@pytest.fixture(scope="module", params=[FILE, POSTGRES])
async def small(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[History]:
    """A log that no test changes."""
    folder = tmp_path_factory.mktemp("history")
    database = await open_database(new_url(request.param, request, folder))
    audit = Audit(database)
    for each in SMALL:
        await audit.append(each)
    yield History(database)
    await database.close()


class Long(NamedTuple):
    """A long log, which no test changes."""

    database: Database
    many: int


@pytest.fixture(scope="module", params=SIZES)
async def long(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Long]:
    path = tmp_path_factory.mktemp("history") / "long.db"
    await write_log(path, request.param)
    database = await open_database(f"sqlite:///{path}")
    yield Long(database, request.param)
    await database.close()


def seqs(page: Sequence[Kept]) -> list[int]:
    return [each.seq for each in page]


async def test_the_latest_comes_first_by_time_and_then_by_place(small: History) -> None:
    page = await small.page(Query())
    assert seqs(page) == [6, 5, 4, 7, 3, 2, 1]
    assert page[2].entry == SMALL[3]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(person=ANN), [7, 2, 1]),
        (Query(person=BEN), [4, 3]),
        (Query(person=ADMIN), [6, 5, 4]),
        (Query(person=ADMIN, own=True), [6, 5]),
        (Query(person=BEN, own=True), [4, 3]),
        (Query(person="u_nobody"), []),
        (Query(kind="login"), [5, 7, 3, 1]),
        (Query(address="192.0.2.7"), [6, 5, 4]),
        (Query(since=125), [6, 5, 4, 7]),
        (Query(until=120), [2, 1]),
        (Query(since=120, until=130), [7, 3]),
        (Query(person=ADMIN, kind="locked"), [4]),
        (Query(person=ANN, kind="login", address="192.0.2.1", since=101), [7]),
        (Query(kind="login", address="192.0.2.1"), [7, 3, 1]),
        (Query(person="' OR 1=1 --"), []),
    ],
)
async def test_a_query_finds_what_it_names_and_nothing_else(
    small: History, query: Query, expected: list[int]
) -> None:
    assert seqs(await small.page(query)) == expected


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("query", [Query(), Query(person=ADMIN), Query(kind="login")])
async def test_pages_joined_are_the_whole_with_nothing_twice(
    small: History, query: Query, limit: int
) -> None:
    whole = await small.page(query)
    pages: list[Kept] = []
    while page := await small.page(query, place(pages[-1]) if pages else None, limit):
        assert len(page) <= limit
        pages += page
    assert pages == whole


@pytest.mark.engine
async def test_every_query_of_a_long_log_answers_within_50_ms(long: Long) -> None:
    history = History(long.database)
    who, where, middle = entry(7).subject, entry(7).address, BEGIN + long.many // 2
    queries = [
        Query(),
        Query(person=who),
        Query(person=who, own=True),
        Query(person=who, kind="password_changed"),
        Query(address=where),
        Query(address=where, kind="logout"),
        Query(kind="password_changed"),
        Query(kind="nothing"),
        Query(since=middle, until=middle + 1000),
        Query(person=who, address=where, kind="login", since=middle),
    ]
    times = []
    for query in queries:
        for after in (None, Place(middle, 0), Place(BEGIN + 100, 0)) * 4:
            began = time.perf_counter()
            await history.page(query, after)
            times.append(time.perf_counter() - began)
    p95 = sorted(times)[int(len(times) * 0.95)]
    print(f"history of {long.many} entries: p95 {p95 * 1000:.1f} ms")
    assert p95 < 0.05


@pytest.mark.engine
async def test_a_stream_is_every_entry_once(long: Long) -> None:
    stream = History(long.database).stream(Query(kind="login"))
    found = [each.seq async for page in stream for each in page]
    assert len(found) == long.many * KINDS.count("login") // len(KINDS)
    assert found == sorted(set(found), reverse=True)


# --- counts -------------------------------------------------------------------------------------


async def test_counts_are_in_equal_steps_with_none_left_out(small: History) -> None:
    counts = await small.counts(60, 300, app.KINDS)
    assert counts == [Count(60, 1, 1), Count(120, 3, 0), Count(180, 0, 0), Count(240, 0, 0)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(person=ANN), [(1, 1), (1, 0)]),
        (Query(person=ADMIN), [(0, 0), (1, 0)]),
        (Query(address="192.0.2.9"), [(0, 1), (0, 0)]),
        (Query(address="192.0.2.1", kind="login"), [(1, 0), (2, 0)]),
        (Query(kind="locked"), [(0, 0), (0, 0)]),
        (Query(kind="login_failed", since=130, until=131), [(0, 1), (0, 0)]),
    ],
)
async def test_what_a_filter_finds_is_counted_and_nothing_else(
    small: History, query: Query, expected: list[tuple[int, int]]
) -> None:
    counts = await small.counts(60, 179, app.KINDS, query)
    assert [tuple(count)[1:] for count in counts] == expected


async def test_the_beginning_of_a_log_is_its_oldest_entry(small: History) -> None:
    assert await small.begin() == 100


@pytest.mark.engine
async def test_counts_of_a_long_log_add_up(long: Long) -> None:
    began = time.perf_counter()
    counts = await History(long.database).counts(BEGIN, BEGIN + long.many, app.KINDS)
    print(f"counts of {long.many} entries: {(time.perf_counter() - began) * 1000:.1f} ms")
    assert len(counts) <= MAX_BUCKETS
    assert sum(count.logins for count in counts) == long.many * 12 // 20
    assert sum(count.refusals for count in counts) == long.many * 3 // 20


@pytest.mark.parametrize(
    ("span", "step"),
    [(1, MINUTE), (HOUR - MINUTE, MINUTE), (HOUR, 5 * MINUTE), (DAY, HOUR), (30 * DAY, DAY)],
)
def test_a_step_is_one_that_people_know(span: int, step: int) -> None:
    assert step_for(1000, 1000 + span) == step


@pytest.mark.parametrize("span", [1, 59, 3599, 3600, 86_400, 10**7, 10**9, 10**10])
@pytest.mark.parametrize("since", [0, 1, 59, 1_700_000_001])
async def test_there_are_never_more_steps_than_fit(small: History, span: int, since: int) -> None:
    assert 1 <= len(await small.counts(since, since + span, app.KINDS)) <= MAX_BUCKETS


# --- export -------------------------------------------------------------------------------------


async def pages(*entries: Entry) -> AsyncIterator[Sequence[Kept]]:
    for seq, each in enumerate(entries, 1):
        yield [Kept(seq, each)]


async def csv_of(*entries: Entry) -> list[list[str]]:
    text = "".join([part async for part in as_csv(pages(*entries))])
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


async def test_csv_has_a_header_and_a_row_for_each_entry() -> None:
    head, *rows = await csv_of(SMALL[0], SMALL[3])
    assert head[:4] == ["seq", "at", "kind", "actor"]
    assert rows[0][:4] == ["1", "1970-01-01T00:01:40Z", "login", ANN]
    assert [len(row) for row in rows] == [len(head)] * 2


@pytest.mark.parametrize(
    "said",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
    ],
)
async def test_no_cell_of_a_csv_is_a_formula(said: str) -> None:
    _, row = await csv_of(Entry(kind="login", at=1, user_agent=said))
    space = said[: len(said) - len(said.lstrip())]
    assert row[7] == f"{space}'{said.lstrip()}"
    _, row = await csv_of(Entry(kind="login", at=1, user_agent=f"x{said.lstrip()}"))
    assert row[7] == f"x{said.lstrip()}"


@pytest.mark.parametrize("said", ['","x\r\n9,', "a\r\nb", 'say "hi"', "\x00", "\x1b[31m", "\u202e"])
async def test_what_a_client_said_stays_in_its_cell_and_on_its_line(said: str) -> None:
    one = Entry(kind="login", at=1, user_agent=said, detail={"label": said})
    rows = await csv_of(one, SMALL[0])
    assert len(rows) == 3
    assert rows[1][7] == said
    text = "".join([part async for part in as_json_lines(pages(one, SMALL[0]))])
    assert text.count("\n") == 2
    assert text.isascii()
    assert all(char == "\n" or char.isprintable() for char in text)
    first = json.loads(text.split("\n")[0])
    assert (first["user_agent"], first["detail"]) == (said, {"label": said})


def cells_by(separator: str, text: str) -> list[str]:
    """As a spreadsheet of another country reads the file: it splits at its own separator, and only
    a quote at the beginning of a cell means something."""
    lines = re.split(r"[\r\n]+", text)
    return [cell.strip('" \t') for line in lines for cell in line.split(separator)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", ":", " ", "^", "~"])
@pytest.mark.parametrize("before", ["", " ", '"', ' " ', "\n", "\r\n"])
async def test_no_cell_is_a_formula_whatever_separates(separator: str, before: str) -> None:
    for sign in ("=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1"):
        said = f"x{separator}{before}{sign}{separator}y"
        one = Entry(kind="login", at=1, user_agent=said, detail={"said": said})
        text = "".join([part async for part in as_csv(pages(one))])
        found = cells_by(separator, text)
        assert [cell for cell in found if cell.startswith(tuple("=+-@\uff1d"))] == []


async def test_what_is_no_formula_stays_as_it_was_said() -> None:
    said = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko-like/1=2 a@b c+d"
    (_, row) = await csv_of(Entry(kind="login", at=1, user_agent=said, sid="ab-_c-"))
    assert said in row
    assert "ab-_c-" in row
