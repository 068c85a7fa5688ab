"""Flask without authentication, and with Flask-Login over Flask's own session, a signed cookie.

Source: https://flask-login.readthedocs.io/en/latest/
"""

import secrets
from typing import Any

import flask
import flask_login
from werkzeug.security import check_password_hash, generate_password_hash

from bench.peers.catalogue import PASSWORD, USERNAME
from bench.peers.spec import Spec

HASHED = generate_password_hash(PASSWORD)


class User(flask_login.UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    def __init__(self, name: str) -> None:
        self.id = name


def build(variant: str, spec: Spec) -> Any:
    app = flask.Flask(__name__)
    if variant == "bare":

        @app.get("/me")
        def bare() -> dict[str, str]:
            return {"subject": USERNAME}

        return app
    app.secret_key = secrets.token_hex(32)
    login_manager = flask_login.LoginManager()
    login_manager.init_app(app)
    users = {USERNAME: User(USERNAME)}

    @login_manager.user_loader
    def load_user(name: str) -> User | None:
        return users.get(name)

    @app.post("/login")
    def login() -> tuple[str, int]:
        form = flask.request.get_json()
        user = users.get(form["username"])
        if user is None or not check_password_hash(HASHED, form["password"]):
            return "", 401
        flask_login.login_user(user)
        return "", 204

    @app.post("/logout")
    @flask_login.login_required
    def logout() -> tuple[str, int]:
        flask_login.logout_user()
        return "", 204

    @app.get("/me")
    @flask_login.login_required
    def me() -> dict[str, str]:
        return {"subject": flask_login.current_user.id}

    return app
