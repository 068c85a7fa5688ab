"""The command `doorward`, also as `python -m doorward`."""

import gc
import sys
from typing import NoReturn

from .cli import main


def run() -> NoReturn:
    """Run the command and end the process with its exit status."""
    try:
        sys.exit(main())
    finally:
        # at its end Python would collect garbage over all imported modules, twice
        gc.freeze()


if __name__ == "__main__":
    run()
