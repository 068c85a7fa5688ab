"""One-time links hold a secret in their query: no proxy that the documentation shows keeps it."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.cli.desk import desk_of
from tests.docs.pages import EVERY, Block, blocks
from tests.support.certificate import make_certificate
from tests.support.nginx import EXAMPLE, OWN, running_nginx
from tests.support.ports import free_port
from tests.support.thread_server import server_in_thread

EXAMPLES = [path for path in EXAMPLE.parent.iterdir() if path.suffix == ".conf"]
LOGGED = re.compile(r"^\s*log_format paths '([^']*)';$", re.MULTILINE)


def shown() -> Iterator[Block]:
    """Each configuration of a proxy on a page."""
    return (block for page in EVERY for block in blocks(page) if "proxy_pass" in block.text)


def test_every_configuration_of_nginx_logs_the_path_alone() -> None:
    texts = [block.text for block in shown()] + [path.read_text() for path in EXAMPLES]
    assert len(texts) >= 2
    for text in texts:
        (kept,) = LOGGED.findall(text)
        assert not re.search(
            r"\$(request|request_uri|args|query_string|http_referer|arg_\w+)\b", kept
        )
        assert re.search(r"^\s*access_log \S+ paths;$", text, re.MULTILINE)


@pytest.mark.process
def test_the_ticket_of_a_link_is_not_in_the_log_of_the_proxy(tmp_path: Path) -> None:
    (block,) = shown()
    context, port = make_certificate(tmp_path), free_port()
    origin = f"https://localhost:{port}"
    words = ("--public-origin", origin, "--trusted-proxies", "127.0.0.1")
    with server_in_thread(*words, folder=tmp_path) as server:
        text = block.text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
        text = text.replace("server_name login.example;", "server_name localhost;")
        text = text.replace("/etc/nginx/fullchain.pem", "cert.pem")
        text = text.replace("/etc/nginx/privkey.pem", "key.pem").replace("/var/log/nginx", ".")
        desk = desk_of(server)
        desk.create("ann@example.test")
        made = desk.data("users", "reset-link", "ann@example.test", "--public-origin", origin)
        ticket = made["reset_link"].partition("ticket=")[2]
        whole = f"pid nginx.pid;\nevents {{}}\nhttp {{\n{OWN}\n{text}}}\n"
        with running_nginx(tmp_path, whole), httpx2.Client(verify=context) as browser:
            page = browser.get(made["reset_link"])
            assert (page.status_code, ticket in page.text) == (200, True)
            browser.get(f"{origin}/login", headers={"referer": made["reset_link"]})
    logs = "".join(path.read_text() for path in tmp_path.rglob("*.log"))
    assert '"GET /reset" 200' in logs
    assert ticket not in logs
