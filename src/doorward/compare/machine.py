"""The machine and the versions of a run."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .applications.hs256 import SIGNED_BY

_PACKAGES = (
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "cryptography",
    "asyncpg",
    "redis",
)


def machine() -> dict[str, Any]:
    """The facts that make the figures of a run comparable with others."""
    return {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "doorward": version("doorward"),
        "plain_jwt_signed_by": SIGNED_BY,
        "packages": {name: found for name in _PACKAGES if (found := _installed(name))},
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.processor()


def _installed(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return ""
