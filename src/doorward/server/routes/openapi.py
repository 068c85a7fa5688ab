"""The OpenAPI document: what FastAPI makes of the routes, with problems under their own type."""

from typing import Any

from fastapi import FastAPI

TITLE = "Doorward"
DESCRIPTION = """
Sign up, log in, see and end every login.

A browser logs in with the transport `cookie` and sends its cookies by itself. Any other client logs
in with `bearer` and sends `Authorization: Bearer` with the token it was given.

A refusal is a problem document (RFC 9457) whose `reason` is stable.
"""
TAGS = [
    {"name": "Login"},
    {"name": "Account"},
    {"name": "Sessions"},
    {"name": "Administration"},
    {"name": "Server"},
]


def describe_problems(app: FastAPI) -> None:
    """Give the default answer of every operation the media type of problem details."""
    generate = app.openapi

    def described() -> dict[str, Any]:
        schema = generate()
        for path in schema["paths"].values():
            for operation in path.values():
                content = operation["responses"]["default"]["content"]
                if "application/json" in content:
                    content["application/problem+json"] = content.pop("application/json")
        return schema

    app.openapi = described  # type: ignore[method-assign]  # the documented way to extend it
