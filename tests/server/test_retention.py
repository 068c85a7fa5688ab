"""Retention: what is too old goes, in steps, and the rest stays proof."""

import asyncio
import json
import logging
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from doorward.server.audit import PAGE, Audit
from doorward.server.database import open_database
from doorward.server.retention import prune, prune_hourly
from doorward.testing import FakeClock
from tests.server.logs import BEGIN, write_log

pytestmark = pytest.mark.anyio


async def test_everything_older_goes_in_as_many_steps_as_it_takes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="doorward.events")
    await write_log(tmp_path / "log.db", 2 * PAGE + 30)
    database = await open_database(f"sqlite:///{tmp_path}/log.db")
    audit = Audit(database)
    clock = FakeClock(BEGIN + 2 * PAGE + 120)
    assert await prune(audit, clock, 100) == 2 * PAGE + 20
    assert await audit.verify() == []
    (line,) = [json.loads(record.getMessage()) for record in caplog.records]
    assert (line["event"], line["entries"]) == ("audit_pruned", 2 * PAGE + 20)
    assert await prune(audit, clock, 100) == 0
    assert len(caplog.records) == 1
    await database.close()


async def test_an_hour_in_which_the_database_is_away_is_only_noted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="doorward.events")
    database = await open_database("memory:")
    await database.run(text("DROP TABLE doorward_audit"))
    task = asyncio.create_task(prune_hourly(Audit(database), FakeClock(), 100))
    while not caplog.records and not task.done():
        await asyncio.wait({task}, timeout=0.01)
    assert json.loads(caplog.records[0].getMessage())["event"] == "audit_not_pruned"
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await database.close()
