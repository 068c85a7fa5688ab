"""Serve one application of `bench/peers/apps` with one worker; started by `bench/peers/run.py`.

    python bench/peers/serve.py NAME PORT FOLDER REDIS_URL POSTGRES_URL

ASGI applications run on uvicorn with uvloop and httptools, WSGI applications on gunicorn with 8
threads.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.peers.catalogue import BY_NAME, Peer
from bench.peers.spec import Spec

THREADS = 8


def uvicorn(app: Any, port: int) -> None:
    import uvicorn

    uvicorn.run(
        app, port=port, log_level="error", access_log=False, loop="uvloop", http="httptools"
    )


def gunicorn(app: Any, port: int) -> None:
    from gunicorn.app.base import BaseApplication

    options = {
        "bind": f"127.0.0.1:{port}",
        "workers": 1,
        "threads": THREADS,
        "worker_class": "gthread",
        "loglevel": "error",
    }

    class Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for key, value in options.items():
                self.cfg.set(key, value)

        def load(self) -> Any:
            return app

    Application().run()


def serve(peer: Peer, spec: Spec) -> None:
    app = import_module(f"bench.peers.apps.{peer.module}").build(peer.variant, spec)
    (gunicorn if peer.gunicorn else uvicorn)(app, spec.port)


if __name__ == "__main__":
    name, port, folder, redis, postgres = sys.argv[1:]
    serve(BY_NAME[name], Spec(int(port), Path(folder), redis, postgres))
