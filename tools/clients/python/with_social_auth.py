"""social-auth-core, through its application for Django, by its generic backend `oidc`."""

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from told import (
    ALGORITHM,
    CALLBACK,
    CLIENT_ID,
    CLIENT_SECRET,
    EMAIL,
    ISSUER,
    PKCE,
    done,
    end_access,
    refused,
    version,
    visit,
)

settings.configure(
    ALLOWED_HOSTS=["app.example"],
    SECRET_KEY="a secret of the application",
    ROOT_URLCONF=__name__,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "social_django",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    AUTHENTICATION_BACKENDS=["social_core.backends.open_id_connect.OpenIdConnectAuth"],
    SOCIAL_AUTH_OIDC_OIDC_ENDPOINT=ISSUER,
    SOCIAL_AUTH_OIDC_KEY=CLIENT_ID,
    SOCIAL_AUTH_OIDC_SECRET=CLIENT_SECRET,
    SOCIAL_AUTH_OIDC_USE_PKCE=bool(PKCE),
    SOCIAL_AUTH_OIDC_SCOPE=["offline_access"],
    LOGIN_REDIRECT_URL="/",
    **({} if ALGORITHM == "RS256" else {"SOCIAL_AUTH_OIDC_JWT_ALGORITHMS": [ALGORITHM]}),
)
django.setup()

from django.core.management import call_command  # noqa: E402 - Django must be set up first
from django.test import Client  # noqa: E402 - the same
from social_core.exceptions import SocialAuthBaseException  # noqa: E402 - the same
from social_django.models import UserSocialAuth  # noqa: E402 - the same
from social_django.utils import load_strategy  # noqa: E402 - the same


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(getattr(request.user, "email", "nobody"))


urlpatterns = [path("", include("social_django.urls", namespace="social")), path("", home)]


def main() -> None:
    for name in ("social-auth-core", "social-auth-app-django"):
        version(name)
    call_command("migrate", verbosity=0)
    http = Client(headers={"host": "app.example", "x-forwarded-proto": "https"})
    assert CALLBACK == "https://app.example/complete/oidc/"

    link = http.post("/login/oidc/").headers["location"]
    done("discover")
    answer = http.get(visit(link))
    assert answer.headers["location"] == "/", answer.headers["location"]
    done("log in")
    assert http.get("/").content.decode() == EMAIL
    done("userinfo", "with each login")

    social = UserSocialAuth.objects.get()
    before = social.extra_data["refresh_token"]
    social.refresh_token(load_strategy())
    assert social.extra_data["refresh_token"] != before
    done("refresh")

    end_access()
    error = refused(SocialAuthBaseException, lambda: social.refresh_token(load_strategy()))
    done("revoke", f"by the person; the refresh says: {error}")


main()
