"""Django with the middleware of `startproject` that a JSON route needs: without authentication, and
with its users and sessions in SQLite, read each time or through the cache in memory.

Sources: https://docs.djangoproject.com/en/5.2/topics/auth/default/ and
https://docs.djangoproject.com/en/5.2/topics/http/sessions/
"""

import secrets
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bench.peers.catalogue import PASSWORD, USERNAME
from bench.peers.spec import Spec

COMMON = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"


def bare(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"subject": USERNAME})


def me(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return JsonResponse({"subject": request.user.get_username()})


@csrf_exempt  # the client is a program, not a page
@require_POST
def log_in(request: HttpRequest) -> HttpResponse:
    from django.contrib.auth import authenticate, login

    user = authenticate(
        request, username=request.POST["username"], password=request.POST["password"]
    )
    if user is None:
        return HttpResponse(status=401)
    login(request, user)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    from django.contrib.auth import logout

    logout(request)
    return HttpResponse(status=204)


urlpatterns: list[Any] = []


def configure(variant: str, spec: Spec) -> None:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": spec.folder / "django.db"}
    options: dict[str, Any] = {"MIDDLEWARE": COMMON}
    if variant != "bare":
        options = {
            "MIDDLEWARE": [COMMON[0], SESSIONS, *COMMON[1:3], AUTHENTICATION, COMMON[3]],
            "INSTALLED_APPS": [
                f"django.contrib.{app}" for app in ("auth", "contenttypes", "sessions")
            ],
            "DATABASES": {"default": database},
            "SESSION_ENGINE": f"django.contrib.sessions.backends.{variant}",
        }
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        SECRET_KEY=secrets.token_hex(32),
        USE_TZ=True,
        **options,
    )
    django.setup()


def build(variant: str, spec: Spec) -> Any:
    configure(variant, spec)
    if variant == "bare":
        urlpatterns.append(path("me", bare))
        return get_wsgi_application()
    from django.contrib.auth import get_user_model

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_user(USERNAME, password=PASSWORD)
    urlpatterns.extend(
        [path("me", me), path("login", log_in), path("logout", log_out)],
    )
    return get_wsgi_application()
