"""Answers that depend on who asked, behind a cache that several people share."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx2
import pytest
from fastapi import Depends, FastAPI, Response
from starlette.middleware.gzip import GZipMiddleware

from doorward import Issued
from doorward.types import Mode
from doorward.web.caches import personal
from doorward.web.fastapi import Doorward, Principal
from tests.support.nginx import running_nginx
from tests.support.ports import free_port
from tests.support.thread import Served, served
from tests.web.driver import Header, bearer, cookies_of

PLACES = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    {temporary}
    proxy_cache_path {folder}/cache keys_zone=pages:1m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {application};
            proxy_cache pages;
            proxy_cache_valid 200 1h;
            add_header X-Cache $upstream_cache_status;
        }}
    }}
}}
"""


def application(auth: Doorward) -> FastAPI:
    app = FastAPI(lifespan=auth.lifespan)
    app.add_middleware(GZipMiddleware, minimum_size=1)
    auth.install(app)
    Maybe = Annotated[Principal | None, Depends(auth.optional_principal)]  # noqa: N806 - a type
    Known = Annotated[Principal, Depends(auth.principal)]  # noqa: N806 - a type

    @app.get("/hello")
    async def hello(who: Maybe, response: Response) -> str:
        response.headers["cache-control"] = "public, max-age=3600"
        return who.subject if who else "stranger"

    @app.get("/home")
    async def home(who: Maybe) -> str:
        return who.subject if who else "stranger"

    @app.get("/private")
    async def private(who: Known) -> str:
        return who.subject

    @app.get("/about")
    async def about() -> str:
        return "us"

    return app


@dataclass(frozen=True, slots=True)
class Cached:
    """An application behind nginx with a cache, and two people who are logged in."""

    url: str
    ann: Header
    bob: Header
    by_bearer: Header

    def get(self, path: str, *headers: Header) -> httpx2.Response:
        said = {name.decode(): value.decode() for name, value in headers}
        return httpx2.get(self.url + path, headers={"accept-encoding": "gzip", **said})


@pytest.fixture(scope="module", params=["session", "token"])
def cached(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cached]:
    mode: Mode = request.param
    folder = tmp_path_factory.mktemp("cache")
    auth = Doorward("memory:", mode=mode, root_key_file=folder / "key")
    with ExitStack() as stack:
        running = stack.enter_context(served(application(auth)))
        port = free_port()
        stack.enter_context(running_nginx(folder, configuration(folder, port, running)))
        ann, bob, carl = (running.call(log_in(auth, each)) for each in ("ann", "bob", "carl"))
        by_bearer = bearer(carl.credential)
        yield Cached(f"http://127.0.0.1:{port}", cookies_of(ann), cookies_of(bob), by_bearer)


def configuration(folder: Path, port: int, running: Served) -> str:
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{name}_temp_path {folder}/{name};" for name in names)
    return PLACES.format(folder=folder, port=port, temporary=temporary, application=running.url)


async def log_in(auth: Doorward, subject: str) -> Issued:
    return await (await (await auth.auth()).attempt()).login(subject)


@pytest.mark.process
@pytest.mark.parametrize("path", ["/hello", "/home"])
def test_a_shared_cache_keeps_the_page_of_each_person_apart(cached: Cached, path: str) -> None:
    for _ in range(2):
        assert cached.get(path).json() == "stranger"
        assert cached.get(path, cached.ann).json() == "ann"
        assert cached.get(path, cached.bob).json() == "bob"
        assert cached.get(path, cached.by_bearer).json() == "carl"
        assert cached.get(path).json() == "stranger"
    assert cached.get(path).headers["x-cache"] == "HIT"


@pytest.mark.process
def test_a_shared_cache_keeps_no_page_that_asks_for_a_login(cached: Cached) -> None:
    for _ in range(2):
        assert cached.get("/private", cached.ann).json() == "ann"
        assert cached.get("/private", cached.bob).json() == "bob"
        assert cached.get("/private").status_code == 401


@pytest.mark.process
def test_a_page_that_asks_nobody_is_shared_by_all(cached: Cached) -> None:
    cached.get("/about", cached.ann)
    answer = cached.get("/about", cached.bob)
    assert answer.headers["x-cache"] == "HIT"
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("own", "vary"),
    [
        ([], b"Cookie, Authorization"),
        ([(b"vary", b"Accept-Encoding")], b"Accept-Encoding, Cookie, Authorization"),
        ([(b"vary", b"cookie")], b"cookie, Authorization"),
        ([(b"vary", b"Origin"), (b"vary", b"AUTHORIZATION")], b"Origin, AUTHORIZATION, Cookie"),
        ([(b"vary", b"*")], b"*"),
    ],
)
def test_vary_is_one_line_that_says_nothing_twice(own: list[Header], vary: bytes) -> None:
    found = personal(own, known=False)
    assert found == [(b"vary", vary)]


def test_what_an_application_says_about_caching_stays() -> None:
    own = [(b"cache-control", b"private, max-age=60")]
    assert personal(own, known=True) == [*own, (b"vary", b"Cookie, Authorization")]
    assert (b"cache-control", b"no-store") in personal([], known=True)
    assert (b"cache-control", b"no-store") not in personal([], known=False)
