"""Run one program, play the person that it asks for, and hear what it did."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.support.browser import chromium_path
from tests.support.ports import free_port
from tests.support.server import clean_environment
from tests.support.until import until

from . import environments
from .cases import LOGIN, Case
from .person import EMAIL, PASSWORD
from .provider import Provider

PATIENCE = 120
"""Seconds for all steps of one program."""

Say = Callable[[str], None]


def drive(provider: Provider, case: Case, say: Say) -> bool:
    """Whether each step of the program went well.  Raises `Missing` where it cannot run."""
    command, environment = _program(case)
    environment |= _registered(provider, case) | _trust(provider)
    with ExitStack() as running:
        errors = running.enter_context(tempfile.TemporaryFile("w+"))
        browser = running.enter_context(provider.person.browser())
        if case.resource:
            running.enter_context(_mcp_server(environment))
        process = subprocess.Popen(
            command,
            env=clean_environment() | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        limit = Timer(PATIENCE, _kill, [process])
        limit.start()
        try:
            fault = _converse(provider, browser, process, case.name, say)
            if not fault and process.wait() == 0:
                return True
        finally:
            limit.cancel()
            _kill(process)
        errors.seek(0)
        lines = [line for line in errors.read().splitlines() if line.strip()]
        say(f"{case.name}: FAILED: {fault or _last_word(lines)}")
        print("\n".join(lines[-25:]), file=sys.stderr)
        return False


@contextmanager
def _mcp_server(environment: dict[str, str]) -> Iterator[None]:
    """Answers at the port that the environment names."""
    command = [environments.python(), str(environments.HERE / "python/mcp_server.py")]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        env=clean_environment() | environment | {"PYTHONPATH": str(environments.SOURCE)},
        stdout=quiet,
        stderr=quiet,
    )
    try:
        address = ("127.0.0.1", int(environment["PORT"]))
        until(lambda: _answers(address))
        yield
    finally:
        process.kill()
        process.wait()


def _answers(address: tuple[str, int]) -> bool:
    with suppress(OSError), socket.create_connection(address):
        return True
    return False


def _converse(
    provider: Provider,
    browser: httpx2.Client,
    process: "subprocess.Popen[str]",
    name: str,
    say: Say,
) -> str:
    """Hear the program until it ends; why the person could not do what it asked, or nothing."""
    assert process.stdin is not None
    for line in process.stdout or ():
        try:
            what: dict[str, Any] = json.loads(line)
        except ValueError:
            continue  # a library prints
        if "version" in what:
            say(f"{name}: {what['version']}")
        if "step" in what:
            more = f" ({what['more']})" if what["more"] else ""
            say(f"{name}: {what['step']}: ok{more}")
        if {"visit", "end_access", "log_out"} & what.keys():
            try:
                answer = _act(provider, browser, what)
            except (AssertionError, httpx2.HTTPError) as error:
                return f"the person got nowhere: {error}"
            print(answer, file=process.stdin, flush=True)
    return ""


def _act(provider: Provider, browser: httpx2.Client, what: dict[str, Any]) -> str:
    if "visit" in what:
        arrived = provider.person.visit(browser, what["visit"])
        provider.secrets.extend(parse_qs(urlsplit(arrived).query).get("code", []))
        return arrived
    if "log_out" in what:
        arrived = provider.person.visit(browser, what["log_out"])
        assert not provider.person.is_logged_in(browser), "still logged in"
        return arrived
    provider.person.end_access(browser)
    return "done"


def _last_word(lines: list[str]) -> str:
    """The line of an error, before what node writes below it."""
    errors = [line for line in lines if "Error" in line and not line.startswith(" ")]
    return (errors or lines or ["it said nothing"])[-1]


def _program(case: Case) -> tuple[list[str], dict[str, str]]:
    """Its command, and what it needs to find its libraries."""
    file, told = str(environments.HERE / case.file), str(environments.HERE / "python")
    if case.kind == "node":
        modules = environments.node_modules()
        # of modules that are imported by name, node looks beside the file that imports alone
        copy = modules.parent / "programs"
        copy.mkdir(exist_ok=True)
        for each in (environments.HERE / "node").glob("*.mjs"):
            (copy / each.name).write_bytes(each.read_bytes())
        return ["node", str(copy / Path(file).name)], {"NODE_MODULES": str(modules)}
    if case.kind == "chromium":
        modules = environments.node_modules()
        named = {"CHROMIUM": chromium_path() or "", "PYTHONPATH": told}
        return [sys.executable, file], {"NODE_MODULES": str(modules), **named}
    if case.kind == "apache":
        named = {"APACHE_ROOT": str(environments.apache()), "PYTHONPATH": told}
        return [environments.python(), file], named
    return [environments.python(), file], {}


def _registered(provider: Provider, case: Case) -> dict[str, str]:
    """Registers it, and its MCP server if it has one; what both are told in their environment."""
    port = free_port()
    callback, resource = case.callback.format(port=port), case.resource.format(port=port)
    goodbye = case.goodbye.format(port=port)
    words = [*case.words, "--redirect-uri", callback, "--post-logout-uri", goodbye]
    words += ["--public"] if case.public else []
    words += [] if case.algorithm == "ES256" else ["--id-token-alg", case.algorithm]
    words += [] if case.pkce else ["--pkce-exempt"]
    apis, told = _apis(provider, case, resource)
    for scope in (*LOGIN, *apis):
        words += ["--scope", scope]
    client_id, secret = provider.add_client(case.name, words)
    return told | {
        "ISSUER": provider.issuer,
        "CLIENT_ID": client_id,
        "CLIENT_SECRET": secret,
        "CALLBACK": callback,
        "GOODBYE": goodbye,
        "EMAIL": EMAIL,
        "PASSWORD": PASSWORD,
        "ALGORITHM": case.algorithm,
        "PKCE": "S256" if case.pkce else "",
        "RESOURCE": resource,
        "FOREIGN": case.foreign,
        "PORT": str(port),
    }


def _apis(provider: Provider, case: Case, resource: str) -> tuple[list[str], dict[str, str]]:
    """The scopes of APIs that the program may ask for, and what the MCP server at `resource` is
    told beside it."""
    use, foreign = f"{case.name}:use", f"{case.name}:foreign"
    # both resources are asked for with the same scopes, which are of neither then
    told = {"API_SCOPE": "openid" if case.foreign else use}
    if not resource:
        return [], told
    provider.add_scope(use, resource, "Use the tools.")
    if case.foreign:
        provider.add_scope(foreign, case.foreign, "Use other tools.")
    own = ["--acts-for-itself", "--scope", use]
    api_id, api_secret = provider.add_client(f"Tools of {case.name}", own)
    scopes = [use, foreign] if case.foreign else [use]
    return scopes, told | {"API_ID": api_id, "API_SECRET": api_secret}


def _trust(provider: Provider) -> dict[str, str]:
    """The certificate, by the variables that OpenSSL, requests and node read."""
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return dict.fromkeys(names, str(provider.certificate))


def _kill(process: "subprocess.Popen[str]") -> None:
    """The program and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
