"""The browser that attacks share."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Event, Thread

import pytest

from doorward.attack import browser
from doorward.attack.attacker import Attacker
from doorward.attack.browser import CHROMIUM, Chromium, Sites, in_browser, run
from doorward.attack.client import Client
from doorward.attack.lab import Instance
from doorward.attack.target import Target, Way
from doorward.attack.verdict import Verdict, held

pytestmark = pytest.mark.process


def test_steps_that_hang_are_given_up_and_the_next_get_another_browser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released, chromium = Event(), Chromium()

    def hang(context: object) -> Verdict:
        released.wait()
        return held("late")

    with monkeypatch.context() as patch:
        patch.setattr(browser, "LONGEST", 0.01)
        with pytest.raises(TimeoutError, match="was not done within"):
            chromium.run(hang)
    assert chromium.run(lambda context: held("in time")) == held("in time")
    released.set()
    chromium.close()


def test_what_the_steps_raise_is_raised() -> None:
    def broken(context: object) -> Verdict:
        raise TimeoutError("of their own")

    with pytest.raises(TimeoutError, match="of their own"):
        CHROMIUM.run(broken)


FETCHES = """urls => Promise.all(
    urls.map(url => fetch(url, {mode: 'no-cors'}).then(() => 1).catch(() => 0)))"""


def test_no_page_leads_the_browser_to_another_machine(
    own: dict[str, Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    CHROMIUM.close()  # the next one is started in this environment
    asked: list[str] = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    def lured(sites: Sites) -> Verdict:
        page = sites.open(sites.cross)
        places = [f"http://127.0.0.7:{port}/", f"http://elsewhere.invalid:{port}/"]
        run(page, FETCHES, places)
        return held("It stayed.")

    with ThreadingHTTPServer(("127.0.0.7", 0), Other) as server:
        port = server.server_port
        monkeypatch.setenv("http_proxy", f"http://127.0.0.7:{port}")
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        client = Client(own["session"])
        in_browser(Attacker(Target(client, Way("session", "cookie"), []), Random(0)), lured)
        server.shutdown()
    CHROMIUM.close()
    assert asked == []


def test_pages_over_https_are_not_applicable() -> None:
    def never(sites: Sites) -> Verdict:
        raise AssertionError("it was tried")

    client = Client(Instance.at("https://localhost:1"))
    attacker = Attacker(Target(client, Way("session", "cookie"), []), Random(0))
    assert in_browser(attacker, never).outcome == "not_applicable"
