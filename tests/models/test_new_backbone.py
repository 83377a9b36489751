"""A backbone is one file and one row: the steps in CONTRIBUTING.md, followed to the letter in a copy of the package."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STEPS = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add a backbone")[2].partition("\n## ")[0]


@pytest.fixture
def package(tmp_path):
    """The folder of a copy of the package with the backbone of CONTRIBUTING.md."""
    shutil.copytree(ROOT / "cutmix_tf", tmp_path / "cutmix_tf", ignore=shutil.ignore_patterns("__pycache__"))
    (file,), (rows,) = re.findall(r"Write `(\S+?\.py)`", STEPS), re.findall(r"add them to `MODELS`: `\*\*(\w+)`", STEPS)
    (code,) = re.findall(r"```python\n(.*?)```", STEPS, re.DOTALL)
    (tmp_path / file).write_text(textwrap.dedent(code))
    (table,) = re.findall(r"In `(\S+?)`, import its rows", STEPS)
    module = file.removesuffix(".py").replace("/", ".")
    text = (tmp_path / table).read_text()
    assert text.count("**VGGS}") == 1
    text = text.replace("\nMODELS", f"\nfrom {module} import {rows}\n\nMODELS").replace(
        "**VGGS}", f"**VGGS, **{rows}}}"
    )
    (tmp_path / table).write_text(text)
    return tmp_path


@pytest.mark.slow
def test_a_new_backbone_is_one_file_and_one_row(package):
    program = str(ROOT / "tests" / "programs" / "build_a_new_backbone.py")
    places = {"PYTHONPATH": str(package)}
    child = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, env=os.environ | places, cwd=package, check=False
    )
    assert child.returncode == 0, child.stderr
    assert re.search(r"^  plainnet5 +PlainNet: four convolutions", child.stdout, re.MULTILINE)
    assert "logits (2, 7) grids ((20, 12), (20, 12), (20, 12), (10, 6)) features (None, 5, 3, 64)" in child.stdout
    assert "['images', 'subtract_mean', 'divide_by_std', 'stem_out']" in child.stdout
