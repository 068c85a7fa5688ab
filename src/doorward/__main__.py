"""`python -m doorward` is the command `doorward`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
