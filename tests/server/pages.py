"""Every page of the server with example contents, and a reader for the HTML it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from markupsafe import Markup

from doorward.server.accounts.factors import Held
from doorward.server.admin.history.pages import HistoryPage
from doorward.server.admin.history.plot import draw_all
from doorward.server.admin.keys.pages import KeyRow, KeysPage
from doorward.server.admin.online.pages import OnlinePage
from doorward.server.admin.outbox.pages import LetterRow, OutboxPage
from doorward.server.admin.users.acts import LinkPage
from doorward.server.admin.users.add import AddUserPage
from doorward.server.admin.users.pages import UserPage, UserRow, UsersPage
from doorward.server.audit.history import Count
from doorward.server.journeys.account.pages import AccountPage, SessionRow
from doorward.server.journeys.api_docs.pages import DocsPage
from doorward.server.journeys.api_docs.reader import (
    ApiDocs,
    Field,
    Group,
    Operation,
    Response,
    Scheme,
)
from doorward.server.journeys.applications.pages import ApplicationsPage
from doorward.server.journeys.authorize.pages import ConsentPage
from doorward.server.journeys.change_email.pages import (
    ConfirmPage,
    EmailPage,
    UndonePage,
    UndoPage,
)
from doorward.server.journeys.change_email.pages import (
    ElsewherePage as ConfirmElsewherePage,
)
from doorward.server.journeys.elevate.pages import ElevatePage
from doorward.server.journeys.end_session.pages import EndSessionPage
from doorward.server.journeys.first_admin.pages import SetupPage
from doorward.server.journeys.forgot.pages import ForgotPage
from doorward.server.journeys.history.pages import OwnHistoryPage
from doorward.server.journeys.index.pages import IndexPage
from doorward.server.journeys.invitation.pages import InvitationPage
from doorward.server.journeys.login.pages import LoginPage
from doorward.server.journeys.logout.pages import LogoutPage
from doorward.server.journeys.mail_login.pages import AskPage, CodePage, ElsewherePage, HerePage
from doorward.server.journeys.own_data.pages import DeletePage, OwnDataPage
from doorward.server.journeys.passkeys.pages import AddPage, PasskeyPage
from doorward.server.journeys.password.pages import PasswordPage
from doorward.server.journeys.recovery_codes.pages import NewCodesPage
from doorward.server.journeys.reset.pages import ResetPage
from doorward.server.journeys.second_step.pages import EnrolPage, FactorPage
from doorward.server.journeys.security.pages import PasskeyRow, SecurityPage
from doorward.server.journeys.signup.pages import SignupPage
from doorward.server.journeys.totp.pages import RemovePage, TotpPage
from doorward.server.journeys.verify.pages import VerifyPage
from doorward.server.oauth.access import Access
from doorward.server.oauth.scopes import Scope
from doorward.server.routes.leaving import CarryingOnPage
from doorward.server.ui.notice import Notice
from doorward.server.ui.page import ActPage, Menu, MessagePage, Page, RecoveryCodesPage
from doorward.server.ui.qr import qr
from doorward.server.ui.rows import HappenedRow, LiveRow
from tests.server.application_pages import MENU, application_pages

NOW = 1_795_000_000

BUSY, QUIET = Menu(outbox=True), Menu(outbox=False)


@dataclass(slots=True)
class Element:
    """A start tag as it was written; `text` is all text inside, `form` the form around it."""

    tag: str
    attributes: dict[str, str]
    form: int | None
    text: str = ""


@dataclass(slots=True)
class _Reader:
    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)
    forms: int = 0


_VOID = {"meta", "link", "img", "input", "br", "hr"}


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.read = _Reader()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"an attribute is given twice: {attrs}"
        if tag == "form":
            self.read.forms += 1
        inside = tag == "form" or any(each.tag == "form" for each in self.read.open)
        element = Element(
            tag,
            {name: value or "" for name, value in attrs},
            self.read.forms if inside else None,
        )
        self.read.elements.append(element)
        if tag not in _VOID:
            self.read.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.read.open.pop().tag == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        for element in self.read.open:
            element.text += data


def read_html(html: str) -> list[Element]:
    """All elements in order.  Fails on tags that do not nest and attributes given twice."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert not parser.read.open, f"never closed: {parser.read.open[-1].tag}"
    return parser.read.elements


def every_page(said: str) -> dict[str, Page]:
    """Each page in a plain and in a troubled state, saying `said` wherever text comes from afar."""
    return {
        **_form_pages(said),
        **_factor_pages(said),
        **_account_pages(said),
        **_reading_pages(said),
        **_console_pages(said),
        **_act_pages(said),
        **application_pages(said, NOW),
    }


def _wrong(said: str, *names: str) -> Mapping[str, str]:
    return dict.fromkeys(names, said)


def _form_pages(said: str) -> dict[str, Page]:
    return {
        "signup": SignupPage(csrf_token="c" + said, return_to=said, password_min=8),
        "signup in trouble": SignupPage(
            csrf_token="c" + said,
            return_to=said,
            password_min=8,
            email=said,
            error=said,
            field_errors=_wrong(said, "email", "password"),
        ),
        "login": LoginPage(csrf_token="c" + said, return_to=said, signup_open=True, forgot=True),
        "login in trouble": LoginPage(
            csrf_token="c" + said,
            return_to=said,
            signup_open=False,
            email=said,
            notice=said,
            error=said,
            field_errors=_wrong(said, "email", "password"),
        ),
        "elevate": ElevatePage(csrf_token="c" + said, return_to=said, email=said),
        "elevate of an administrator": ElevatePage(
            csrf_token="c" + said, return_to=said, email=said, menu=Menu(outbox=True)
        ),
        "elevate in trouble": ElevatePage(
            csrf_token="c" + said,
            return_to=said,
            email=said,
            error=said,
            field_errors=_wrong(said, "password"),
        ),
        "elevate by a code": ElevatePage(
            csrf_token="c" + said, return_to=said, email=said, totp=True, recovery_codes=True
        ),
        "elevate by a code in trouble": ElevatePage(
            csrf_token="c" + said,
            return_to=said,
            email=said,
            totp=True,
            error=said,
            field_errors=_wrong(said, "code"),
        ),
        "elevate by a passkey": ElevatePage(
            csrf_token="c" + said, return_to=said, email=said, passkey=True, password=False
        ),
        "elevate by a recovery code": ElevatePage(
            csrf_token="c" + said, return_to=said, email=said, recovery=True, password=False
        ),
        "elevate of somebody without a password": ElevatePage(
            csrf_token="c" + said,
            return_to=said,
            email=said,
            password=False,
            mail=True,
            login_by_mail=True,
        ),
        "elevate for a password": ElevatePage(
            csrf_token="c" + said,
            return_to=said,
            email=said,
            factor="password",
            totp=True,
            password=False,
        ),
        "reset": ResetPage(csrf_token="c" + said, ticket=said, password_min=8),
        "invitation": InvitationPage(
            csrf_token="c" + said, ticket=said, email=said, password_min=8
        ),
        "invitation in trouble": InvitationPage(
            csrf_token="c" + said,
            ticket=said,
            email=said,
            password_min=8,
            error=said,
            field_errors=_wrong(said, "new"),
        ),
        "verify": VerifyPage(csrf_token="c" + said, ticket=said, email=said, new=False),
        "verify a sign-up": VerifyPage(
            csrf_token="c" + said, ticket=said, email=said, new=True, error=said
        ),
        "login by mail": AskPage(csrf_token="c" + said, return_to=said, notice=said),
        "login by mail in trouble": AskPage(
            csrf_token="c" + said,
            return_to=said,
            email=said,
            error=said,
            field_errors=_wrong(said, "email"),
        ),
        "code of a letter": CodePage(csrf_token="c" + said, printed=True, email=said),
        "code of a letter in trouble": CodePage(
            csrf_token="c" + said, printed=False, error=said, field_errors=_wrong(said, "code")
        ),
        "link of a letter": HerePage(csrf_token="c" + said, ticket=said),
        "link of a letter elsewhere": ElsewherePage(code=said),
        "confirm email": ConfirmPage(csrf_token="c" + said, ticket=said, email=said),
        "confirm email, refused": ConfirmPage(
            csrf_token="c" + said, ticket=said, email=said, error=said
        ),
        "confirm email elsewhere": ConfirmElsewherePage(),
        "undo email": UndoPage(csrf_token="c" + said, ticket=said, email=said),
        "undo email, refused": UndoPage(csrf_token="c" + said, ticket=said, email=said, error=said),
        "undone email": UndonePage(ticket=said),
        "forgot": ForgotPage(csrf_token="c" + said),
        "forgot in trouble": ForgotPage(
            csrf_token="c" + said, email=said, error=said, field_errors=_wrong(said, "email")
        ),
        "reset in trouble": ResetPage(
            csrf_token="c" + said,
            ticket=said,
            password_min=8,
            error=said,
            field_errors=_wrong(said, "new"),
        ),
    }


def _factor_pages(said: str) -> dict[str, Page]:
    token, wrong = "c" + said, _wrong(said, "code")
    step = FactorPage(
        csrf_token=token,
        email=said,
        ticket=said,
        return_to=said,
        factors=("totp", "passkey", "recovery_code"),
        recovery=False,
    )
    enrol = EnrolPage(csrf_token=token, email=said, qr=qr("otpauth://"), key=said)
    totp = TotpPage(csrf_token=token, qr=qr("otpauth://"), key=said)
    codes = RecoveryCodesPage(csrf_token=token, others=True, codes=(said, said), back="/account")
    security = SecurityPage(
        csrf_token=token,
        others=True,
        passkeys=(),
        accepted='{"rpId":"localhost","userId":"","name":"","ids":[]}',
        totp_since=None,
        recovery_codes=0,
        held=False,
        required=False,
    )
    return {
        "second step": step,
        "security that a page asked for": replace(
            security, asked="a passkey", return_to="/" + said
        ),
        "second step in trouble": replace(step, error=said, field_errors=wrong),
        "second step by a recovery code": replace(step, recovery=True),
        "second step by a recovery code in trouble": replace(
            step, recovery=True, error=said, field_errors=wrong
        ),
        "enrol": enrol,
        "enrol in trouble": replace(enrol, error=said, field_errors=wrong),
        "totp": totp,
        "totp in trouble": replace(totp, console=True, error=said, field_errors=wrong),
        "totp to remove": RemovePage(csrf_token=token),
        "totp to remove by an administrator": RemovePage(csrf_token=token, console=True),
        "add a passkey": AddPage(csrf_token=token, name=said),
        "add a passkey in trouble": AddPage(
            csrf_token=token,
            name=said,
            console=True,
            error=said,
            field_errors=_wrong(said, "name"),
        ),
        "passkey": PasskeyPage(csrf_token=token, id=said, name=said, console=True),
        "recovery codes": codes,
        "recovery codes at first": replace(codes, first=True),
        "new recovery codes": NewCodesPage(csrf_token=token),
        "security": security,
        "security with factors": replace(
            security,
            passkeys=(
                PasskeyRow(id=said, name=said, created_at=NOW, used_at=None, backed_up=False),
                PasskeyRow(id=said, name=said, created_at=NOW, used_at=NOW, backed_up=True),
            ),
            totp_since=NOW,
            recovery_codes=9,
            held=True,
            console=True,
            notice=said,
        ),
    }


def _account_pages(said: str) -> dict[str, Page]:
    rows = tuple(
        SessionRow(
            sid=said,
            label=said,
            address=said,
            created_at=NOW - 90_000 * number,
            seen_at=NOW - 900 * number,
            current=number == 1,
        )
        for number in range(30)
    )
    return {
        "account": AccountPage(
            confirmed_address=True,
            csrf_token="c" + said,
            now=NOW,
            email=said,
            subject=said,
            roles=(),
            mode="session",
            amr=(),
            logged_in_at=NOW - 60,
            confirmed_at=None,
            sessions=rows[1:2],
        ),
        "own history": OwnHistoryPage(
            now=NOW, rows=_happened(said), older="after=1.1", console=True
        ),
        "own history of nothing": OwnHistoryPage(now=NOW, rows=()),
        "account of an administrator": AccountPage(
            csrf_token="c" + said,
            now=NOW,
            email=said,
            subject=said,
            roles=(said, said),
            mode="token",
            amr=("pwd", said),
            logged_in_at=NOW - 6000,
            confirmed_at=NOW - 60,
            sessions=rows,
            unverified=True,
            unasked_passkey=True,
            console=True,
            notice=said,
        ),
        "own data": OwnDataPage(),
        "own data of an administrator": OwnDataPage(console=True),
        "delete": DeletePage(csrf_token="c" + said, email=said),
        "change email": EmailPage(csrf_token="c" + said, email=said),
        "change email in trouble": EmailPage(
            csrf_token="c" + said,
            email=said,
            wanted=said,
            console=True,
            error=said,
            field_errors=_wrong(said, "email"),
        ),
        "password": PasswordPage(csrf_token="c" + said, email=said, password_min=8),
        "password of somebody without one": PasswordPage(
            csrf_token="c" + said, email=said, password_min=8, has_password=False
        ),
        "password in trouble": PasswordPage(
            csrf_token="c" + said,
            email=said,
            password_min=8,
            console=True,
            error=said,
            field_errors=_wrong(said, "current", "new"),
        ),
    }


def _reading_pages(said: str) -> dict[str, Page]:
    return {
        "index": IndexPage(signed_in=False, signup_open=True),
        "index for a guest of a closed house": IndexPage(signed_in=False, signup_open=False),
        "index for a known person": IndexPage(signed_in=True, signup_open=True),
        "logout": LogoutPage(csrf_token="c" + said),
        "no applications": ApplicationsPage(csrf_token="c" + said, now=NOW, applications=()),
        "applications": ApplicationsPage(
            csrf_token="c" + said,
            now=NOW,
            applications=(
                Access(
                    client_id=said,
                    name=said,
                    hosts=(said, said),
                    scopes=(Scope(name=said, resource=said, sentence=said),),
                    since=NOW - 60,
                    used_at=None,
                ),
                Access(client_id=said, name=said, hosts=(said,), scopes=(), since=NOW, used_at=NOW),
            ),
            console=True,
            notice=said,
        ),
        "consent": ConsentPage(
            csrf_token="c" + said,
            query=said,
            name=said,
            host=said,
            sentences=(said, said),
            email=said,
            offline=False,
        ),
        "consent for longer": ConsentPage(
            csrf_token="c" + said,
            query=said,
            name=said,
            host=said,
            sentences=(said,),
            email=said,
            offline=True,
            unproven=said,
        ),
        "leaving": CarryingOnPage(address=said, host=said, waits=True),
        "end session": EndSessionPage(csrf_token="c" + said, query=said, name=said, host=said),
        "carrying on": CarryingOnPage(address=said, host=said),
        "message": MessagePage(heading=said, sentence=said, link_text=said),
        "message of an error": MessagePage(
            heading=said, sentence=said, status=503, reason=said, link=""
        ),
        "docs": DocsPage(api=_api(said)),
    }


def _api(said: str) -> ApiDocs:
    member = Field(said, said, required=False, description=said, where=said)
    undescribed = Field(said, said, required=True, description="")
    answer = Response("200", said, said, (member, undescribed))
    bare = Response("204", said, "", ())
    operation = Operation(
        anchor="post-it",
        method="POST",
        path=said,
        summary=said,
        description=said,
        deprecated=True,
        security=(said, "nothing"),
        parameters=(member,),
        body_type=said,
        body=(member,),
        responses=(answer, bare),
    )
    group = Group("group-one", said, said, (operation,))
    return ApiDocs(said, said, said, (group,), (Scheme(said, said, said), Scheme(said, said, "")))


def _happened(said: str) -> tuple[HappenedRow, ...]:
    good = HappenedRow(
        at=NOW - 60,
        what=said,
        actor=said + ".",
        subject=said,
        person=said,
        address=said,
        label=said,
        outcome="",
        detail=said,
        good=True,
    )
    return good, replace(good, outcome=said, good=False, actor="", detail="", person="")


def _console_pages(said: str) -> dict[str, Page]:
    live = LiveRow(
        sid=said,
        subject=said,
        who=said,
        label=said,
        address=said,
        mode="token",
        created_at=NOW - 90_000,
        seen_at=NOW - 90,
    )
    user = UserRow(subject=said, email=said, roles=(said, said), locked=True, created_at=NOW)
    plot = Markup(draw_all([Count(NOW - 60, 3, 1), Count(NOW, 0, 2)]))  # noqa: S704
    happened = _happened(said)
    key = KeyRow(
        kid=said,
        algorithm=said,
        state="signing",
        created_at=NOW,
        signs_from=NOW,
        withdrawn_at=None,
    )
    gone = replace(key, state="withdrawn", withdrawn_at=NOW)
    known = UserPage(
        now=NOW,
        menu=BUSY,
        email=said,
        subject=said,
        roles=(said,),
        locked_at=None,
        has_password=True,
        factors=Held(totp=True, passkeys=2),
        created_at=NOW,
        verified_at=NOW - 60,
        erase_at=None,
        own=False,
        sessions=(live, replace(live, created_at=NOW - 180_000)),
        happened=happened,
    )
    log = HistoryPage(
        now=NOW,
        menu=BUSY,
        person=said,
        kind=said,
        kinds=(("login", "Logged in"), (said, said)),
        address=said,
        since="2026-11-11",
        until="1795000000",
        query="kind=login",
        plot=plot,
        rows=happened,
        older="after=1.2",
    )
    return {
        "online": OnlinePage(
            now=NOW,
            menu=BUSY,
            query=said,
            rows=(live, replace(live, created_at=NOW - 180_000, own=True)),
            live=True,
            total=1_234,
            older="after=1.x",
        ),
        "online at night": OnlinePage(
            now=NOW, menu=QUIET, query="", rows=(), live=False, total=None
        ),
        "users": UsersPage(
            menu=BUSY,
            query=said,
            role=said,
            state="locked",
            sort="newest",
            total=10_000,
            more=True,
            notice=Notice(said),
            rows=(
                user,
                replace(user, roles=(), locked=False, verified=True, erase_at=NOW + 60),
            ),
            older="a=b",
        ),
        "users of nobody": UsersPage(
            menu=QUIET, query="", role="", state="", sort="", total=0, more=False, rows=()
        ),
        "user": known,
        "user with applications": replace(
            known,
            menu=MENU,
            applications=(
                Access(
                    client_id=said,
                    name=said,
                    hosts=(said,),
                    scopes=(Scope(name=said, resource=said, sentence=said),),
                    since=NOW - 60,
                    used_at=NOW - 30,
                    grants=2,
                ),
                Access(client_id=said, name=said, hosts=(), scopes=(), since=NOW, used_at=None),
            ),
        ),
        "user without applications": replace(known, menu=MENU, applications=()),
        "user who is locked": replace(
            known,
            locked_at=NOW,
            roles=(),
            sessions=(),
            happened=(),
            has_password=False,
            factors=Held(),
        ),
        "user who deleted the account": replace(
            known, verified_at=None, erase_at=NOW + 60, own=True
        ),
        "history": log,
        "history of nothing": replace(log, rows=(), plot=Markup(), query="", older=""),
        "history asked wrongly": replace(
            log,
            rows=(),
            plot=Markup(),
            older="",
            field_errors=_wrong(said, "kind", "address", "since", "until"),
        ),
        "keys": KeysPage(now=NOW, menu=QUIET, mode="token", rows=(key, gone)),
        "outbox": OutboxPage(
            menu=BUSY,
            now=NOW,
            rows=(LetterRow(email=said, at=NOW, title=said, body=f"{said}\n{said}"),),
        ),
        "outbox of nobody": OutboxPage(menu=BUSY, now=NOW, rows=()),
        "keys in session mode": KeysPage(now=NOW, menu=QUIET, mode="session", rows=()),
    }


def _act_pages(said: str) -> dict[str, Page]:
    menu = Menu(outbox=True)
    act = ActPage(
        csrf_token="c" + said,
        menu=BUSY,
        heading=said,
        sentence=said,
        button=said,
        action="/admin/users/u_1/lock",
        back="/admin/users/u_1",
    )
    setup = SetupPage(csrf_token="c" + said, ticket=said, known="", password_min=8)
    return {
        "act": act,
        "act on roles": replace(act, roles=said),
        "act in trouble": replace(act, roles=said, error=said, field_errors=_wrong(said, "roles")),
        "act that harms": replace(act, danger=True, menu=menu),
        "act on an address": replace(act, email=said),
        "act on an address in trouble": replace(
            act, email=said, error=said, field_errors=_wrong(said, "email")
        ),
        "add user": AddUserPage(csrf_token="c" + said, menu=menu, mails=True),
        "add user in trouble": AddUserPage(
            csrf_token="c" + said,
            menu=menu,
            mails=False,
            email=said,
            roles=said,
            invite=False,
            error=said,
            field_errors=_wrong(said, "email", "roles"),
        ),
        "link": LinkPage(
            menu=menu,
            name=said,
            email=said,
            link=said,
            expires_at=NOW,
            back="/admin/users/u_1",
        ),
        "setup": setup,
        "setup for a known person": replace(setup, known=said),
        "setup in trouble": replace(
            setup, email=said, error=said, field_errors=_wrong(said, "email", "password")
        ),
    }
