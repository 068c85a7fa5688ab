"""Instances on other engines, over TLS, at an address, and what the lab knows of its own."""

import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from doorward.attack.certificate import make_certificate
from doorward.attack.client import Client
from doorward.attack.instances import own_instance, storage
from doorward.attack.lab import Instance
from doorward.attack.naive_instance import naive_instance
from doorward.attack.target import Missing, Target, Way
from doorward.cli.attack import main
from doorward.types import Mode
from tests.attack.support import WAYS
from tests.support.postgres import Postgres
from tests.support.valkey import Valkey

pytestmark = pytest.mark.process

FEW = "logout-replay,password-change,refresh-race"
ENGINES = {"", "postgresql", "redis"}


def target_of(instance: Instance, mode: Mode = "session") -> Target:
    return Target(Client(instance), Way(mode, "cookie"), [])


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("only", [FEW, pytest.param("", marks=pytest.mark.soak)])
def test_nothing_succeeds_on_any_engine(
    only: str, postgres: Postgres, valkey: Valkey, capsys: pytest.CaptureFixture[str]
) -> None:
    stores = ["--store", postgres.new_database(), "--store", valkey.url]
    words = ["--only", only] if only else []
    assert main(["--json", *words, *stores]) == 0
    modes = {row["mode"] for row in document(capsys)["attacks"]}
    assert {mode.partition(" @ ")[2] for mode in modes} == ENGINES
    assert len(modes) == 4 * len(ENGINES)


@pytest.mark.parametrize("mode", ["session", "token"])
def test_over_tls_the_attacks_run_as_well(
    mode: Mode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tls = make_certificate(tmp_path)
    words = ["--only", "logout-replay,csrf", "--json", "--tls-cert", tls.certificate]
    assert main([*words, "--tls-key", tls.key]) == 0
    outcomes = {row["verdict"] for row in document(capsys)["attacks"]}
    assert outcomes == {"held", "not_applicable"}
    with own_instance(mode, tls=tls) as instance:
        assert instance.origin.startswith("https://")
        assert Client(instance).raw(b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1")


def test_two_runs_at_once_against_one_instance_do_not_meet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found: list[int] = []
    with own_instance("session") as instance:
        words = [instance.origin, "--only", "csrf,logout-replay,enumeration"]
        runs = [Thread(target=lambda: found.append(main(words))) for _ in range(2)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
    assert found == [0, 0]


def test_few_accounts_are_made_and_all_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with own_instance("session") as instance:
        assert main([instance.origin, "--json", "--only", "csrf,fixation,logout-replay"]) == 0
    assert len(document(capsys)["accounts"]) == 2


def test_the_clock_of_an_own_instance_is_put_forward() -> None:
    with own_instance("session") as instance:
        target = target_of(instance)
        login = target.log_in()
        assert target.clock is not None
        target.clock.advance(15 * 86_400)
        assert target.me(login).status == 401


@pytest.mark.parametrize("tls", [False, True])
def test_a_second_node_knows_the_logins_of_the_first(tls: bool) -> None:
    with own_instance("session") as instance:
        target = target_of(instance)
        login = target.log_in()
        with target.node(tls=tls) as second:
            assert second.origin != target.origin
            assert second.me(login).status == 200
        with target.node(ahead=31 * 86_400) as late:
            assert late.me(login).status == 401


def test_what_is_stored_is_seen_on_every_engine(postgres: Postgres, valkey: Valkey) -> None:
    for store in ("", postgres.new_database(), valkey.url):
        with storage(store) as where, own_instance("session", where) as instance:
            target = target_of(instance)
            login = target.log_in()
            assert target.stored is not None
            found = target.stored()
            assert login.account.email in found
            assert login.credential not in found
            assert target.files is not None
            assert (target.files.database is None) == (where.label == "postgresql")


def test_what_the_careless_application_stores_is_seen() -> None:
    with naive_instance("session") as instance:
        target = target_of(instance)
        login = target.log_in()
        assert target.stored is not None
        assert login.credential in target.stored()


def test_the_letters_of_an_own_instance_are_read_and_not_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with own_instance("session") as instance:
        target = target_of(instance)
        account = target.sign_up()
        target.client.send("POST", "/api/forgot", target.own, data={"email": account.email})
        (letter,) = target.operator.letters(account.email)
    assert letter.kind == "reset_asked"
    assert letter.link.startswith(f"{instance.origin}/reset?ticket=")
    assert "Mail to" not in "".join(capfd.readouterr())


def test_over_tls_an_own_instance_has_no_letters(tmp_path: Path) -> None:
    with own_instance("session", tls=make_certificate(tmp_path)) as instance:
        operator = target_of(instance).operator
        with pytest.raises(Missing):
            operator.letters("ann@doorward.example")


@pytest.mark.soak
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_login_at_another_instance_opens_nothing(way: Way, own: dict[str, Instance]) -> None:
    target = Target(Client(own[way.mode]), way, [])
    with target.other() as other:
        login, stranger = target.log_in(), other.log_in()
        assert (target.me(login).status, other.me(stranger).status) == (200, 200)
        assert target.me(login, stranger.credential).status == 401
        assert other.me(stranger, login.credential).status == 401
