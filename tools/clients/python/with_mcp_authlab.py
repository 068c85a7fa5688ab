"""mcp-authlab, which tries an MCP server and its provider for what MCP demands of both."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from told import CLIENT_ID, ISSUER, RESOURCE, done, version, visit

LAB = [sys.executable, "-m", "mcp_authlab"]
KNOWN = {
    "TLS-01",  # the MCP server of the test is on this machine, without TLS
    "CHAL-03",  # the MCP server of the SDK names no scopes
    "ASM-05",  # clients are registered by the operator
}
"""Checks that warn, and why."""


@contextmanager
def tokens_kept() -> Iterator[dict[str, str]]:
    """The variables of a login and the scan that uses its tokens."""
    with tempfile.TemporaryDirectory() as folder:
        yield {
            **os.environ,
            "MCP_AUTHLAB_TOKENS": f"{folder}/tokens",
            "PYTHONUNBUFFERED": "1",
            "BROWSER": "true",  # opens nothing: the person reads the link
        }


def main() -> None:
    version("mcp-authlab")
    with tokens_kept() as environment:
        words = ["--client-id", CLIENT_ID, "--foreign-resource", os.environ["FOREIGN"]]
        words += ["--scope", "openid offline_access", "--thorough", "--no-color", RESOURCE]
        with subprocess.Popen(
            [*LAB, "login", *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as login:
            for line in login.stdout or ():
                print(line, end="", file=sys.stderr)
                if line.strip().startswith(f"{ISSUER}/oauth/authorize?"):
                    requests.get(visit(line.strip()))
        assert login.returncode == 0, shlex.join(words)
        done("discover")
        done("log in", "for the MCP server, and for another resource")
        scan = [*LAB, "scan", "--format", "json", RESOURCE]
        found = subprocess.run(scan, env=environment, stdout=subprocess.PIPE, check=False).stdout
    results = {each["id"]: each for each in json.loads(found)["results"]}
    bad = {name: each for name, each in results.items() if each["status"] in ("fail", "error")}
    assert not bad, bad
    warned = {name for name, each in results.items() if each["status"] == "warn"}
    assert warned <= KNOWN, {name: results[name] for name in warned - KNOWN}
    passed = sum(each["status"] == "pass" for each in results.values())
    done("scan", f"{passed} checks pass, none fails, {len(warned)} warn, of {len(results)}")


main()
