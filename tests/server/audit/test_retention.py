"""Retention: what is too old goes, in steps, and the rest stays proof."""

import json
import logging
from pathlib import Path

import pytest
from sqlalchemy import text

from doorward.server.audit.log import PAGE, Audit
from doorward.server.db.database import open_database
from doorward.server.mail.outbox import Outbox
from doorward.server.retention import prune, prune_all
from doorward.testing import FakeClock
from tests.server.logs import BEGIN, write_log

pytestmark = [pytest.mark.anyio, pytest.mark.engine]


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


async def test_a_database_that_is_away_is_only_noted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="doorward.events")
    database = await open_database("memory:")
    await database.run(text("DROP TABLE doorward_audit"))
    await prune_all(Audit(database), Outbox(database, (), sends=False), database, FakeClock(), 100)
    assert json.loads(caplog.records[0].getMessage())["event"] == "audit_not_pruned"
    await database.close()
