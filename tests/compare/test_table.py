"""The result as text and as JSON."""

import json

from doorward.compare.table import as_json, table
from tests.compare.figures import COLUMNS, a_run


def test_a_document_has_the_machine_and_each_row_with_its_values_by_column() -> None:
    document = json.loads(json.dumps(as_json(a_run())))
    assert document.keys() == {"machine", "rows"}
    assert all(row.keys() == {"id", "unit", "values"} for row in document["rows"])
    lock = next(row for row in document["rows"] if row["id"] == "lock")
    assert lock == {
        "id": "lock",
        "unit": "ms",
        "values": {"session @ sqlite": None, "token @ sqlite": 10, "plain_jwt @ none": 100},
    }


def test_the_table_marks_arithmetic_and_leaves_out_what_has_no_answer() -> None:
    lines = table(a_run()).splitlines()
    million = next(line for line in lines if line.startswith("Credentials of a million"))
    assert million.split()[-5:] == ["MB", "*", "-", "10", "100"]
    assert COLUMNS[-1].startswith(f"{lines[0].split()[-1]} @")


def test_each_store_has_a_table_with_the_plain_jwt_beside_it() -> None:
    shown = table(a_run(["session @ sqlite", "session @ redis", "plain_jwt @ none"]))
    heads = [line.split() for line in shown.splitlines() if line.startswith("   ")]
    jwt = ["plain_jwt"]
    assert heads == [["session", "@", store, *jwt] for store in ("sqlite", "redis")]


def test_words_that_are_alike_are_said_once() -> None:
    assert "  session, token, plain_jwt: <b>words</b>" in table(a_run())
