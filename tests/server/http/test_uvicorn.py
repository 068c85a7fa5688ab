"""What `edge/` overrides in uvicorn, or relies on, is as it was when `edge/` was last compared."""

import inspect
from hashlib import sha256
from importlib.metadata import requires, version
from typing import Any

import pytest
import uvicorn
from packaging.requirements import Requirement
from packaging.version import Version
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

READ = {
    "HttpToolsProtocol": "18fdf324b11bf160",
    "RequestResponseCycle": "e67d470d435dcc1c",
    "FlowControl": "126debcdaa894c83",
    "Server.startup": "2aa1d70a244bfcf2",
    "Server.shutdown": "9b33c50562992b1e",
}
"""What was read, with the beginning of the SHA-256 of its source."""

SOURCES: dict[str, Any] = {
    "HttpToolsProtocol": HttpToolsProtocol,
    "RequestResponseCycle": RequestResponseCycle,
    "FlowControl": FlowControl,
    "Server.startup": uvicorn.Server.startup,
    "Server.shutdown": uvicorn.Server.shutdown,
}


@pytest.mark.parametrize("name", READ)
def test_what_edge_builds_on_was_read(name: str) -> None:
    found = sha256(inspect.getsource(SOURCES[name]).encode()).hexdigest()[:16]
    assert found == READ[name], (
        f"uvicorn {version('uvicorn')} changed {name}.  Compare edge/connection.py, edge/wire.py"
        " and edge/serving.py with it: which callbacks the parser has, when a cycle ends, what a"
        " transport is asked.  Then write the new value here, and the range in pyproject.toml."
    )


@pytest.mark.parametrize("name", ["uvicorn", "httptools"])
def test_the_server_takes_no_version_that_nobody_read(name: str) -> None:
    wanted = [Requirement(each) for each in requires("doorward") or ()]
    (own,) = [each for each in wanted if each.name == name]
    assert Version(version(name)) in own.specifier
    assert Version("99") not in own.specifier
