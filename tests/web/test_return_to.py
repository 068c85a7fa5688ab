"""A browser is led to the login page and back, and nowhere else."""

from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse

from doorward import ConfigurationError, DoorwardError, Rejected
from doorward.testing.client import Client
from doorward.web.fastapi import Doorward, Principal
from doorward.web.limits import FEW
from doorward.web.return_to import address, local_path
from tests.support.ways import BAD, GOOD
from tests.web.driver import FOREIGN, OURS, Answer, Header, ask, bearer, cookies_of

pytestmark = pytest.mark.anyio

PAGE: list[Header] = [(b"sec-fetch-mode", b"navigate")]
OLD_BROWSER: list[Header] = [(b"accept", b"text/html,application/xhtml+xml,*/*;q=0.8")]


def application(auth: Doorward) -> FastAPI:
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app, login_page="/login")
    Known = Annotated[Principal, Depends(auth.principal)]  # noqa: N806 - a type

    @app.get("/login")
    async def login_page(
        who: Annotated[Principal | None, Depends(auth.optional_principal)], return_to: str = ""
    ) -> HTMLResponse:
        return HTMLResponse(f"log in: {return_to}")

    @app.post("/login")
    async def login(return_to: str = "") -> RedirectResponse:
        attempt = await auth.attempt()
        response = RedirectResponse(auth.way_back(return_to, "/home"), 303)
        await attempt.login(response, subject="ann")
        return response

    @app.api_route("/report/{name:path}", methods=["GET", "HEAD", "POST"])
    async def report(name: str, who: Known) -> HTMLResponse:
        return HTMLResponse(f"{who.subject} reads {name}")

    @app.get("/money", dependencies=[Depends(auth.requires(fresh=60))])
    async def money() -> None: ...

    @app.get("/desk", dependencies=[Depends(auth.requires(role="editor"))])
    async def desk() -> None: ...

    sub = FastAPI()

    @sub.get("/page")
    async def page(who: Known) -> HTMLResponse:
        return HTMLResponse(who.subject)

    app.mount("/sub", sub)
    return app


@pytest.fixture
def app(auth: Doorward) -> FastAPI:
    return application(auth)


def back(answer: Answer) -> str | None:
    """Where the login page that somebody was sent to leads back."""
    assert answer.status == 303
    (location,) = answer.all("location")
    parts = urlsplit(location)
    assert parts[:3] == ("", "", "/login")
    found = parse_qs(parts.query)
    assert set(found) <= {"return_to"}
    return found["return_to"][0] if found else None


@pytest.mark.parametrize("headers", [PAGE, OLD_BROWSER])
async def test_a_browser_is_sent_to_the_login_page_with_the_way_back(
    app: FastAPI, headers: list[Header]
) -> None:
    answer = await ask(app, "/report/2026", headers=headers, query_string=b"month=11&x=a%20b")
    assert back(answer) == "/report/2026?month=11&x=a%20b"
    assert answer.all("cache-control") == ["no-store"]
    assert answer.all("set-cookie") == []


PROGRAMS: list[list[Header]] = [
    [],
    [(b"accept", b"*/*")],
    [(b"accept", b"application/json")],
    [(b"sec-fetch-mode", b"cors"), *OLD_BROWSER],
    [(b"sec-fetch-mode", b"same-origin"), *OLD_BROWSER],
]


@pytest.mark.parametrize("headers", PROGRAMS)
async def test_a_program_gets_a_problem(app: FastAPI, headers: list[Header]) -> None:
    assert (await ask(app, "/report/2026", headers=headers)).reason == "missing"


async def test_a_dead_session_leads_to_the_login_page_too(app: FastAPI, auth: Doorward) -> None:
    issued = await (await (await auth.auth()).attempt()).login("ann")
    await (await auth.auth()).revoke(subject="ann")
    assert back(await ask(app, "/sub/page", headers=[cookies_of(issued), *PAGE])) == "/sub/page"


async def test_what_no_login_cures_is_a_problem_to_everybody(app: FastAPI, auth: Doorward) -> None:
    held = cookies_of(await (await (await auth.auth()).attempt()).login("ann"))
    assert (await ask(app, "/desk", headers=[held, *PAGE])).status == 403
    posted = await ask(app, "/report/1", method="POST", headers=[held, FOREIGN, *PAGE])
    assert posted.reason == "cross_origin"


async def test_a_form_of_somebody_who_is_out_leads_to_the_login_page_without_a_way_back(
    app: FastAPI,
) -> None:
    assert back(await ask(app, "/report/1", method="POST", headers=[OURS, *PAGE])) is None


async def test_the_login_page_is_never_the_way_to_itself(app: FastAPI) -> None:
    answer = await ask(app, "/login", headers=[bearer("malformed !"), *PAGE])
    assert answer.reason == "malformed"


@pytest.mark.parametrize(
    "path", ["/report/My Report.pdf", "/report/@ada", "/report/ä:b;c", "/sub/page"]
)
async def test_a_person_comes_back_to_the_very_page_they_asked_for(
    auth: Doorward, path: str
) -> None:
    with Client(application(auth), headers={"sec-fetch-mode": "navigate"}) as client:
        asked = client.get(path, params={"query": "ada@example.org", "m": "1 2"})
        assert asked.text.startswith("log in: /")
        found = client.post(asked.url)  # a form without an action is sent to the page's address
        assert (found.status_code, found.url.params["query"]) == (200, "ada@example.org")
        assert found.url.params["m"] == "1 2"
        assert found.text in (f"ann reads {path.removeprefix('/report/')}", "ann")


async def test_below_a_root_path_both_ways_stay_below_it(app: FastAPI) -> None:
    for path in ("/report/1", "/shop/report/1", "/shop/sub/page"):
        answer = await ask(app, path, headers=PAGE, root_path="/shop")
        (location,) = answer.all("location")
        assert location.startswith("/shop/login?return_to=%2Fshop%2F"), path
    assert local_path("/shop/report", "/shop") == "/shop/report"
    assert local_path("/shop?x", "/shop") == "/shop?x"
    for other in ("/admin", "/shopping", "/"):
        assert local_path(other, "/shop") == ""


@pytest.mark.parametrize("text", GOOD)
def test_a_path_of_this_application_is_kept(text: str) -> None:
    assert local_path(text) == text


@pytest.mark.parametrize("text", BAD)
def test_whatever_could_be_read_as_another_place_is_dropped(text: str) -> None:
    assert local_path(text) == ""


@pytest.mark.parametrize("text", ["/shop/..%2fadmin", "/shop%2f", "/shop/..%255c", "/shop#x"])
def test_below_a_root_path_no_encoded_dots_climb(text: str) -> None:
    assert local_path(text, "/shop") == ""


@pytest.mark.parametrize("text", BAD)
async def test_after_a_login_a_bad_way_back_is_the_default(app: FastAPI, text: str) -> None:
    query = urlencode({"return_to": text}).encode()
    answer = await ask(app, "/login", method="POST", headers=[OURS], query_string=query)
    assert answer.all("location") == ["/home"]


async def test_a_request_for_two_slashes_has_no_way_back() -> None:
    assert address({"path": "//evil.example/x", "query_string": b""}) == ""


@pytest.mark.parametrize(
    "page", ["login", "https://login.example", "//login.example", "/login#form", "", 1]
)
async def test_a_login_page_that_is_no_path_is_refused_when_it_is_installed(
    auth: Doorward, page: Any
) -> None:
    with pytest.raises(ConfigurationError, match="login_page is a path"):
        auth.install(FastAPI(), login_page=page)


@pytest.mark.parametrize("kind", [Rejected, DoorwardError])
async def test_a_login_page_that_an_own_handler_would_make_useless_is_refused(
    auth: Doorward, kind: type[Exception]
) -> None:
    async def own(request: Any, error: Exception) -> HTMLResponse:
        return HTMLResponse("our own page", 401)

    app = FastAPI(exception_handlers={kind: own})
    with pytest.raises(ConfigurationError, match=r"exception handler for .*way_to_login"):
        auth.install(app, login_page="/login")
    assert not hasattr(app.state, "doorward")
    auth.install(app)


async def test_a_page_for_who_lacks_something_hides_no_other_refusal(auth: Doorward) -> None:
    """Who is not logged in, or guessed too often, must not read that a role is missing."""
    app = FastAPI(lifespan=auth.lifespan)
    seen: list[str] = []

    def denied(scope: Any, refused: Rejected) -> HTMLResponse:
        seen.append(refused.reason)
        return HTMLResponse("You lack a role.", 403)

    auth.install(app, login_page="/login", denied=denied)

    @app.get("/login", dependencies=[Depends(auth.principal)])
    async def login_page() -> None: ...

    @app.post("/login")
    async def login(right: bool = False) -> HTMLResponse:
        attempt, response = await auth.attempt("ann"), HTMLResponse("")
        if right:
            await attempt.login(response, subject="ann")
        return response

    @app.get("/desk", dependencies=[Depends(auth.requires(role="editor"))])
    async def desk() -> None: ...

    with Client(app) as client:
        client.headers["sec-fetch-mode"] = "navigate"
        assert (client.get("/login")).status_code == 401
        elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
        assert (client.post("/login", headers=elsewhere)).json()["reason"] == "cross_origin"
        client.post("/login?right=1")
        page = client.get("/desk")
        assert (page.text, page.headers["cache-control"]) == ("You lack a role.", "no-store")
        tries = [client.post("/login") for _ in range(FEW + 1)]
        assert (tries[-1].status_code, "retry-after" in tries[-1].headers) == (429, True)
    assert seen == ["insufficient_role"]
