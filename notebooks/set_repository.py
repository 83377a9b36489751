"""Writes the address of the repository into all notebooks: python notebooks/set_repository.py https://github.com/NAME/REPO.

The badges that open a notebook in Colab and the field REPOSITORY of the set-up cells hold it. Outputs stay.
"""

import re
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
ADDRESS = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")
BADGE = re.compile(r"(colab\.research\.google\.com/github)/[\w.-]+/[\w.-]+(?=/blob/)")
FIELD = re.compile(r'(REPOSITORY = \\")https://[^"\\]+(\\")')


def with_address(text: str, address: str) -> str:
    """The text of a notebook with another address."""
    name = address.removeprefix("https://github.com")
    return FIELD.sub(rf"\g<1>{address}\g<2>", BADGE.sub(rf"\g<1>{name}", text))


def main(words: list[str]) -> None:
    """Reads the address, and writes the notebooks that it changes."""
    if len(words) != 1 or not ADDRESS.fullmatch(words[0]):
        sys.exit(
            "Colab opens notebooks from GitHub, so this needs an address such as https://github.com/NAME/REPO; "
            f"got {' '.join(words) or 'nothing'}. Run make notebooks REPOSITORY=https://github.com/NAME/REPO"
        )
    for path in sorted(FOLDER.glob("*.ipynb")):
        old = path.read_text()
        new = with_address(old, words[0])
        if new != old:
            path.write_text(new)
            print(f"{path.name}: {words[0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
