"""The guides that show Python code run from top to bottom as shown."""

import re
from pathlib import Path

import pytest
from helpers.marks import slow_but

DOCS = Path(__file__).parents[1] / "docs"
GUIDES = slow_but(["quickstart"], ["quickstart", "tpu", "keras"])


@pytest.mark.parametrize("name", GUIDES)
def test_code_runs_from_top_to_bottom(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    guide, names = DOCS / f"{name}.md", {}
    text = guide.read_text()
    for block in re.finditer(r"```python\n(.*?)```", text, re.DOTALL):
        lines_before = text[: block.start(1)].count("\n")
        exec(compile("\n" * lines_before + block[1], str(guide), "exec"), names)
    if "model" in names:
        assert names["model"].optimizer.iterations > 0
    assert names["cm"]
