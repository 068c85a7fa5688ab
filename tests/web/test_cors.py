"""What scripts of other origins may send and read, and that it is the list of the gate."""

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from doorward import Event, Settings, StoreUnavailable
from doorward.web.asgi import Middleware, principal
from doorward.web.cors import EXPOSED, Readable
from doorward.web.lifecycle import Lifecycle
from doorward.web.login import begin_login
from tests.web.conftest import Build, House
from tests.web.driver import Answer, App, Header, ask, bearer, cookies_of, shake_hands

pytestmark = pytest.mark.anyio

OWN, SIBLING, ELSEWHERE = "https://app.example", "https://spa.app.example", "capacitor://localhost"
LIST = (SIBLING, ELSEWHERE)
STRANGERS = ["https://evil.example", "null", "https://spa.app.example/", "https://SPA.app.example"]
SITES = {SIBLING: "same-site", ELSEWHERE: "cross-site"}


@pytest.fixture
async def trusting(build: Build) -> House:
    """A house that trusts two origins, one of them on its own site."""
    found: House = await build("session", public_origin=OWN, trusted_origins=LIST)
    return found


def sent_from(origin: str, **more: str) -> list[Header]:
    site = SITES.get(origin, "cross-site")
    told = {"origin": origin, "sec-fetch-site": site, **more}
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in told.items()]


def preflight(origin: str, method: str = "POST", **more: str) -> list[Header]:
    return sent_from(origin, access_control_request_method=method, **more)


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Says who asks."""
    name = (await principal()).subject
    await PlainTextResponse(name, headers={"vary": "Accept"})(scope, receive, send)


async def gone(scope: Any, receive: Any, send: Any) -> None:
    await Response(status_code=405, headers={"allow": "POST", "x-all": "y"})(scope, receive, send)


def granted(answer: Answer) -> tuple[list[str], list[str]]:
    return (
        answer.all("access-control-allow-origin"),
        answer.all("access-control-allow-credentials"),
    )


@pytest.mark.parametrize(("origin", "credentials"), [(SIBLING, ["true"]), (ELSEWHERE, [])])
async def test_a_preflight_of_a_trusted_origin_is_allowed_what_it_asks_for(
    trusting: House, origin: str, credentials: list[str]
) -> None:
    headers = preflight(origin, "PATCH", access_control_request_headers="authorization,x-a")
    answer = await ask(trusting.guard(gone), "/x", method="OPTIONS", headers=headers)
    assert answer.status == 204
    assert granted(answer) == ([origin], credentials)
    assert answer.all("access-control-allow-methods") == ["PATCH"]
    assert answer.all("access-control-allow-headers") == ["authorization,x-a"]
    assert answer.all("access-control-max-age") == ["600"]
    assert answer.all("vary")[0].startswith("Origin, ")
    assert answer.body == b""


async def test_a_preflight_that_asks_for_no_headers_is_told_of_none(trusting: House) -> None:
    answer = await ask(trusting.guard(gone), method="OPTIONS", headers=preflight(SIBLING))
    assert (answer.status, answer.all("access-control-allow-headers")) == (204, [])


async def test_what_no_browser_asks_for_is_not_sent_back(trusting: House) -> None:
    for bad in (b"x\x00", b"\xe4", b'a"b', b"x: y"):
        for name in (b"access-control-request-method", b"access-control-request-headers"):
            headers = [*preflight(SIBLING), (name, bad)]
            answer = await ask(trusting.guard(gone), method="OPTIONS", headers=headers)
            assert answer.status == 204
            assert not any(bad in value for _, value in answer.headers)


@pytest.mark.parametrize("origin", STRANGERS)
async def test_a_preflight_of_a_stranger_is_refused_and_told_why(
    trusting: House, origin: str
) -> None:
    answer = await ask(trusting.guard(gone), method="OPTIONS", headers=preflight(origin))
    assert (answer.status, answer.reason) == (403, "cross_origin")
    assert f"Origin is {origin}, " in answer.body.decode()
    assert f"known origins: {OWN}, {ELSEWHERE}, {SIBLING}." in answer.body.decode()
    assert granted(answer) == ([], [])
    assert (answer.all("x-all"), answer.all("allow")) == (["y"], [])


async def test_without_a_list_a_preflight_is_told_how_to_be_trusted(house: House) -> None:
    answer = await ask(house.guard(gone), method="OPTIONS", headers=preflight(SIBLING))
    assert (answer.status, answer.reason) == (403, "cross_origin")
    assert "trusted_origins" in answer.body.decode()


async def test_a_preflight_with_two_origins_is_refused(trusting: House) -> None:
    headers = [*preflight(SIBLING), (b"origin", SIBLING.encode())]
    answer = await ask(trusting.guard(gone), method="OPTIONS", headers=headers)
    assert (answer.status, answer.reason) == (403, "cross_origin")


async def test_a_refused_preflight_is_told_once_and_one_that_was_allowed_never(
    trusting: House,
) -> None:
    async def public(scope: Any, receive: Any, send: Any) -> None:
        await Response(headers={"access-control-allow-origin": "*"})(scope, receive, send)

    own = [(b"origin", OWN.encode()), (b"access-control-request-method", b"POST")]
    for app in (gone, public):
        for headers in (preflight("https://evil.example"), preflight(SIBLING), own):
            await ask(trusting.guard(app), method="OPTIONS", headers=headers)
    (event,) = trusting.events
    assert (event.kind, event.reason) == ("refused", "cross_origin")
    assert event.device.address == "203.0.113.9"


@pytest.mark.parametrize("framework", [False, True])
async def test_a_refusal_that_cannot_be_recorded_is_answered_with_503(
    tmp_path: Path, framework: bool
) -> None:
    async def broken(event: Event) -> None:
        raise StoreUnavailable("pulled out")

    lifecycle = Lifecycle("memory:", Settings(), root_key_file=tmp_path / "key", record=broken)
    app: Any = Starlette(routes=[Route("/", gone, methods=["POST"])]) if framework else gone
    answer = await ask(Middleware(app, lifecycle), method="OPTIONS", headers=preflight(SIBLING))
    assert (answer.status, answer.reason) == (503, "store_unavailable")
    await lifecycle.close()


async def test_what_may_be_read_is_said_once_also_where_a_layer_in_front_says_it_too(
    trusting: House,
) -> None:
    for names in ("", "X-Total", f"{EXPOSED.decode()}, X-Total"):

        async def own(scope: Any, receive: Any, send: Any, names: str = names) -> None:
            said = {"access-control-expose-headers": names} if names else {}
            await Response(headers=said)(scope, receive, send)

        once = await ask(trusting.guard(own), headers=sent_from(SIBLING))
        layered = Readable(trusting.guard(own), trusting.lifecycle.settings)
        twice = await ask(layered, headers=sent_from(SIBLING))
        assert sorted(twice.headers) == sorted(once.headers)
        assert len({name for name, _ in once.headers}) == len(once.headers)
        assert once.all("access-control-expose-headers")[0].count("Retry-After") == 1


async def test_what_an_application_allows_by_itself_is_left_to_it(trusting: House) -> None:
    async def public(scope: Any, receive: Any, send: Any) -> None:
        await Response("keys", headers={"access-control-allow-origin": "*"})(scope, receive, send)

    for headers in (preflight("https://evil.example"), sent_from("https://evil.example")):
        answer = await ask(trusting.guard(public), method="OPTIONS", headers=headers)
        assert (answer.status, answer.body) == (200, b"keys")
    for origin in ("https://evil.example", SIBLING):
        answer = await ask(trusting.guard(public), headers=sent_from(origin))
        assert granted(answer) == (["*"], [])
        assert answer.all("vary") == []


@pytest.mark.parametrize(
    "headers",
    [
        [(b"sec-fetch-site", b"same-origin"), (b"origin", OWN.encode())],
        [(b"origin", OWN.encode())],
        [(b"sec-fetch-site", b"none"), (b"origin", b"null")],
    ],
)
async def test_an_options_request_of_our_own_is_the_applications(
    trusting: House, headers: list[Header]
) -> None:
    asked = [*headers, (b"access-control-request-method", b"POST")]
    for told in (asked, headers, [(b"access-control-request-method", b"POST")], []):
        answer = await ask(trusting.guard(gone), method="OPTIONS", headers=told)
        assert (answer.status, answer.all("allow")) == (405, ["POST"])


@pytest.mark.parametrize(("origin", "credentials"), [(SIBLING, ["true"]), (ELSEWHERE, [])])
async def test_an_answer_may_be_read_by_a_trusted_origin_also_if_it_is_a_refusal(
    trusting: House, origin: str, credentials: list[str]
) -> None:
    token = bearer((await trusting.log_in()).credential)
    for more, status in (([token], 200), ([], 401), ([bearer("bad")], 401)):
        answer = await ask(trusting.guard(hello), headers=[*sent_from(origin), *more])
        assert answer.status == status
        assert granted(answer) == ([origin], credentials)
        assert answer.all("access-control-expose-headers") == [EXPOSED.decode()]
        assert "Origin" in ", ".join(answer.all("vary"))


async def test_also_while_the_store_does_not_answer(build: Build) -> None:
    house: House = await build("session", trusted_origins=LIST)
    token = bearer((await house.log_in()).credential)
    house.store.arm(1)
    answer = await ask(house.guard(hello), headers=[*sent_from(SIBLING), token])
    assert (answer.status, granted(answer)) == (503, ([SIBLING], ["true"]))


async def test_an_answer_to_a_stranger_or_to_nobody_says_only_that_it_may_differ(
    trusting: House,
) -> None:
    token = bearer((await trusting.log_in()).credential)
    twice = [(b"origin", SIBLING.encode())] * 2
    for headers in ([], twice, *(sent_from(each) for each in (*STRANGERS, OWN))):
        answer = await ask(trusting.guard(hello), headers=[*headers, token])
        assert answer.status == 200
        assert answer.all("vary") == ["Accept, Cookie, Authorization, Origin"]
        assert not [name for name, _ in answer.headers if name.startswith(b"access-control-")]


async def test_without_a_list_no_answer_says_a_word_of_it(house: House) -> None:
    token = bearer((await house.log_in()).credential)
    answer = await ask(house.guard(hello), headers=[*sent_from(SIBLING), token])
    assert answer.all("vary") == ["Accept, Cookie, Authorization"]
    assert granted(answer) == ([], [])


@pytest.mark.parametrize("vary", ["Origin", "accept, ORIGIN", "*"])
async def test_what_an_application_said_of_it_is_kept_but_for_who_may_read(
    trusting: House, vary: str
) -> None:
    async def own(scope: Any, receive: Any, send: Any) -> None:
        said = {
            "vary": vary,
            "access-control-allow-origin": "https://evil.example",
            "access-control-allow-credentials": "true",
            "access-control-expose-headers": "X-Total",
        }
        await Response(headers=said)(scope, receive, send)

    answer = await ask(trusting.guard(own), headers=sent_from(ELSEWHERE))
    assert granted(answer) == ([ELSEWHERE], [])
    assert answer.all("vary") == [vary]
    assert answer.all("access-control-expose-headers") == [f"X-Total, {EXPOSED.decode()}"]


# --- the gate behind it ---------------------------------------------------------------------------


def entry(via: str) -> App:
    async def log_in(scope: Any, receive: Any, send: Any) -> None:
        from doorward.web.asgi import current_visit

        attempt = await begin_login(current_visit())
        _, headers = await attempt.login("ann", via=via)  # type: ignore[arg-type]
        response = Response(status_code=204)
        response.raw_headers += headers
        await response(scope, receive, send)

    return log_in


@pytest.mark.parametrize(
    ("origin", "via", "status"),
    [
        (SIBLING, "cookie", 204),
        (SIBLING, "bearer", 204),
        (ELSEWHERE, "bearer", 204),
        (ELSEWHERE, "cookie", 403),
        ("https://evil.example", "bearer", 403),
        ("https://evil.example", "cookie", 403),
    ],
)
@pytest.mark.parametrize("told", [True, False])
async def test_a_login_from_each_origin(
    trusting: House, origin: str, via: str, status: int, told: bool
) -> None:
    headers = sent_from(origin)[: None if told else 1]
    before = await trusting.auth.sessions()
    answer = await ask(trusting.guard(entry(via)), method="POST", headers=headers)
    assert answer.status == status
    if status == 403:
        assert answer.reason == "cross_origin"
        assert origin in answer.body.decode()
        assert ("Log in with the transport bearer" in answer.body.decode()) is (origin == ELSEWHERE)
        assert await trusting.auth.sessions() == before
    assert bool(answer.cookies) is (status == 204 and via == "cookie")


@pytest.mark.parametrize(
    ("origin", "by_cookie"), [(SIBLING, 200), (ELSEWHERE, 403), ("https://evil.example", 403)]
)
@pytest.mark.parametrize("told", [True, False])
async def test_an_unsafe_call_and_a_websocket_from_each_origin(
    trusting: House, origin: str, by_cookie: int, told: bool
) -> None:
    issued = await trusting.log_in()
    headers = sent_from(origin)[: None if told else 1]

    async def talk(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await principal()
        await send({"type": "websocket.accept"})

    for shown, status in ((cookies_of(issued), by_cookie), (bearer(issued.credential), 200)):
        asked = [*headers, shown]
        assert (await ask(trusting.guard(hello), method="POST", headers=asked)).status == status
        sent = await shake_hands(trusting.guard(talk), "/", asked)
        kind = "websocket.accept" if status == 200 else "websocket.close"
        assert sent[0]["type"] == kind
