"""The kept run of the peers is whole, and each peer says whose page it follows."""

import ast
import re
from pathlib import Path

import pytest

from bench.peers import results
from bench.peers.catalogue import PEERS, authenticates
from tests.docs.pages import ROOT, name

BENCH = ROOT / "bench/peers"
APPS = sorted((BENCH / "apps").glob("*.py"))
RUN = results.read()


def test_the_kept_results_hold_every_peer() -> None:
    assert [one.name for one in RUN.measured] == [peer.name for peer in PEERS]
    assert all(len(one.rounds) == RUN.starts * RUN.rounds for one in RUN.measured)


def test_every_peer_opens_to_who_logged_in_and_to_nobody_else() -> None:
    for peer in filter(authenticates, PEERS):
        cases = RUN.named(peer.name).cases
        assert cases["logged in"] == 200, peer.name
        assert cases["without"] == 401, peer.name
        assert cases["changed"] == (422 if peer.package == "authx" else 401), peer.name


def test_the_kept_results_name_no_host_and_no_path() -> None:
    kept = results.KEPT.read_text()
    assert not re.search(r"://|/(home|root|tmp|work|usr)\b", kept)


@pytest.mark.parametrize("app", APPS, ids=name)
def test_every_peer_says_which_page_it_follows(app: Path) -> None:
    said = ast.get_docstring(ast.parse(app.read_text())) or ""
    assert re.search(r"^Sources?: (https://|docs/)", said, re.MULTILINE), (
        f"no source in {name(app)}"
    )


def test_every_application_is_in_the_catalogue_and_each_of_those_exists() -> None:
    assert {peer.module for peer in PEERS} == {app.stem for app in APPS}


def test_the_lock_of_the_peers_names_versions_and_hashes_alone() -> None:
    locked = (BENCH / "requirements.txt").read_text()
    assert "://" not in locked
    pins = re.findall(r"^[\w.-]+==.*(?:\\\n +--hash=sha256:[0-9a-f]{64}.*)+", locked, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^\w", locked, re.MULTILINE))
