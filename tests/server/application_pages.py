"""The console's pages about other applications, with example contents."""

from dataclasses import replace

from doorward.server.admin.applications.acts import OVERLAPS, RotatePage, SecretPage
from doorward.server.admin.applications.form import ClientFormPage
from doorward.server.admin.applications.pages import ClientPage, ClientRow, ClientsPage
from doorward.server.admin.scopes.add import AddScopePage
from doorward.server.admin.scopes.pages import ScopeRow, ScopesPage
from doorward.server.oauth.client import Client
from doorward.server.oauth.scopes import Scope
from doorward.server.ui.notice import Notice
from doorward.server.ui.page import Menu, Page

MENU = Menu(outbox=True, applications=True)


def application_pages(said: str, now: int) -> dict[str, Page]:
    """Each of them in a plain and in a troubled state, saying `said` wherever text comes from
    afar."""
    return {**_lists(said, now), **_one(said, now), **_forms(said)}


def _lists(said: str, now: int) -> dict[str, Page]:
    row = ClientRow(
        client_id=said, name=said, kind="confidential", disabled=False, grants=1_234, used_at=now
    )
    scope = ScopeRow(name=said, resource=said, sentence=said, applications=(said, said), remove="")
    unused = replace(scope, applications=(), remove="name=a")
    own = replace(scope, resource="")
    unlike = replace(row, kind="public", disabled=True, grants=0, used_at=None)
    return {
        "applications of the console": ClientsPage(
            now=now, menu=MENU, rows=(row, unlike), whole=False
        ),
        "no applications of the console": ClientsPage(now=now, menu=MENU, rows=()),
        "scopes": ScopesPage(menu=MENU, rows=(scope, unused, own), notice=Notice(said)),
    }


def _one(said: str, now: int) -> dict[str, Page]:
    client = Client(
        client_id=said,
        name=said,
        kind="confidential",
        secret_hash=said,
        redirect_uris=(said, said),
        post_logout_uris=(said,),
        scopes=frozenset({said}),
        resources=frozenset({said}),
        created_at=now,
        old_secret_until=now + 60,
    )
    one = ClientPage(
        now=now,
        menu=MENU,
        client=client,
        scopes=(Scope(name=said, resource=said, sentence=said),),
        grants=1_234,
        used_at=now - 60,
        notice=Notice(said),
    )
    bare = replace(
        client,
        kind="public",
        secret_hash=None,
        post_logout_uris=(),
        disabled_at=now - 60,
        acts_for_itself=True,
        pkce_exempt=True,
        id_token_alg=said,
    )
    return {
        "application": one,
        "application that is disabled": replace(
            one, client=bare, scopes=(), grants=0, used_at=None, whole=False
        ),
        "secret": SecretPage(
            menu=MENU,
            name=said,
            client_id=said,
            secret=said,
            old_until=now,
            back="/admin/applications/c_1",
        ),
        "no secret": SecretPage(
            menu=MENU,
            name=said,
            client_id=said,
            secret="",
            old_until=None,
            back="/admin/applications/c_1",
        ),
    }


def _forms(said: str) -> dict[str, Page]:
    token = "c" + said
    form = ClientFormPage(csrf_token=token, menu=MENU, known=(said, said))
    edit = replace(
        form,
        client_id=said,
        name=said,
        redirect_uris=f"{said}\n{said}",
        post_logout_uris=said,
        scopes=said,
    )
    add = AddScopePage(csrf_token=token, menu=MENU)
    filled = replace(add, name=said, resource=said, sentence=said)
    wrong = ("name", "redirect_uris", "post_logout_uris", "scopes")
    rotate = RotatePage(
        csrf_token=token,
        menu=MENU,
        name=said,
        overlaps=tuple(OVERLAPS.items()),
        back="/admin/applications/c_1",
    )
    return {
        "register an application": form,
        "change an application": edit,
        "change an application in trouble": replace(
            edit, error=said, field_errors=dict.fromkeys(wrong, said)
        ),
        "add a scope": add,
        "add a scope in trouble": replace(
            filled,
            error=said,
            field_errors=dict.fromkeys(("name", "resource", "sentence"), said),
        ),
        "rotate a secret": rotate,
    }
