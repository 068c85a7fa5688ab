"""The command `doorward`, also as `python -m doorward`."""

import gc
import sys
from typing import NoReturn

from .cli import main


def run() -> NoReturn:
    """The command as a process, which ends with its exit status."""
    try:
        sys.exit(main())
    finally:
        # Python would look for garbage in all that was imported, twice, before it ends
        gc.freeze()


if __name__ == "__main__":
    run()
