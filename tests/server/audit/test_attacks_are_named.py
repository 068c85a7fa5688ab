"""Each attack leaves a line in the log that names it; a flood few; and no line holds a secret."""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from doorward.server.audit.sampling import FROM_ONE
from doorward.web import limits
from tests.server.attacks import ATTACKS
from tests.server.attacks.scene import Attack, scene_of
from tests.server.house import House, Opened

pytestmark = pytest.mark.anyio

Lines = Callable[[], Sequence[dict[str, Any]]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """A function that gives the events at INFO or above since it was called last."""
    caplog.set_level(logging.DEBUG, logger="doorward")
    seen = 0

    def told() -> Sequence[dict[str, Any]]:
        nonlocal seen
        new, seen = caplog.records[seen:], len(caplog.records)
        events = [one for one in new if one.name == "doorward.events"]
        return [json.loads(one.getMessage()) for one in events if one.levelno >= logging.INFO]

    return told


def names(line: dict[str, Any], attack: Attack) -> bool:
    return line["event"] == attack.kind and line.get("outcome") in attack.outcomes


async def test_of_all_attacks_from_one_address_twenty_a_minute_95_percent_are_named(
    opened: Opened,
    lines: Lines,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "FROM_SOURCE", 25)  # a flood is over sooner
    scenes = {
        mode: await scene_of(await opened(mode=mode, signup_limit=3))
        for mode in ("session", "token")
    }
    unnamed = []
    for attack in ATTACKS:
        scene = scenes[attack.mode]
        scene.house.clock.advance(3)
        lines()
        await attack.play(scene)
        told = lines()
        if not any(names(line, attack) for line in told):
            unnamed.append((str(attack), [(each["event"], each.get("outcome")) for each in told]))
    assert [each for each in unnamed if each[0] not in LEFT_OUT] == []
    assert 1 - len(unnamed) / len(ATTACKS) >= 0.95
    secrets = set().union(*(scene.secrets for scene in scenes.values()))
    assert len(secrets) > 40
    assert [secret for secret in secrets if secret in caplog.text] == []


LEFT_OUT = [str(attack) for attack in ATTACKS if not attack.kind]

FLOODS = [
    "a session token made up whole",
    "a login from another site",
    "a guessed reset link",
    "a stranger opens the console",
    "a member twice",
    "asking who has an account",
]


async def test_a_flood_of_one_attack_leaves_few_lines(house: House, lines: Lines) -> None:
    scene = await scene_of(house)
    floods = [attack for attack in ATTACKS if attack.name in FLOODS]
    assert len(floods) == len(FLOODS)
    for attack in floods:
        lines()
        for _ in range(3 * FROM_ONE):
            await attack.play(scene)
        told = lines()
        assert all(names(line, attack) for line in told), attack
        assert len(told) == FROM_ONE, attack


async def test_a_revoked_credential_that_is_shown_all_day_leaves_few_lines(
    either: House, lines: Lines
) -> None:
    scene = await scene_of(either)
    given = await scene.tokens()
    await either.service.auth.revoke(subject=given["subject"])
    lines()
    for _ in range(3 * FROM_ONE):
        await scene.shows(given["access_token"])
    assert [line["outcome"] for line in lines()] == ["revoked"] * FROM_ONE
