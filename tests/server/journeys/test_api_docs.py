"""The documentation page's records say what the OpenAPI document says."""

from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI
from fastapi.security import APIKeyCookie, HTTPBearer
from pydantic import BaseModel, Field

from doorward.server.journeys.api_docs.pages import DocsPage
from doorward.server.journeys.api_docs.reader import ApiDocs, read_openapi
from doorward.server.ui.rendering import render
from tests.server.pages import read_html


class Login(BaseModel):
    email: str
    password: str = Field(min_length=8, max_length=128, description="Kept as a hash.")
    transport: Literal["cookie", "bearer"] = "cookie"


class Place(BaseModel):
    sid: str
    device: str | None


class Places(BaseModel):
    sessions: list[Place]


class Tree(BaseModel):
    children: list["Tree"]


def document() -> dict[str, Any]:
    app = FastAPI(
        title="Example",
        version="1.2",
        description="What it is.",
        openapi_tags=[{"name": "Sessions", "description": "Every place."}, {"name": "Empty"}],
    )
    either = [Depends(HTTPBearer(description="A token.")), Depends(APIKeyCookie(name="__Host-x"))]

    @app.post("/api/login", summary="Log in")
    def login(body: Login) -> Tree:
        """Prove a password."""
        raise NotImplementedError

    @app.get("/api/sessions", tags=["Sessions"], dependencies=either)
    def places(limit: Annotated[int, Field(ge=1, description="How many.")] = 50) -> Places:
        raise NotImplementedError

    @app.delete("/api/sessions/{sid}", tags=["Sessions"], status_code=204, deprecated=True)
    def end(sid: str) -> None:
        raise NotImplementedError

    return app.openapi()


def read() -> ApiDocs:
    return read_openapi(document())


def operation(anchor: str) -> Any:
    return next(one for group in read().groups for one in group.operations if one.anchor == anchor)


def test_groups_follow_the_documents_tags_and_the_untagged_come_last() -> None:
    groups = read().groups
    assert [(one.name, one.description) for one in groups] == [
        ("Sessions", "Every place."),
        ("Other", ""),
    ]
    assert [one.anchor for one in groups[0].operations] == [
        "get-api-sessions",
        "delete-api-sessions-sid",
    ]


def test_a_body_is_told_member_by_member() -> None:
    login = operation("post-api-login")
    assert login.body_type == "application/json"
    assert [(one.name, one.type, one.required) for one in login.body] == [
        ("email", "string", True),
        ("password", "string, 8 to 128 characters", True),
        ("transport", '"cookie" or "bearer"', False),
    ]
    assert login.body[1].description == "Kept as a hash."


def test_members_of_members_are_named_by_their_path() -> None:
    answer = operation("get-api-sessions").responses[0]
    assert [(one.name, one.type) for one in answer.fields] == [
        ("sessions", "list of object"),
        ("sessions[].sid", "string"),
        ("sessions[].device", "string or null"),
    ]


def test_a_schema_that_contains_itself_is_cut_short() -> None:
    answer = operation("post-api-login").responses[0]
    assert [one.name for one in answer.fields] == [
        "children",
        "children[].children",
        "children[].children[].children",
    ]


def test_parameters_say_where_they_stand() -> None:
    (limit,) = operation("get-api-sessions").parameters
    assert (limit.name, limit.where, limit.required) == ("limit", "query", False)
    assert (limit.type, limit.description) == ("integer, at least 1", "How many.")
    (sid,) = operation("delete-api-sessions-sid").parameters
    assert (sid.name, sid.where, sid.required) == ("sid", "path", True)


def test_security_says_what_is_needed_and_where_it_travels() -> None:
    assert operation("get-api-sessions").security == ("HTTPBearer", "APIKeyCookie")
    assert operation("post-api-login").security == ()
    assert [(one.name, one.where, one.description) for one in read().schemes] == [
        ("HTTPBearer", "the header Authorization: Bearer …", "A token."),
        ("APIKeyCookie", "the cookie __Host-x", ""),
    ]


def test_a_call_that_may_go_without_a_credential_says_so() -> None:
    changed = document()
    changed["paths"]["/api/login"]["post"]["security"] = [{"a": [], "b": []}, {}]
    (login,) = read_openapi(changed).groups[1].operations
    assert login.security == ("a and b", "nothing")


def test_constants_formats_and_limits_are_told_as_the_document_has_them() -> None:
    properties = {
        "typed": {"const": "at+jwt"},
        "mixed": {"allOf": [{"type": "string", "format": "email", "maxLength": 254}]},
        "loose": {},
        "many": {"type": ["integer", "null"], "minimum": 0, "maximum": 9},
    }
    body = {"content": {"application/json": {"schema": {"properties": properties}}}}
    paths = {"/": {"put": {"requestBody": body}}}
    read_back = read_openapi({"info": {"title": "t", "version": "1"}, "paths": paths})
    (put,) = read_back.groups[0].operations
    assert put.anchor == "put-root"
    assert [one.type for one in put.body] == [
        '"at+jwt"',
        "string, email, at most 254 characters",
        "any",
        "integer or null, 0 to 9",
    ]


def test_the_page_shows_every_operation_once_and_links_to_it() -> None:
    found = read_html(render(DocsPage(api=read())))
    shown = [each.attributes["id"] for each in found if each.tag == "article"]
    linked = [
        each.attributes["href"][1:]
        for each in found
        if each.tag == "a"
        and each.attributes["href"].startswith("#")
        and "class" not in each.attributes
    ]
    assert shown == linked == ["get-api-sessions", "delete-api-sessions-sid", "post-api-login"]
    assert sum(each.text == "Deprecated" for each in found if each.tag == "span") == 1
