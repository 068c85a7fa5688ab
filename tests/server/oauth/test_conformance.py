"""The modules of the OpenID Foundation's plans, restated: one test each, under its name.

`oidcc-basic-certification-test-plan` (38) and `oidcc-config-certification-test-plan` (1), for an
application that the operator registered.  `tools/conformance` runs the suite itself.  A test whose
module ends with a warning, or is skipped, says why.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from doorward.server.oauth.client import RS256
from tests.server.house import EMAIL, House, Opened
from tests.server.journeys import test_end_session
from tests.server.oauth.suite import BARE, NONCE, Suite, module_names, proved_again
from tests.server.third_party import CALLBACK, application, said

pytestmark = pytest.mark.anyio

RECIPE = Path(__file__).parents[3] / "tools/conformance"


@pytest.fixture(scope="module")
async def suite(shared: Opened) -> Suite:
    house: House = await shared(provider=True)
    more: dict[str, Any] = {"pkce_exempt": True, "id_token_alg": RS256}
    scopes = ("openid", "email", "offline_access")
    apps = [await application(house, scopes=scopes, **more) for _ in range(2)]
    return Suite(house, *apps)


async def test_oidcc_server(suite: Suite) -> None:
    tokens = await suite.flow()
    header = base64.urlsafe_b64decode(tokens["id_token"].split(".")[0] + "==").decode()
    assert '"alg":"RS256"' in header.replace(" ", "")
    assert tokens["scope"] == "openid"


async def test_oidcc_response_type_missing(suite: Suite) -> None:
    answer = await suite.app.authorize(await suite.house.alice(), response_type=None)
    assert said(answer)["error"] == "invalid_request"


async def test_oidcc_idtoken_signature(suite: Suite) -> None:
    """Not applicable to an application that the operator registered; its answer is the same."""
    tokens = await suite.flow()
    body, _, signature = tokens["id_token"].rpartition(".")
    with pytest.raises(Exception, match="signature"):
        await suite.claims(f"{body}.{signature[:-8]}AAAAAAAA")


async def test_oidcc_idtoken_unsigned(suite: Suite) -> None:
    """Not applicable, as before: no ID token is unsigned, and none can be asked for."""
    with pytest.raises(Exception, match="RS256"):
        await application(suite.house, id_token_alg="none")


async def test_oidcc_userinfo_get(suite: Suite) -> None:
    tokens = await suite.flow()
    answer = await suite.userinfo(tokens["access_token"])
    assert answer.json()["sub"] == tokens["claims"]["sub"]


async def test_oidcc_userinfo_post_header(suite: Suite) -> None:
    tokens = await suite.flow()
    answer = await suite.userinfo(tokens["access_token"], "POST")
    assert answer.json()["sub"] == tokens["claims"]["sub"]


async def test_oidcc_userinfo_post_body(suite: Suite) -> None:
    """A warning: the token is read from the header alone (OAuth 2.1 section 5.1.1)."""
    tokens = await suite.flow()
    form = {"access_token": tokens["access_token"]}
    assert (await suite.userinfo("", "POST", data=form)).status_code == 401


async def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(suite: Suite) -> None:
    """With PKCE.  Without either, nothing shows the application that a code was injected into its
    answer, and the request is refused (OAuth 2.1 section 7.5.1): the suite calls that a failure."""
    browser = await suite.house.alice()
    answer = await suite.app.authorize(browser, scope="openid", prompt="consent")
    assert answer.status_code == 200
    code = await suite.app.code(browser, scope="openid")
    claims = await suite.claims((await suite.app.redeem(code)).json()["id_token"])
    assert "nonce" not in claims
    refused = await suite.app.authorize(browser, scope="openid", **BARE)
    assert said(refused)["error"] == "invalid_request"


@pytest.mark.parametrize("scope", ["profile", "address", "phone", "all"])
async def test_oidcc_scope(suite: Suite, scope: str) -> None:
    """Skipped: no such scope is listed.  One that is asked for all the same is ignored."""
    client = await suite.house.client()
    metadata = (await client.get("/.well-known/openid-configuration")).json()
    assert not {"profile", "address", "phone"} & set(metadata["scopes_supported"])
    wanted = "profile email address phone" if scope == "all" else scope
    tokens = await suite.flow(scope=f"openid {wanted}")
    assert tokens["scope"] == ("email openid" if scope == "all" else "openid")


async def test_oidcc_scope_email(suite: Suite) -> None:
    tokens = await suite.flow(scope="openid email")
    answer = await suite.userinfo(tokens["access_token"])
    assert (answer.json()["email"], answer.json()["email_verified"]) == (EMAIL, False)


async def test_oidcc_alternate_happy_flow(suite: Suite) -> None:
    """Once `oidcc-ensure-other-scope-order-succeeds`: `openid` comes last, and the request has
    another state, and no parameter that may be left out."""
    tokens = await suite.flow(scope="email openid")
    assert tokens["scope"] == "email openid"


UNUSED = {
    "display-page": ("display", "page"),
    "display-popup": ("display", "popup"),
    "ensure-request-with-unknown-parameter-succeeds": ("extra", "foobar"),
    "login-hint": ("login_hint", "buffy@example.test"),
    "ui-locales": ("ui_locales", "se"),
    "claims-locales": ("claims_locales", "se"),
    "ensure-request-with-acr-values-succeeds": ("acr_values", "1 2"),
    "claims-essential": ("claims", '{"userinfo": {"name": {"essential": true}}}'),
}


@pytest.mark.parametrize("module", UNUSED)
async def test_oidcc(suite: Suite, module: str) -> None:
    """What is not used does no harm.  A warning for `acr_values` and `claims`: no `acr` is told,
    and nobody has a name here."""
    tokens = await suite.flow(**dict([UNUSED[module]]))
    assert "acr" not in tokens["claims"]


async def test_oidcc_prompt_login(suite: Suite) -> None:
    browser = await suite.house.alice()
    first = await suite.flow(browser)
    suite.house.clock.advance(2)
    request = {"scope": "openid", "nonce": NONCE, "prompt": "login", **BARE}
    page = await suite.app.authorize(browser, **request)
    back = await proved_again(browser, page)
    again = await suite.redeemed(said(back)["code"], NONCE)
    assert again["claims"]["auth_time"] > first["claims"]["auth_time"]
    assert again["claims"]["sub"] == first["claims"]["sub"]


async def test_oidcc_prompt_none_not_logged_in(suite: Suite) -> None:
    answer = await suite.app.authorize(await suite.house.browser(), prompt="none", scope="openid")
    assert said(answer)["error"] == "login_required"


async def test_oidcc_prompt_none_logged_in(suite: Suite) -> None:
    browser = await suite.house.alice()
    first = await suite.flow(browser)
    again = await suite.flow(browser, prompt="none")
    for claim in ("sub", "auth_time"):
        assert again["claims"][claim] == first["claims"][claim]


async def test_oidcc_max_age_1(suite: Suite) -> None:
    browser = await suite.house.alice()
    first = await suite.flow(browser)
    suite.house.clock.advance(2)
    request = {"scope": "openid", "nonce": NONCE, "max_age": "1", **BARE}
    page = await suite.app.authorize(browser, **request)
    back = await proved_again(browser, page)
    claims = (await suite.redeemed(said(back)["code"], NONCE))["claims"]
    assert claims["auth_time"] > first["claims"]["auth_time"]
    assert suite.house.clock() - claims["auth_time"] <= 1


async def test_oidcc_max_age_10000(suite: Suite) -> None:
    browser = await suite.house.alice()
    first = await suite.flow(browser, max_age="15000")
    suite.house.clock.advance(1)
    again = await suite.flow(browser, max_age="10000")
    assert again["claims"]["auth_time"] == first["claims"]["auth_time"]


async def test_oidcc_id_token_hint(suite: Suite) -> None:
    browser = await suite.house.alice()
    first = await suite.flow(browser)
    again = await suite.flow(browser, prompt="none", id_token_hint=first["id_token"])
    assert again["claims"]["sub"] == first["claims"]["sub"]


async def test_oidcc_codereuse(suite: Suite) -> None:
    await codereuse(suite, 0)


async def test_oidcc_codereuse_30seconds(suite: Suite) -> None:
    await codereuse(suite, 30)


async def codereuse(suite: Suite, seconds: int) -> None:
    browser, request = await suite.house.alice(), {"scope": "openid", "nonce": NONCE, **BARE}
    code = await suite.app.code(browser, **request)
    tokens = await suite.redeemed(code, NONCE)
    suite.house.clock.advance(seconds)
    again = await suite.app.redeem(code, code_verifier="")
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await suite.userinfo(tokens["access_token"])).status_code == 401


async def test_oidcc_ensure_registered_redirect_uri(suite: Suite) -> None:
    uri = f"{CALLBACK}/wrong"
    answer = await suite.app.authorize(await suite.house.alice(), redirect_uri=uri)
    assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_oidcc_ensure_post_request_succeeds(suite: Suite) -> None:
    browser = await suite.house.alice()
    await suite.flow(browser)
    form = suite.app.request(scope="openid", nonce=NONCE, **BARE)
    cross = {"sec-fetch-site": "cross-site", "origin": "https://photos.example"}
    answer = await browser.post("/oauth/authorize", data=form, headers=cross)
    assert answer.status_code == 303
    back = await browser.get(answer.headers["location"], headers={"sec-fetch-site": "cross-site"})
    await suite.redeemed(said(back)["code"], NONCE)


async def test_oidcc_server_client_secret_post(suite: Suite) -> None:
    request = {"scope": "openid", "nonce": NONCE, **BARE}
    code = await suite.app.code(await suite.house.alice(), **request)
    answer = await suite.app.redeem(code, code_verifier="")
    assert (await suite.claims(answer.json()["id_token"]))["nonce"] == NONCE


async def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    suite: Suite,
) -> None:
    """Not applicable, as before; nothing is fetched from the address."""
    await refused_by_name(suite, "request_uri", "https://photos.example/request")


async def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    suite: Suite,
) -> None:
    await refused_by_name(suite, "request", "eyJhbGciOiJub25lIn0.e30.")


async def refused_by_name(suite: Suite, name: str, text: str) -> None:
    shown: dict[str, Any] = {name: text}
    answer = await suite.app.authorize(await suite.house.alice(), **shown)
    assert said(answer)["error"] == f"{name}_not_supported"


async def test_oidcc_ensure_request_object_with_redirect_uri(suite: Suite) -> None:
    """An address in a request object is not gone to, and neither is one beside it."""
    inside = {"redirect_uri": "https://evil.example/", "request": "e30.e30."}
    answer = await suite.app.authorize(await suite.house.alice(), **inside)
    assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_oidcc_refresh_token(suite: Suite) -> None:
    tokens = await suite.flow(scope="openid offline_access", prompt="consent")
    stranger = await suite.other.refresh(tokens["refresh_token"])
    assert (stranger.status_code, stranger.json()["error"]) == (400, "invalid_grant")
    answer = (await suite.app.refresh(tokens["refresh_token"])).json()
    claims = await suite.claims(answer["id_token"])
    for claim in ("iss", "sub", "aud", "auth_time"):
        assert claims[claim] == tokens["claims"][claim]
    assert (await suite.userinfo(answer["access_token"])).status_code == 200


async def test_oidcc_ensure_request_with_valid_pkce_succeeds(suite: Suite) -> None:
    code = await suite.app.code(await suite.house.alice(), scope="openid", nonce=NONCE)
    answer = await suite.app.redeem(code)
    assert (await suite.claims(answer.json()["id_token"]))["nonce"] == NONCE


async def test_oidcc_discovery_endpoint_verification(suite: Suite) -> None:
    """The plan Config."""
    await suite.flow()  # makes the keys
    client = await suite.house.client()
    answer = await client.get("/.well-known/openid-configuration")
    assert answer.headers["content-type"] == "application/json"
    metadata = answer.json()
    assert metadata["issuer"] == "https://testserver"
    for name, value in metadata.items():
        assert not name.endswith(("_endpoint", "_uri")) or value.startswith("https://"), name
    assert RS256 in metadata["id_token_signing_alg_values_supported"]
    assert "code" in metadata["response_types_supported"]
    assert "public" in metadata["subject_types_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert metadata["grant_types_supported"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    methods = metadata["token_endpoint_auth_methods_supported"]
    assert {"client_secret_basic", "client_secret_post"} <= set(methods)
    keys = (await client.get("/.well-known/jwks.json")).json()["keys"]
    assert {key["kty"] for key in keys} >= {"EC", "RSA"}
    assert not {name for key in keys for name in key} & {"d", "p", "q", "dp", "dq", "qi", "k"}


async def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(suite: Suite) -> None:
    """The other modules of that plan are in `tests/server/journeys/test_end_session.py`."""
    client = await suite.house.client()
    metadata = (await client.get("/.well-known/openid-configuration")).json()
    assert metadata["end_session_endpoint"] == "https://testserver/oauth/logout"


def test_every_module_of_the_plans_has_a_test() -> None:
    """Those of the recipe, which says how each ends."""
    plans = json.loads((RECIPE / "modules.json").read_text()).values()
    logouts = {f"oidcc-{each}" for each in module_names(vars(test_end_session), "rp")}
    named = {*module_names(globals(), "oidcc"), *logouts}
    assert {module for plan in plans for module in plan} <= named
