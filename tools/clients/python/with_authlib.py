"""Authlib as a web application uses it: its integration for Starlette, and its HTTP client."""

from functools import partial

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.integrations.starlette_client import OAuth
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from told import (
    CALLBACK,
    CLIENT_ID,
    CLIENT_SECRET,
    EMAIL,
    GOODBYE,
    ISSUER,
    PKCE,
    done,
    log_out,
    refused,
    version,
    visit,
)

SCOPE = "openid email offline_access"

oauth = OAuth()
oauth.register(
    name="doorward",
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": SCOPE} | ({"code_challenge_method": PKCE} if PKCE else {}),
)


async def login(request: Request) -> Response:
    return await oauth.doorward.authorize_redirect(request, CALLBACK)


async def callback(request: Request) -> Response:
    token = await oauth.doorward.authorize_access_token(request)
    userinfo = await oauth.doorward.userinfo(token=token)
    metadata = await oauth.doorward.load_server_metadata()
    return JSONResponse({"token": token, "userinfo": dict(userinfo), "metadata": metadata})


async def logout(request: Request) -> Response:
    token = request.query_params["token"]
    return await oauth.doorward.logout_redirect(request, GOODBYE, token)


async def goodbye(request: Request) -> Response:
    return JSONResponse(await oauth.doorward.validate_logout_response(request))


app = Starlette(
    routes=[
        Route("/login", login),
        Route("/callback", callback),
        Route("/logout", logout),
        Route("/goodbye", goodbye),
    ],
    middleware=[Middleware(SessionMiddleware, secret_key="a secret of the application")],
)


def main() -> None:
    version("authlib")
    http = TestClient(app, base_url="https://app.example")
    link = http.get("/login", follow_redirects=False).headers["location"]
    done("discover")
    arrived = visit(link)
    found = http.get(arrived).json()
    token, metadata = found["token"], found["metadata"]
    assert token["userinfo"]["iss"] == ISSUER
    done("log in")
    assert found["userinfo"]["email"] == EMAIL
    assert found["userinfo"]["sub"] == token["userinfo"]["sub"]
    done("userinfo")
    session = OAuth2Session(CLIENT_ID, CLIENT_SECRET, scope=SCOPE, token=token)
    renewed = session.refresh_token(metadata["token_endpoint"])
    assert renewed["refresh_token"] != token["refresh_token"]
    assert session.get(metadata["userinfo_endpoint"]).json()["email"] == EMAIL
    done("refresh")
    endpoint = metadata["revocation_endpoint"]
    answer = session.revoke_token(endpoint, renewed["refresh_token"], "refresh_token")
    assert answer.status_code == 200
    assert session.get(metadata["userinfo_endpoint"]).status_code == 401
    again = partial(session.refresh_token, metadata["token_endpoint"], renewed["refresh_token"])
    assert "invalid_grant" in str(refused(OAuthError, again))
    done("revoke")
    token = renewed["id_token"]
    link = http.get("/logout", params={"token": token}, follow_redirects=False).headers["location"]
    assert http.get(log_out(link)).status_code == 200
    done("log out")


main()
