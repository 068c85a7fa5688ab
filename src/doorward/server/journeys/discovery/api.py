"""`/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`."""

from typing import Any

from fastapi import APIRouter, Response

from ....settings import JWKS_MAX_AGE
from ...oauth import pkce
from ...oauth.client import RS256
from ...oauth.provider import Provider
from ...oauth.scopes import STANDARD
from ...routes.dependencies import Serving
from ...routes.public import PREFLIGHT, PUBLIC

PATHS = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")

METHODS = ["client_secret_basic", "client_secret_post", "none"]

CLAIMS = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "amr",
    "sid",
    "email",
    "email_verified",
]

router = APIRouter(include_in_schema=False)


def metadata(provider: Provider) -> dict[str, Any]:
    """RFC 8414 section 2: nothing that is not on."""
    at, algorithm = provider.issuer, provider.grants.settings.algorithm
    return {
        "issuer": at,
        "authorization_endpoint": f"{at}/oauth/authorize",
        "token_endpoint": f"{at}/oauth/token",
        "token_endpoint_auth_methods_supported": METHODS,
        "userinfo_endpoint": provider.own_audience,
        "introspection_endpoint": f"{at}/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": METHODS[:2],
        "revocation_endpoint": f"{at}/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": METHODS,
        "end_session_endpoint": f"{at}/oauth/logout",
        "jwks_uri": f"{at}/.well-known/jwks.json",
        "scopes_supported": sorted(STANDARD),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": [pkce.METHOD],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [*dict.fromkeys((algorithm, RS256))],
        "claims_supported": CLAIMS,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
    }


@router.get(PATHS[0])
@router.get(PATHS[1])
async def get_metadata(service: Serving, response: Response) -> dict[str, Any]:
    """The same at both places."""
    response.headers["cache-control"] = f"public, max-age={JWKS_MAX_AGE}"
    response.headers.update(PUBLIC)
    return metadata(service.provider)


@router.options(PATHS[0], status_code=204)
@router.options(PATHS[1], status_code=204)
async def options_metadata(response: Response) -> None:
    """Answers the preflight of a script that adds a header."""
    response.headers.update(PREFLIGHT)
