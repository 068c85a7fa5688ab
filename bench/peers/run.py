"""What a login check costs: Doorward and what people use today, the same small application on each.

    python bench/peers/environment.py                  once: installs the peers, by locked hashes
    python bench/peers/run.py                          all of them, about half an hour
    python bench/peers/run.py --only Doorward PyJWT    those whose names contain one of these words
    python bench/peers/table.py                        puts the kept results into the documentation

Each application has POST /login, GET /me and POST /logout, built as its own documentation shows. It
runs with one worker on one core; the client and the database servers run on the other. The client
logs in, then asks for /me over 32 connections. In each round, beside each application, the bare
route of the same framework is asked with the same headers, so that what a cookie's bytes cost the
framework does not count as authentication. The CPU time is that of the application's processes; a
database server's own is not in it. Doorward is taken from the environment that runs this file.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.peers import machine, results
from bench.peers.catalogue import PEERS, Peer, authenticates
from bench.peers.client import Headers, cases, log_in
from bench.peers.environment import PYTHON
from bench.peers.load import CONNECTIONS, client, load
from bench.peers.results import Found, Round, Run
from bench.peers.servers import Server, running_on
from tests.support.postgres import DURABLE, running_postgres
from tests.support.valkey import running_valkey

Figures = tuple[float, float]
"""Requests per second, and microseconds of CPU a request."""


def chosen(words: Sequence[str]) -> list[Peer]:
    """The peers whose names contain a word, and the bare routes that they are compared with."""
    wanted = [peer for peer in PEERS if not words or any(word in peer.name for word in words)]
    names = {peer.name for peer in wanted} | {peer.bare for peer in wanted}
    return [peer for peer in PEERS if peer.name in names]


def drive(server: Server, headers: Headers, seconds: float) -> Figures:
    before = server.cpu()
    requests, spent = load(server.place.port, headers, seconds)
    return requests / spent, (server.cpu() - before) / requests * 1e6


@contextmanager
def started(peers: Sequence[Peer]) -> Iterator[dict[str, Server]]:
    """Each in a process of its own on the last core; this process moves to the first."""
    mine, *_, theirs = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        stack.enter_context(running_on(mine))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(running_valkey()).url
        servers = {}
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


def measure(servers: dict[str, Server], rounds: int, seconds: float) -> list[Found]:
    seen = {name: cases(one) for name, one in servers.items() if authenticates(one.peer)}
    headers = {name: log_in(servers[name]) if name in seen else {} for name in servers}
    for name, server in servers.items():
        drive(server, headers[name], 1)
    taken: dict[str, list[Round]] = {name: [] for name in servers}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        for name in reversed(servers) if number % 2 else servers:
            taken[name].append(one_round(servers, name, headers[name], seconds))
    return [
        Found(
            name=name,
            package=server.peer.package,
            bare=server.peer.bare,
            credential=sum(len(f"{key}: {value}\r\n") for key, value in headers[name].items()),
            memory=server.memory(),
            cases=dict(seen.get(name, {})),
            rounds=taken[name],
        )
        for name, server in servers.items()
    ]


def one_round(servers: dict[str, Server], name: str, headers: Headers, seconds: float) -> Round:
    rate, cpu = drive(servers[name], headers, seconds)
    bare = servers[name].peer.bare
    bare_rate, bare_cpu = (rate, cpu) if bare is None else drive(servers[bare], headers, seconds)
    return Round(rate=rate, cpu=cpu, bare_rate=bare_rate, bare_cpu=bare_cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--output", type=Path, default=results.KEPT, metavar="FILE")
    options = parser.parse_args()
    if not PYTHON.exists():
        raise SystemExit("first install the peers: python bench/peers/environment.py")
    peers = chosen(options.only)
    versions = machine.versions(peers)
    before = os.getloadavg()[0]
    with started(peers) as servers:
        found = measure(servers, options.rounds, options.seconds)
    run = Run(
        machine=machine.describe(before, os.getloadavg()[0]),
        client=client(),
        connections=CONNECTIONS,
        seconds=options.seconds,
        versions=versions,
        found=found,
    )
    results.write(run, options.output)
    print("\n".join(results.shown(run)))


if __name__ == "__main__":
    main()
