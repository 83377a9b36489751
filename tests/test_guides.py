"""The guides that show Python code run from top to bottom as shown."""

import re
from pathlib import Path

import pytest

GUIDES = [Path(__file__).parents[1] / "docs" / "keras.md"]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_code_runs_from_top_to_bottom(guide):
    names = {}
    text = guide.read_text()
    for block in re.finditer(r"```python\n(.*?)```", text, re.DOTALL):
        lines_before = text[: block.start(1)].count("\n")
        exec(compile("\n" * lines_before + block[1], str(guide), "exec"), names)
    assert names["model"].optimizer.iterations > 0
