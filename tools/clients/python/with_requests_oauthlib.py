"""requests-oauthlib: OAuth 2.0 alone, so the ID token is not looked at."""

from functools import partial
from urllib.parse import urlencode

import requests
from oauthlib.oauth2 import InvalidGrantError
from requests_oauthlib import OAuth2Session
from told import (
    CALLBACK,
    CLIENT_ID,
    CLIENT_SECRET,
    EMAIL,
    GOODBYE,
    ISSUER,
    done,
    log_out,
    refused,
    version,
    visit,
)


def main() -> None:
    version("requests-oauthlib")
    metadata = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server").json()
    done("discover", "by hand; it has none")
    scope = ["openid", "email", "offline_access"]
    session = OAuth2Session(CLIENT_ID, redirect_uri=CALLBACK, scope=scope, pkce="S256")
    link, _ = session.authorization_url(metadata["authorization_endpoint"])
    token = session.fetch_token(
        metadata["token_endpoint"],
        authorization_response=visit(link),
        client_secret=CLIENT_SECRET,
    )
    done("log in")
    assert session.get(metadata["userinfo_endpoint"]).json()["email"] == EMAIL
    done("userinfo")
    who = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    refresh = partial(session.refresh_token, metadata["token_endpoint"], **who)
    renewed = refresh()
    assert renewed["refresh_token"] != token["refresh_token"]
    assert session.get(metadata["userinfo_endpoint"]).json()["email"] == EMAIL
    done("refresh")
    url, headers, body = session._client.prepare_token_revocation_request(
        metadata["revocation_endpoint"], renewed["refresh_token"], "refresh_token"
    )
    auth = (CLIENT_ID, CLIENT_SECRET)
    assert requests.post(url, data=body, headers=headers, auth=auth).status_code == 200
    refused(InvalidGrantError, refresh)
    done("revoke", "by the request that oauthlib prepares")
    hint = {"id_token_hint": renewed["id_token"], "post_logout_redirect_uri": GOODBYE}
    log_out(f"{metadata['end_session_endpoint']}?{urlencode(hint)}")
    done("log out", "by a link of one's own")


main()
