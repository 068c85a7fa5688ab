"""mod_auth_openidc in Debian's Apache, which keeps a page for people who are logged in."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
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
    tried,
    visit,
)

ROOT = Path(os.environ["APACHE_ROOT"])
"""Where Debian's packages are unpacked."""

PORT, CERTIFICATE = os.environ["PORT"], Path(os.environ["SSL_CERT_FILE"])
HOME = f"http://127.0.0.1:{PORT}"
LIBRARIES = {"LD_LIBRARY_PATH": str(ROOT / "usr/lib/x86_64-linux-gnu")}
MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "auth_openidc")

PEOPLE = "User nobody\nGroup nogroup\n" if os.geteuid() == 0 else ""

SETTINGS = f"""
Listen 127.0.0.1:{PORT}
ServerName 127.0.0.1:{PORT}
{PEOPLE}
OIDCProviderMetadataURL {ISSUER}/.well-known/openid-configuration
OIDCClientID {CLIENT_ID}
OIDCClientSecret {CLIENT_SECRET}
OIDCRedirectURI {CALLBACK}
OIDCCryptoPassphrase a-secret-of-the-application
{"OIDCPKCEMethod S256" if PKCE else ""}
OIDCScope "openid email offline_access"
OIDCInfoHook userinfo access_token refresh_token
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
"""


@contextmanager
def apache() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        there.chmod(0o755)
        (there / "pages").mkdir()
        (there / "pages/index.html").write_text("for people who are logged in")
        modules = "".join(
            f"LoadModule {each}_module {ROOT}/usr/lib/apache2/modules/mod_{each}.so\n"
            for each in MODULES
        )
        files = f"PidFile {there}/pid\nErrorLog /dev/stderr\nDocumentRoot {there}/pages\n"
        where = f"ServerRoot {there}\nDefaultRuntimeDir {there}\nDirectoryIndex index.html\n"
        (there / "cert.pem").write_bytes(CERTIFICATE.read_bytes())  # where nobody may read it
        trust = f"OIDCCABundlePath {there}/cert.pem\n"
        (there / "apache.conf").write_text(modules + files + where + trust + SETTINGS)
        words = [str(ROOT / "usr/sbin/apache2"), "-D", "FOREGROUND", "-f", f"{there}/apache.conf"]
        process = subprocess.Popen(words, env={**os.environ, **LIBRARIES})
        try:
            wait_for(process)
            yield
        finally:
            process.terminate()
            process.wait()


def wait_for(process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            requests.head(HOME, allow_redirects=False)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("apache2 did not start")


def main() -> None:
    packages = [each.name for each in sorted((ROOT.parent / "archives").glob("*.deb"))]
    for name in ("libapache2-mod-auth-openidc", "apache2-bin"):
        (package,) = [each for each in packages if each.startswith(f"{name}_")]
        tried(f"{name} {package.split('_')[1]}")
    with apache():
        browser = requests.Session()
        link = browser.get(HOME, allow_redirects=False).headers["location"]
        done("discover")
        page = browser.get(visit(link))
        assert page.text == "for people who are logged in", page.text
        done("log in")
        before = info(browser)
        assert before["userinfo"]["email"] == EMAIL
        done("userinfo")
        renew = {"refresh": HOME + "/", "access_token": before["access_token"]}
        assert browser.get(CALLBACK, params=renew).text == page.text
        after = info(browser)
        assert after["refresh_token"] != before["refresh_token"]
        done("refresh", "by its hook `refresh`")
        leave = {"logout": GOODBYE}
        link = browser.get(CALLBACK, params=leave, allow_redirects=False).headers["location"]
        assert "location" in browser.get(HOME, allow_redirects=False).headers
        assert refresh(after["refresh_token"]) == "invalid_grant"
        done("revoke", "at its own logout")
        log_out(link)
        done("log out")


def info(browser: requests.Session) -> dict[str, dict[str, str] | str]:
    found: dict[str, dict[str, str] | str] = browser.get(CALLBACK, params={"info": "json"}).json()
    return found


def refresh(token: object) -> str:
    """The error of the token endpoint, for whoever kept the token."""
    form = {"grant_type": "refresh_token", "refresh_token": token}
    answer = requests.post(f"{ISSUER}/oauth/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET))
    return str(answer.json().get("error"))


main()
