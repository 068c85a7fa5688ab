"""The person in front of a browser, without the browser: cookies, redirects and our forms."""

import ssl
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
import httpx2

EMAIL, PASSWORD = "ada@example.test", "a quiet green harbour"

MOST_PAGES = 20
"""Pages and redirects between the first address and the application."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with one account at `issuer`.  `seen` are the addresses of ours that they saw."""

    issuer: str
    trusting: ssl.SSLContext
    seen: list[str] = field(default_factory=list)

    def sign_up(self) -> None:
        """Make the account, by the form."""
        with self._browser() as browser:
            form = {"email": EMAIL, "password": PASSWORD}
            answer = _submit(browser, browser.get("/signup"), form)
            assert answer.status_code == 303, answer.text

    def browser(self) -> httpx2.Client:
        """A new browser, in which nobody is logged in yet."""
        return self._browser()

    def visit(self, browser: httpx2.Client, address: str) -> str:
        """Follow a link of an application; the first address that is not of ours again.

        Logs in and allows where the pages ask for it.  Raises `AssertionError` for a page that
        leads nowhere, such as a refusal.
        """
        answer = self._get(browser, address, site="cross-site")
        for _ in range(MOST_PAGES):
            if answer.is_redirect:
                there = urljoin(str(answer.url), answer.headers["location"])
                if not self._is_ours(there):
                    return there
                answer = self._get(browser, there)
                continue
            assert answer.status_code == 200, f"{answer.status_code}: {_words(answer.text)}"
            if there := _carried_on(answer.text):
                return there
            answer = _submit(browser, answer, _filled_in(answer))
        raise AssertionError(f"no way out of the pages of {self.issuer}")

    def is_logged_in(self, browser: httpx2.Client) -> bool:
        return browser.get("/account").status_code == 200

    def end_access(self, browser: httpx2.Client) -> None:
        """End the access of every application, at the account page."""
        page = browser.get("/account/applications")
        for form in list(_page(page.text).iter("form")):
            action = str(form.get("action", ""))
            if "applications" in action:
                answer = browser.post(action, data=_hidden(form))
                assert answer.status_code == 303, answer.text

    def _get(
        self, browser: httpx2.Client, address: str, site: str = "same-origin"
    ) -> httpx2.Response:
        self.seen.append(address)
        return browser.get(address, headers={"sec-fetch-site": site})

    def _is_ours(self, address: str) -> bool:
        parts, ours = urlsplit(address), urlsplit(self.issuer)
        return parts[:2] == ours[:2]

    def _browser(self) -> httpx2.Client:
        return httpx2.Client(
            base_url=self.issuer,
            verify=self.trusting,
            headers={"origin": self.issuer, "user-agent": "Mozilla/5.0 (a person)"},
        )


def _filled_in(answer: httpx2.Response) -> dict[str, str]:
    """What a person does with the page: log in, or allow."""
    path = answer.url.path
    if path in ("/login", "/elevate"):
        return {"email": EMAIL, "password": PASSWORD}
    assert path == "/oauth/authorize", f"{path}: {_words(answer.text)}"
    return {"decision": "allow"}


def _submit(
    browser: httpx2.Client, answer: httpx2.Response, filled_in: dict[str, str]
) -> httpx2.Response:
    form = next(_page(answer.text).iter("form"))
    there = urljoin(str(answer.url), form.get("action") or "")
    headers = {"sec-fetch-site": "same-origin"}
    return browser.post(there, data={**_hidden(form), **filled_in}, headers=headers)


def _page(text: str) -> Element:
    page: Element = html5lib.parse(text, namespaceHTMLElements=False)
    return page


def _hidden(form: Element) -> dict[str, str]:
    fields = [each for each in form.iter("input") if each.get("type") == "hidden"]
    return {str(each.get("name")): str(each.get("value")) for each in fields}


def _carried_on(text: str) -> str:
    """Where the page that follows a form leads by itself, or nothing."""
    for each in _page(text).iter("meta"):
        if each.get("http-equiv") == "refresh":
            return str(each.get("content")).partition("url=")[2]
    return ""


def _words(text: str) -> str:
    return " ".join(" ".join(_page(text).itertext()).split())[:300]
