"""The cards of the methods: every snippet runs as shown."""

import re
from pathlib import Path

import pytest
from helpers.marks import slow_but

CARDS = sorted((Path(__file__).parents[1] / "docs" / "methods").glob("*.md"))


FAST = [card for card in CARDS if card.stem in ("cutmix",)]


@pytest.mark.parametrize("card", slow_but(FAST, CARDS), ids=lambda card: card.stem)
def test_snippets_run(card):
    snippets = re.findall(r"```python\n(.*?)```", card.read_text(), re.DOTALL)
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, str(card), "exec"), {})
