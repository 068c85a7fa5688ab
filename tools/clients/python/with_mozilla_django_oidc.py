"""mozilla-django-oidc: its own URLs, backend and middleware, in a Django project of one file."""

from urllib.parse import urlencode

import django
import requests
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from told import (
    ALGORITHM,
    CALLBACK,
    CLIENT_ID,
    CLIENT_SECRET,
    EMAIL,
    GOODBYE,
    ISSUER,
    PKCE,
    done,
    end_access,
    log_out,
    version,
    visit,
)

METADATA = requests.get(f"{ISSUER}/.well-known/openid-configuration").json()

settings.configure(
    ALLOWED_HOSTS=["app.example"],
    SECRET_KEY="a secret of the application",
    ROOT_URLCONF=__name__,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    OIDC_RP_CLIENT_ID=CLIENT_ID,
    OIDC_RP_CLIENT_SECRET=CLIENT_SECRET,
    OIDC_RP_SIGN_ALGO=ALGORITHM,
    OIDC_OP_JWKS_ENDPOINT=METADATA["jwks_uri"],
    OIDC_OP_AUTHORIZATION_ENDPOINT=METADATA["authorization_endpoint"],
    OIDC_OP_TOKEN_ENDPOINT=METADATA["token_endpoint"],
    OIDC_OP_USER_ENDPOINT=METADATA["userinfo_endpoint"],
    OIDC_USE_PKCE=bool(PKCE),
    OIDC_STORE_ID_TOKEN=True,
    OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.at_the_provider",
    LOGIN_REDIRECT_URL="/",
    LOGOUT_REDIRECT_URL="/",
    LOGIN_REDIRECT_URL_FAILURE="/failed",
)
django.setup()

from django.core.management import call_command  # noqa: E402 - Django must be set up first
from django.test import Client  # noqa: E402 - the same


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(getattr(request.user, "email", "nobody"))


def at_the_provider(request: HttpRequest) -> str:
    hint = request.session["oidc_id_token"]
    said = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE}
    return f"{METADATA['end_session_endpoint']}?{urlencode(said)}"


urlpatterns = [path("oidc/", include("mozilla_django_oidc.urls")), path("", home)]


def main() -> None:
    version("mozilla-django-oidc")
    version("django")
    done("discover", "by hand; it has none")
    call_command("migrate", verbosity=0)
    http = Client(headers={"host": "app.example", "x-forwarded-proto": "https"})
    assert CALLBACK == "https://app.example/oidc/callback/"

    link = http.get("/oidc/authenticate/").headers["location"]
    answer = http.get(visit(link))
    assert answer.headers["location"] == "/", answer.headers["location"]
    assert http.get("/").content.decode() == EMAIL
    done("log in")
    done("userinfo", "with each login")

    answer = http.get(visit(expired(http)))
    assert answer.headers["location"].endswith("/"), answer.headers["location"]
    assert http.get("/").content.decode() == EMAIL
    done("refresh", "by prompt=none; it uses no refresh token")

    end_access()
    answer = http.get(visit(expired(http)))
    assert answer.headers["location"] == "/failed", answer.headers["location"]
    assert http.get("/").content.decode() == "nobody"
    done("revoke", "by the person; it revokes nothing itself")

    http.get(visit(http.get("/oidc/authenticate/").headers["location"]))
    log_out(http.post("/oidc/logout/").headers["location"])
    assert http.get("/").content.decode() == "nobody"
    done("log out")


def expired(http: Client) -> str:
    """Where the application sends people once its session with them is old."""
    session = http.session
    session["oidc_id_token_expiration"] = 0
    session.save()
    link = http.get("/").headers["location"]
    assert "prompt=none" in link
    return link


main()
