"""Variables that a platform sets for its own purposes are not taken for ours."""

import argparse

import pytest

from doorward.cli.variables import unknown
from doorward.server.command_options import add_options, read_options

SERVICE = {
    "DOORWARD_SERVICE_HOST": "10.96.0.17",
    "DOORWARD_SERVICE_PORT": "8000",
    "DOORWARD_SERVICE_PORT_HTTP": "8000",
    "DOORWARD_PORT": "tcp://10.96.0.17:8000",
    "DOORWARD_PORT_8000_TCP": "tcp://10.96.0.17:8000",
    "DOORWARD_PORT_8000_TCP_PROTO": "tcp",
    "DOORWARD_PORT_8000_TCP_PORT": "8000",
    "DOORWARD_PORT_8000_TCP_ADDR": "10.96.0.17",
}
"""What Kubernetes sets in every pod beside a Service named `doorward`."""

BESIDE = {name.replace("DOORWARD_", "DOORWARD_DATABASE_"): SERVICE[name] for name in SERVICE} | {
    "DOORWARD_DNS_PORT": "udp://[fd00::17]:53"
}
"""And for others, named `doorward-database` and `doorward-dns`."""


def port_of(environ: dict[str, str]) -> int:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_options(parser, environ)
    return read_options(parser.parse_args([])).port


@pytest.mark.parametrize("port", ["tcp://10.96.0.17:8000", "udp://[fd00::17]:53", "sctp://[::1]:1"])
def test_the_address_of_a_service_is_not_taken_for_the_port_to_listen_on(port: str) -> None:
    assert port_of({**SERVICE, "DOORWARD_PORT": port}) == 8000
    assert port_of({"DOORWARD_PORT": "9000"}) == 9000


@pytest.mark.parametrize("port", ["tcp:8000", "http://10.96.0.17:8000", "tcp://", "x", ""])
def test_what_no_platform_sets_is_a_mistake_as_before(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((argparse.ArgumentError, SystemExit)):
        port_of({"DOORWARD_PORT": port})


def test_nothing_is_said_of_variables_that_a_platform_sets() -> None:
    assert unknown(SERVICE | BESIDE) == []


def test_a_slip_that_only_resembles_them_is_told() -> None:
    for name in ("DOORWARD_SERVICE_HOSTS", "DOORWARD_PROT", "DOORWARD_PORT_TCP"):
        assert len(unknown({name: "8000"})) == 1
