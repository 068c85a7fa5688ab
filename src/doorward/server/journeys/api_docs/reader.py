"""The API documentation as plain records, read from an OpenAPI 3.1 document for `docs.html`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or one member of a body; members of members are named `a.b` and `a[].b`."""

    name: str
    type: str
    required: bool
    description: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """One documented answer; `status` is a code, a range such as `4XX`, or `default`."""

    status: str
    description: str
    media_type: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path; `anchor` is its address within the page."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    deprecated: bool
    security: tuple[str, ...]
    parameters: tuple[Field, ...]
    body_type: str
    body: tuple[Field, ...]
    responses: tuple[Response, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations that share their first tag, in the order of the document."""

    anchor: str
    name: str
    description: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to authenticate, and where its credential travels."""

    name: str
    where: str
    description: str


@dataclass(frozen=True, slots=True)
class ApiDocs:
    """Everything `docs.html` shows."""

    title: str
    version: str
    description: str
    groups: tuple[Group, ...]
    schemes: tuple[Scheme, ...]


def read_openapi(document: Json) -> ApiDocs:
    """The documentation page's records from an OpenAPI 3.1 document, such as `app.openapi()`.

    References inside the document are followed; a cycle of schemas is cut at its third level.
    """
    info = document["info"]
    schemes = document.get("components", {}).get("securitySchemes", {})
    return ApiDocs(
        title=info["title"],
        version=info["version"],
        description=info.get("description", ""),
        groups=tuple(_groups(document)),
        schemes=tuple(_scheme(name, _resolve(document, raw)) for name, raw in schemes.items()),
    )


def _groups(document: Json) -> Iterator[Group]:
    described = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    by_tag: dict[str, list[Operation]] = {name: [] for name in described}
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags", ())), "Other")
                by_tag.setdefault(tag, []).append(_operation(document, path, method, item))
    for name, operations in by_tag.items():
        if operations:
            anchor = f"group-{_slug(name)}"
            yield Group(anchor, name, described.get(name, ""), tuple(operations))


def _operation(document: Json, path: str, method: str, item: Json) -> Operation:
    raw = item[method]
    parameters = [*item.get("parameters", ()), *raw.get("parameters", ())]
    body = _resolve(document, raw.get("requestBody", {}))
    body_type, body_schema = _content(body)
    return Operation(
        anchor=f"{method}-{_slug(path)}",
        method=method.upper(),
        path=path,
        summary=raw.get("summary", ""),
        description=raw.get("description", ""),
        deprecated=raw.get("deprecated", False),
        security=_security(raw.get("security", document.get("security", ()))),
        parameters=tuple(_parameter(document, _resolve(document, one)) for one in parameters),
        body_type=body_type,
        body=tuple(_members(document, body_schema)),
        responses=tuple(
            _response(document, status, _resolve(document, one))
            for status, one in raw.get("responses", {}).items()
        ),
    )


def _parameter(document: Json, raw: Json) -> Field:
    schema = raw.get("schema", {})
    description = raw.get("description", schema.get("description", ""))
    required = raw.get("required", False)
    return Field(raw["name"], _type(document, schema), required, description, raw["in"])


def _response(document: Json, status: str, raw: Json) -> Response:
    media_type, schema = _content(raw)
    fields = tuple(_members(document, schema))
    return Response(status, raw.get("description", ""), media_type, fields)


def _content(raw: Json) -> tuple[str, Json]:
    for media_type, content in raw.get("content", {}).items():
        return media_type, content.get("schema", {})
    return "", {}


def _security(requirements: tuple[Json, ...]) -> tuple[str, ...]:
    return tuple(" and ".join(one) or "nothing" for one in requirements)


def _scheme(name: str, raw: Json) -> Scheme:
    places = {
        "http": f"the header Authorization: {str(raw.get('scheme', '')).capitalize()} …",
        "apiKey": f"the {raw.get('in')} {raw.get('name')}",
    }
    return Scheme(name, places.get(raw["type"], str(raw["type"])), raw.get("description", ""))


def _members(document: Json, schema: Json, prefix: str = "", depth: int = 0) -> Iterator[Field]:
    if depth == _DEEPEST:
        return
    schema = _resolve(document, schema)
    for part in _parts(schema):
        yield from _members(document, part, prefix, depth)
    if "items" in schema:
        yield from _members(document, schema["items"], f"{prefix}[]", depth)
    required = schema.get("required", ())
    for name, raw in schema.get("properties", {}).items():
        full = f"{prefix}.{name}" if prefix else name
        description = raw.get("description", "")
        yield Field(full, _type(document, raw), name in required, description)
        yield from _members(document, raw, full, depth + 1)


def _parts(schema: Json) -> list[Json]:
    return [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]


def _type(document: Json, schema: Json) -> str:
    schema = _resolve(document, schema)
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return " or ".join(f'"{value}"' for value in schema["enum"])
    if parts := _parts(schema):
        return " or ".join(dict.fromkeys(_type(document, part) for part in parts))
    if "items" in schema:
        return f"list of {_type(document, schema['items'])}"
    kind = schema.get("type", "object" if "properties" in schema else "any")
    name = kind if isinstance(kind, str) else " or ".join(kind)
    return ", ".join(filter(None, (name, schema.get("format", ""), _bounds(schema))))


def _bounds(schema: Json) -> str:
    for low, high, unit in (("minLength", "maxLength", " characters"), ("minimum", "maximum", "")):
        if low in schema and high in schema:
            return f"{schema[low]} to {schema[high]}{unit}"
        if low in schema:
            return f"at least {schema[low]}{unit}"
        if high in schema:
            return f"at most {schema[high]}{unit}"
    return ""


def _resolve(document: Json, value: Json) -> Json:
    while "$ref" in value:
        found: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "root"
