"""The settings for levels of NIST and ASVS, as the page has them."""

import re

import pytest

from doorward.cli.commands import parser_of
from doorward.server.accounts.factor_policy import must_have_second
from doorward.server.command_options import read_options
from doorward.settings import DAY, HOUR
from tests.docs.pages import DOCS
from tests.server.factors import asked
from tests.server.house import House, Opened, login

pytestmark = pytest.mark.anyio

PAGE = (DOCS / "factors.md").read_text()
TABLE = re.findall(r"^\| (\S+ .*?) \| `(--.*?)` \|", PAGE, re.MULTILINE)


def test_every_level_has_a_row() -> None:
    assert [level for level, _ in TABLE] == [
        "NIST AAL1", "NIST AAL2", "ASVS level 1", "ASVS level 2"
    ]  # fmt: skip


@pytest.mark.parametrize(("level", "words"), TABLE, ids=[level for level, _ in TABLE])
async def test_a_level_keeps_what_it_asks_for(opened: Opened, level: str, words: str) -> None:
    names = ("require_factor", "min_password", "absolute_ttl", "idle_ttl")
    options = read_options(parser_of("doorward serve", "", *names).parse_args(words.split()))
    two = level in ("NIST AAL2", "ASVS level 2")
    assert must_have_second(options.require_factor, frozenset()) == two
    # SP 800-63B-4 section 3.1.1.2: a password that is the only factor
    assert options.min_password >= (15 if level == "NIST AAL1" else 8)
    # sections 2.1.3 and 2.2.3
    assert options.absolute_ttl <= (DAY if two else 30 * DAY)
    assert options.idle_ttl <= (HOUR if two else options.absolute_ttl)
    house: House = await opened(**{name: getattr(options, name) for name in names})
    await house.account()
    client = await house.client()
    if two:
        await asked(client)
    else:
        assert (await login(client)).json()["amr"] == ["pwd"]
