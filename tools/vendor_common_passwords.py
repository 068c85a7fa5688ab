"""Renew the list of common passwords that the server refuses.

For maintainers: unpack the npm package `@zxcvbn-ts/language-common` (MIT) somewhere
(`npm pack @zxcvbn-ts/language-common@4.1.3`, then `tar xzf`), and run

    python tools/vendor_common_passwords.py path/to/package

The result is the same bytes for the same package: sorted, folded as the policy folds, without
what is too short to be chosen anyway, packed without a time stamp.
"""

import gzip
import json
import sys
import unicodedata
from pathlib import Path

SHORTEST = 8
DATA = Path(__file__).parent.parent / "src/doorward/data"


def fold(password: str) -> str:
    """As `doorward.password_policy` does before it looks a password up."""
    return unicodedata.normalize("NFKC", password).casefold()


def main(package: Path) -> None:
    """Write the list and its licence into the data folder."""
    listed = json.loads((package / "src/passwords.json").read_text(encoding="utf-8"))
    kept = sorted({word for word in map(fold, listed) if len(word) >= SHORTEST})
    text = "".join(f"{word}\n" for word in kept)
    (DATA / "common-passwords.txt.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    licence = (package / "LICENSE.txt").read_text(encoding="utf-8")
    notice = (
        f"common-passwords.txt.gz: the {len(kept)} entries of {SHORTEST} characters and more in\n"
        f"the password list of @zxcvbn-ts/language-common {version}, in lower case, sorted.\n"
    )
    (DATA / "common-passwords.LICENSE").write_text(f"{notice}\n{licence}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
