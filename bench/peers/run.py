"""What a login check costs: Doorward and what people use today, the same small application on each.

    python bench/peers/environment.py                  once: installs the peers, by locked hashes
    python bench/peers/run.py                          all of them, about half an hour
    python bench/peers/run.py --only Doorward PyJWT    those whose names contain one of these words;
                                                       nothing is kept without --output
    python bench/figures.py                            puts the kept results into the documentation

Each application has POST /login, GET /me and POST /logout, built as its own documentation shows. It
runs with one worker on one core; the client and the database servers run on the other. The client
asks for /me over 32 connections. In each round it logs in to each application and asks it, then
asks the bare route of the same framework with the same headers, so that what a cookie's bytes cost
the framework does not count as authentication. The CPU time is that of the application's processes;
a database server's own is not in it. Doorward is taken from the environment that runs this file.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.peers import machine, results, table
from bench.peers.catalogue import PEERS, Peer, authenticates
from bench.peers.client import Headers, cases, log_in
from bench.peers.environment import PYTHON
from bench.peers.load import CONNECTIONS, client, load
from bench.peers.results import Measured, Round, Run
from bench.peers.servers import Server, running_on
from bench.tables import machine as describe
from tests.support.postgres import DURABLE, running_postgres
from tests.support.valkey import running_valkey

Figures = tuple[float, float]
"""Requests per second, and microseconds of CPU a request."""


def chosen(words: Sequence[str]) -> list[Peer]:
    """The peers whose names contain a word, and the bare routes that they are compared with."""
    wanted = [peer for peer in PEERS if not words or any(word in peer.name for word in words)]
    names = {peer.name for peer in wanted} | {peer.bare for peer in wanted}
    return [peer for peer in PEERS if peer.name in names]


def drive(server: Server, headers: Headers, seconds: int) -> Figures:
    before = server.cpu()
    requests, spent = load(server.spec.port, headers, seconds)
    return requests / spent, (server.cpu() - before) / requests * 1e6


@contextmanager
def started(peers: Sequence[Peer]) -> Iterator[dict[str, Server]]:
    """Each in a process of its own on the last core; this process moves to the first."""
    mine, *_, theirs = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        stack.enter_context(running_on(mine))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(running_valkey()).url
        servers: dict[str, Server] = {}
        for peer in peers:
            postgres = ""
            if "PostgreSQL" in peer.name:
                postgres = stack.enter_context(running_postgres(DURABLE)).url
            own = folder / str(len(servers))
            own.mkdir()
            server = Server(peer, own, redis, postgres, theirs)
            stack.callback(server.stop)
            server.wait()
            servers[peer.name] = server
        yield servers


def measure(
    servers: dict[str, Server],
    measured: dict[str, Measured],
    rounds: int,
    seconds: int,
    patience: float,
) -> None:
    """Adds to what was measured before."""
    for name, server in servers.items():
        prepare(server, measured[name])
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for name in reversed(servers) if number % 2 else servers:
            quiet = machine.wait_for_quiet(patience)
            measured[name].rounds.append(one_round(servers, name, seconds, quiet))
    for name, server in servers.items():
        measured[name].memory.append(server.memory())


def prepare(server: Server, measured: Measured) -> None:
    """Asks how it answers in each case, then for a second, so that what is made once is made."""
    headers: Headers = {}
    if authenticates(server.peer):
        measured.cases.update(cases(server))
        headers = log_in(server)
    sent = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    measured.credential.append(len(sent))
    drive(server, headers, 1)


def one_round(servers: dict[str, Server], name: str, seconds: int, quiet: bool) -> Round:
    """The application and its bare route, one after the other, with the headers of a new login:
    those of an earlier one may have expired."""
    server, bare = servers[name], servers[name].peer.bare
    headers = log_in(server) if authenticates(server.peer) else {}
    rate, cpu = drive(server, headers, seconds)
    bare_rate, bare_cpu = (rate, cpu) if bare is None else drive(servers[bare], headers, seconds)
    return Round(round(rate), round(cpu, 2), round(bare_rate), round(bare_cpu, 2), quiet)


def say(sentence: str) -> None:
    print(f"{sentence}, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    parser.add_argument("--starts", type=int, default=1, help="each server is started so often")
    parser.add_argument("--rounds", type=int, default=15, help="after each start")
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument(
        "--patience",
        type=float,
        default=20,
        metavar="SECONDS",
        help="how long each measurement waits for other work on the machine to end",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the results are kept")
    return parser.parse_args()


def taken(peers: Sequence[Peer], options: argparse.Namespace) -> Run:
    versions, load_before = machine.versions(peers), os.getloadavg()[0]
    measured = {peer.name: Measured(peer.name, peer.package, peer.bare) for peer in peers}
    for number in range(options.starts):
        say(f"start {number + 1} of {options.starts}")
        with started(peers) as servers:
            measure(servers, measured, options.rounds, options.seconds, options.patience)
    return Run(
        machine=describe(load_before),
        client=client(),
        connections=CONNECTIONS,
        starts=options.starts,
        rounds=options.rounds,
        seconds=options.seconds,
        versions=versions,
        measured=list(measured.values()),
    )


def main() -> None:
    options = arguments()
    if not PYTHON.exists():
        raise SystemExit("first install the peers: python bench/peers/environment.py")
    for number in (signal.SIGINT, signal.SIGTERM):  # a run that is ended ends its servers
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    run = taken(chosen(options.only), options)
    if options.output or not options.only:
        results.write(run, options.output or results.KEPT)
    print("\n".join(table.peers(run)))
    if not options.only:
        print("\n".join(["", *table.targets(run)]))


if __name__ == "__main__":
    main()
