"""Pages in a browser without a server: a route that answers as the server would."""

from collections.abc import Awaitable, Callable, Mapping

from playwright.async_api import Route

from doorward.server.ui.page import Page
from doorward.server.ui.rendering import render, static_file

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ORIGIN = "http://localhost:8000/"


def serving(pages: Mapping[str, Page]) -> Callable[[Route], Awaitable[None]]:
    """Answers `ORIGIN` plus a page's name with that page, under the policy of the server."""

    async def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ORIGIN).split("?")[0]
        headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        if found := static_file(name.removeprefix("static/")):
            headers["Content-Type"] = found.media_type
            await route.fulfill(body=found.body, headers=headers)
        elif name.startswith("api/"):  # a script asks; nobody has a passkey here
            await route.fulfill(body="{}", content_type="application/json")
        elif name == "admin/online/events":
            await route.fulfill(body="retry: 60000\n\n", content_type="text/event-stream")
        elif (page := pages.get(name.replace("%20", " "))) is None:
            await route.fulfill(status=204)  # a page that carries on by itself stays where it is
        else:
            headers["Content-Type"] = "text/html; charset=utf-8"
            await route.fulfill(body=render(page), headers=headers)

    return answer
