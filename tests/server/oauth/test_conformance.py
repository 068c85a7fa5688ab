"""The modules of the OpenID Foundation's plans, restated: one test each, under its name.

`oidcc-basic-certification-test-plan` and `oidcc-config-certification-test-plan`, for a client that
the operator registered.  `tools/conformance` runs the suite itself.  What it calls a warning or
skips is said in the test.
"""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from doorward.keys import base64url
from doorward.server.oauth.client import RS256
from tests.server.house import House, Opened, login
from tests.server.third_party import CALLBACK, Application, application, destination, form_of, said
from tests.support.rsa import verified

pytestmark = pytest.mark.anyio

SCOPES = ("openid", "email", "offline_access")
NONCE = "a nonce"
