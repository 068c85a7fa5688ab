"""The server's pages: complete, escaped, fit for a strict policy, and usable by everyone."""

import hashlib
import re
from dataclasses import fields
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import jinja2
import pytest
from jinja2 import meta, nodes

from doorward.server.journeys.account.pages import AccountPage
from doorward.server.journeys.invitation.pages import InvitationPage
from doorward.server.journeys.login.pages import LoginPage
from doorward.server.journeys.reset.pages import ResetPage
from doorward.server.ui import rendering
from doorward.server.ui.page import FormPage, Page
from doorward.server.ui.rendering import ago, date, prose, render, static_file, static_path
from tests.server.pages import NOW, Element, every_page, read_html

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)><b class='",
    "' autofocus onfocus='alert(1)",
    "</title></textarea></form><form action=https://evil.example>",
    "{{ 7 * 7 }}{% raw %}&lt;b&gt;<i>",
    "\u202egnp.exe\u202c \u0645\u0631\u062d\u0628\u0627",
    "A" * 4000,
]
saying = cache(every_page)
PLAIN = saying("plain")
FOLDER = Path(rendering.__file__).parent

pages = pytest.mark.parametrize("name", PLAIN)


@cache
def elements(name: str, said: str = "plain") -> list[Element]:
    return read_html(render(saying(said)[name]))


def ids(name: str) -> list[str]:
    return [each.attributes["id"] for each in elements(name) if "id" in each.attributes]


def shape(found: list[Element]) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.tag, tuple(each.attributes)) for each in found]


def seen_inputs(found: list[Element]) -> list[Element]:
    return [
        each
        for each in found
        if each.tag in ("input", "textarea")
        and each.attributes.get("type") != "hidden"
        and "hidden" not in each.attributes
    ]


def records(kind: type[Page] = Page) -> set[type[Page]]:
    """The records of pages that derive from one, itself included if it has a template."""
    # `slots` makes each class a second time, and the first may still be there
    real = vars(import_module(kind.__module__))[kind.__name__] is kind
    own = {kind} if real and hasattr(kind, "template") else set()
    return own.union(*(records(each) for each in kind.__subclasses__()))


@pytest.mark.parametrize("page", sorted(records(), key=str), ids=lambda page: page.template)
def test_a_template_asks_for_exactly_the_fields_of_its_record(page: type[Page]) -> None:
    assert asked_of(page.template) == {each.name for each in fields(page)}


def asked_of(template: str) -> set[str]:
    """What a template, those it extends and those it includes ask for."""
    environment = rendering.environment()
    assert environment.loader is not None
    parsed = environment.parse(environment.loader.get_source(environment, template)[0])
    own = {name for each in parsed.find_all(nodes.FromImport) for name in each.names}
    own |= {each.name for each in parsed.find_all(nodes.Macro)}
    targets = [each.target for each in parsed.body if isinstance(each, nodes.Assign)]
    own |= {target.name for target in targets if isinstance(target, nodes.Name)}
    asked = meta.find_undeclared_variables(parsed) - own - {"static", "site"}
    others: list[nodes.Extends | nodes.Include] = [*parsed.find_all(nodes.Extends)]
    others += parsed.find_all(nodes.Include)
    for each in others:
        assert isinstance(each.template, nodes.Const)
        asked |= asked_of(each.template.value)
    return asked


def test_every_kind_of_page_is_among_the_examples() -> None:
    missing = records() - {type(each) for each in PLAIN.values()}
    names = sorted(each.__name__ for each in missing)
    assert not missing, f"add to every_page of tests/server/pages.py: {names}"


def test_a_name_that_no_record_has_is_an_error_not_an_empty_string() -> None:
    template = rendering.environment().from_string("{{ forgotten }}")
    with pytest.raises(jinja2.UndefinedError, match="forgotten"):
        template.render()


@pages
@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_changes_no_element_and_no_attribute_name(name: str, said: str) -> None:
    assert shape(elements(name, said)) == shape(elements(name))


@pages
def test_hostile_text_is_shown_as_it_was_said(name: str) -> None:
    said = "<script>alert(1)</script>"
    plain, hostile = elements(name)[0].text, elements(name, said)[0].text
    assert hostile.count(said) == plain.count("plain")


@pages
def test_nothing_on_a_page_runs_or_styles_inline(name: str) -> None:
    for each in elements(name, "x" * 9):
        assert each.tag not in {"style", "object", "embed", "iframe", "base"}
        assert "style" not in each.attributes
        assert not [key for key in each.attributes if key.startswith("on")]
        if each.tag == "script":
            assert each.attributes["src"]
            assert not each.text


@pages
def test_every_address_on_a_page_is_its_own_origins(name: str) -> None:
    for each in elements(name):
        for key in {"href", "src", "action", "formaction"} & set(each.attributes):
            # a file is saved from within the page, and never opened
            saved = "download" in each.attributes and each.attributes[key].startswith("data:text/")
            # the one page that leads away, to an address that was checked
            away = each.attributes.get("rel") == "noreferrer"
            leaves = name in ("carrying on", "leaving") and away
            assert saved or leaves or re.match(r"/(?!/)|#.", each.attributes[key]), each


@pages
def test_every_static_file_a_page_names_is_served(name: str) -> None:
    named = re.findall(r'"/static/([^"]+)"', render(PLAIN[name]))
    assert len(named) >= 3
    assert all(static_file(each) for each in named)


@pages
def test_every_visible_input_has_a_label_with_words(name: str) -> None:
    found = elements(name)
    labels = {each.attributes["for"]: each.text.strip() for each in found if each.tag == "label"}
    for each in seen_inputs(found):
        assert labels[each.attributes["id"]]


@pages
def test_every_button_has_words_and_stands_in_a_form_or_opens_what_is_there(name: str) -> None:
    for each in elements(name):
        if each.tag == "button":
            assert each.text.strip()
            assert each.form is not None or each.attributes["popovertarget"] in ids(name)


@pages
def test_every_form_posts_and_carries_the_csrf_token(name: str) -> None:
    found = elements(name)
    for form in (each for each in found if each.tag == "form"):
        if form.attributes["method"] == "get":  # it asks, and changes nothing
            assert "csrf_token" not in {
                each.attributes.get("name") for each in found if each.form == form.form
            }
            continue
        assert form.attributes["method"] == "post"
        tokens = [
            each.attributes["value"]
            for each in found
            if each.form == form.form and each.attributes.get("name") == "csrf_token"
        ]
        assert tokens == ["cplain"]


@pages
def test_every_id_is_unique_and_every_reference_finds_one(name: str) -> None:
    known = ids(name)
    assert len(known) == len(set(known))
    for each in elements(name):
        for key in {"for", "aria-describedby", "aria-labelledby"} & set(each.attributes):
            assert set(each.attributes[key].split()) <= set(known), each
        if each.attributes.get("href", "").startswith("#"):
            assert each.attributes["href"][1:] in known


@pages
def test_a_page_says_its_language_title_and_one_heading_and_lets_one_skip(name: str) -> None:
    found = elements(name)
    assert found[0].attributes["lang"] == "en"
    assert [each.tag for each in found].count("h1") == 1
    assert [each.tag for each in found].count("main") == 1
    # a drawing further below has titles of its own
    title = next(each.text for each in found if each.tag == "title")
    assert title.endswith(" · Doorward")
    first = next(each for each in found if each.tag == "a")
    assert first.attributes == {"class": "skip", "href": "#main"}


@pages
def test_every_group_of_a_list_of_descriptions_has_its_terms_and_then_a_description(
    name: str,
) -> None:
    html = render(PLAIN[name])
    for inside in re.findall(r"<dl\b[^>]*>(.*?)</dl>", html, re.DOTALL):
        group = r"<div>\s*(<dt\b(?:(?!</dt>).)*</dt>\s*)+(<dd\b(?:(?!</dd>).)*</dd>\s*)+</div>"
        assert re.fullmatch(rf"(\s*{group}\s*)*", inside, re.DOTALL), inside


@pages
def test_headings_never_skip_a_level(name: str) -> None:
    levels = [int(each.tag[1]) for each in elements(name) if re.fullmatch(r"h[1-6]", each.tag)]
    assert all(below - above <= 1 for above, below in pairwise(levels))


@pages
def test_at_most_one_field_takes_the_focus(name: str) -> None:
    assert sum("autofocus" in each.attributes for each in elements(name)) <= 1


@pytest.mark.parametrize("name", [name for name in PLAIN if name.endswith("in trouble")])
def test_every_error_is_an_alert_and_told_by_the_field_it_is_about(name: str) -> None:
    page, found = PLAIN[name], elements(name)
    assert isinstance(page, FormPage)
    alerts = {each.attributes["id"] for each in found if each.attributes.get("role") == "alert"}
    wrong = [each for each in seen_inputs(found) if "aria-invalid" in each.attributes]
    told = {one for each in wrong for one in each.attributes["aria-describedby"].split()}
    assert {each.attributes["name"] for each in wrong} == set(page.field_errors)
    assert alerts <= told
    assert "form-error" in alerts
    assert len(alerts) == len(wrong) + 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("signup", {"email": "username", "password": "new-password"}),
        ("login", {"email": "username webauthn", "password": "current-password"}),
        ("elevate", {"password": "current-password"}),
        ("elevate by a code", {"code": "one-time-code"}),
        ("second step", {"code": "one-time-code"}),
        ("second step by a recovery code", {"code": "off"}),
        ("enrol", {"code": "one-time-code"}),
        ("reset", {"new": "new-password"}),
        ("invitation", {"new": "new-password"}),
        ("password", {"current": "current-password", "new": "new-password"}),
    ],
)
def test_password_managers_are_told_what_each_field_is(name: str, expected: dict[str, str]) -> None:
    told = {
        each.attributes["name"]: each.attributes["autocomplete"]
        for each in seen_inputs(elements(name))
        if "name" in each.attributes
    }
    assert told == expected


def test_passwords_are_hidden_and_nothing_stands_in_the_way_of_pasting_them() -> None:
    """ASVS 6.2.6 and 6.2.7: a script that heard of a paste could refuse it."""
    asked = [each for name in PLAIN for each in elements(name) if each.tag == "input"]
    for each in asked:
        secret = each.attributes.get("autocomplete", "") in ("current-password", "new-password")
        assert secret == (each.attributes.get("type") == "password"), each
        assert not [name for name in each.attributes if name.startswith("on")]
        assert not (secret and each.attributes.keys() & {"readonly", "disabled", "maxlength"})
    scripts = "".join(path.read_text() for path in (FOLDER / "static").glob("*.js"))
    heard = set(re.findall(r"addEventListener\(\s*\"(\w+)\"", scripts))
    assert heard >= {"click", "submit"}
    assert not [name for name in heard if re.search("paste|key|input|copy|drop", name)]


def test_no_page_asks_a_question_to_which_others_may_know_the_answer() -> None:
    """ASVS 6.4.2: no hints and no secret questions."""
    names = {each.attributes.get("name") for page in PLAIN for each in seen_inputs(elements(page))}
    assert names - {None} <= {
        "address", "code", "current", "email", "invite", "kind", "name", "new", "password",
        "person", "query", "role", "roles", "since", "until",
        "post_logout_uris", "redirect_uris", "resource", "scopes", "sentence",
    }  # fmt: skip


def test_every_page_that_needs_a_login_leads_to_the_logout() -> None:
    """ASVS 7.4.4."""
    needing = [name for name in PLAIN if parents(PLAIN[name].template) & NEEDS_LOGIN]
    assert len(needing) > 30
    for name in needing:
        found = elements(name)
        links = {each.attributes.get("href") for each in found if each.tag == "a"}
        forms = {each.attributes.get("action") for each in found if each.tag == "form"}
        assert "/logout" in links | forms, name


NEEDS_LOGIN = {
    "section.html", "console.html", "recovery_codes.html", "journeys/elevate/elevate.html"
}  # fmt: skip


def parents(template: str) -> set[str]:
    """A template and those that it extends."""
    environment = rendering.environment()
    assert environment.loader is not None
    source = environment.loader.get_source(environment, template)[0]
    above = re.findall(r'{% extends "([^"]+)" %}', source)
    return {template}.union(*map(parents, above))


@pytest.mark.parametrize("name", ["elevate", "invitation", "password"])
def test_a_password_is_asked_for_beside_the_name_it_belongs_to(name: str) -> None:
    (username,) = [
        each for each in elements(name) if each.attributes.get("autocomplete") == "username"
    ]
    assert username.attributes["value"] == "plain"
    assert "name" not in username.attributes


def test_no_password_and_no_field_for_one_is_ever_filled_in() -> None:
    for name in PLAIN:
        for each in elements(name):
            if each.attributes.get("type") == "password":
                assert each.attributes["value"] == ""


def test_the_forms_post_where_and_what_the_server_expects() -> None:
    def posted(page: Page) -> dict[str, set[str]]:
        found = read_html(render(page))
        return {
            form.attributes["action"]: {
                each.attributes["name"]
                for each in found
                if each.form == form.form and "name" in each.attributes
            }
            for form in found
            if form.tag == "form"
        }

    assert posted(PLAIN["login"]) == {
        "/login": {"email", "password", "csrf_token", "once", "return_to"}
    }
    assert posted(PLAIN["signup"]) == {
        "/signup": {"email", "password", "csrf_token", "once", "return_to"}
    }
    assert posted(PLAIN["elevate"]) == {"/elevate": {"password", "csrf_token", "once", "return_to"}}
    assert posted(PLAIN["elevate by a code"]) == {
        "/elevate": {"code", "csrf_token", "once", "return_to"}
    }
    assert posted(PLAIN["second step"]) == {"/login/factor": {"code", "csrf_token", "once"}}
    assert posted(PLAIN["second step by a recovery code"]) == {
        "/login/factor": {"code", "with", "csrf_token", "once"}
    }
    assert posted(PLAIN["enrol"]) == {"/login/factor/enrol": {"code", "csrf_token", "once"}}
    assert posted(PLAIN["add a passkey"]) == {
        "/account/security/passkeys/add": {"name", "credential", "csrf_token", "once"}
    }
    assert posted(PLAIN["passkey"]) == {
        "/account/security/passkeys/plain": {"name", "csrf_token", "once"},
        "/account/security/passkeys/plain/remove": {"csrf_token", "once"},
    }
    assert posted(PLAIN["consent"]) == {
        "/oauth/consent": {"decision", "query", "csrf_token", "once"}
    }
    assert posted(PLAIN["end session"]) == {
        "/oauth/logout/confirm": {"query", "csrf_token", "once"}
    }
    assert posted(PLAIN["totp"]) == {"/account/security/totp": {"code", "csrf_token", "once"}}
    assert posted(PLAIN["totp to remove"]) == {
        "/account/security/totp/remove": {"csrf_token", "once"}
    }
    assert posted(PLAIN["new recovery codes"]) == {
        "/account/security/recovery-codes": {"csrf_token", "once"}
    }
    assert posted(PLAIN["reset"]) == {"/reset": {"new", "ticket", "csrf_token", "once"}}
    assert posted(PLAIN["verify"]) == {"/verify": {"ticket", "csrf_token", "once"}}
    assert posted(PLAIN["forgot"]) == {"/forgot": {"email", "csrf_token", "once"}}
    assert posted(PLAIN["invitation"]) == {
        "/link/invitation": {"new", "ticket", "csrf_token", "once"}
    }
    assert posted(PLAIN["add user"]) == {
        "/admin/users/new": {"email", "roles", "invite", "csrf_token", "once"}
    }
    assert posted(PLAIN["act on an address"]) == {
        "/admin/users/u_1/lock": {"email", "csrf_token", "once"}
    }
    assert posted(PLAIN["delete"]) == {"/account/data/delete": {"csrf_token", "once"}}
    assert posted(PLAIN["password"]) == {
        "/account/password": {"current", "new", "csrf_token", "once"}
    }
    assert posted(PLAIN["account of an administrator"]) == {
        "/logout": {"csrf_token", "once"},
        "/account/verify": {"csrf_token", "once"},
        "/account/sessions/end-others": {"csrf_token", "once"},
        "/account/sessions/plain/end": {"csrf_token", "once"},
    }


WITH_TICKET = [
    *("reset", "reset in trouble", "setup", "setup in trouble"),
    *("invitation", "invitation in trouble", "verify", "verify a sign-up"),
]


@pytest.mark.parametrize("name", WITH_TICKET)
def test_a_page_with_a_ticket_tells_nothing_of_its_address_to_what_it_loads(name: str) -> None:
    loaded = [each for each in elements(name) if each.tag in ("meta", "link", "script", "img")]
    said = [each.attributes.get("name") == "referrer" for each in loaded]
    place = said.index(True)
    assert loaded[place].attributes["content"] == "strict-origin"
    assert all(each.tag == "meta" for each in loaded[:place])


def test_a_sid_cannot_lead_its_form_elsewhere() -> None:
    html = render(every_page("/../../logout?x#")["account"])
    assert 'action="/account/sessions/%2F..%2F..%2Flogout%3Fx%23/end"' in html


def test_each_place_has_its_own_end_button_and_only_this_one_is_marked() -> None:
    found = elements("account of an administrator")
    ends = [each for each in found if each.attributes.get("action", "").endswith("/end")]
    assert len(ends) == 30
    assert [each.text for each in found if each.attributes.get("class") == "badge"].count(
        "This one"
    ) == 1


def test_end_all_others_is_offered_only_where_there_are_others() -> None:
    assert "End all others" not in render(PLAIN["account"])
    assert "End all others" in render(PLAIN["account of an administrator"])


def test_a_closed_house_offers_no_sign_up() -> None:
    assert "/signup" not in render(PLAIN["login in trouble"])
    assert "/signup" not in render(PLAIN["index for a guest of a closed house"])


def test_the_way_back_survives_from_login_to_sign_up() -> None:
    page = LoginPage(csrf_token="t", return_to="/a?b=c&d=/e", signup_open=True)
    assert 'href="/signup?return_to=/a%3Fb%3Dc%26d%3D/e"' in render(page)


def test_a_reset_ticket_is_in_the_form_and_in_no_address() -> None:
    html = render(ResetPage(csrf_token="t", ticket="dw-ticket", password_min=8))
    assert re.findall(r'[a-z]+="[^"]*dw-ticket[^"]*"', html) == ['value="dw-ticket"']


def test_a_ticket_of_an_invitation_is_in_the_form_and_in_no_address() -> None:
    page = InvitationPage(csrf_token="t", ticket="dw-ticket", email="a@b.test", password_min=8)
    assert re.findall(r'[a-z]+="[^"]*dw-ticket[^"]*"', render(page)) == ['value="dw-ticket"']


def test_an_unknown_device_still_has_a_name() -> None:
    page = every_page("")["account"]
    assert isinstance(page, AccountPage)
    assert "Unknown device" in render(page)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (86_399, "23 hours ago"),
        (86_400, "1 day ago"),
        (30 * 86_400 - 1, "29 days ago"),
        (30 * 86_400, "19 October 2026, 11:06 UTC"),
    ],
)
def test_a_time_is_told_as_a_person_would_and_exactly_as_well(seconds: int, words: str) -> None:
    (element,) = read_html(ago(NOW - seconds, NOW))
    assert element.tag == "time"
    assert element.text == words
    assert element.attributes["title"] in date(NOW - seconds)


def test_a_date_carries_its_machine_form() -> None:
    assert date(0) == (
        '<time datetime="1970-01-01T00:00:00Z" data-form="date"'
        ' title="1 January 1970, 00:00:00 UTC">'
        "1 January 1970, 00:00 UTC</time>"
    )


def test_prose_makes_paragraphs_and_code_and_nothing_else() -> None:
    assert (
        prose("One `x`.\n\n<b>Two</b>") == "<p>One <code>x</code>.</p><p>&lt;b&gt;Two&lt;/b&gt;</p>"
    )
    assert prose(" \n") == ""


@pytest.mark.parametrize("path", sorted((FOLDER / "static").iterdir()), ids=lambda path: path.name)
def test_a_static_address_holds_the_hash_of_what_it_serves(path: Path) -> None:
    address = static_path(path.name).removeprefix("/static/")
    served = static_file(address)
    assert served is not None
    assert served.body == path.read_bytes()
    assert hashlib.sha256(served.body).hexdigest()[:12] in address


@pytest.mark.parametrize("address", ["doorward.css", "doorward.000000000000.css", "", "../x.css"])
def test_any_other_static_address_serves_nothing(address: str) -> None:
    assert static_file(address) is None


@pytest.mark.parametrize("path", sorted((FOLDER / "static").iterdir()), ids=lambda path: path.name)
def test_a_static_file_fetches_nothing_and_embeds_nothing(path: Path) -> None:
    text = path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"data:|https?://|@import|<script|<style|style=|eval\(|innerHTML", text)
    assert not re.search(r"url\((?!#)", text)
