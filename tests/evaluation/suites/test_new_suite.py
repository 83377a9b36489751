"""A suite is one file and one row: the steps in CONTRIBUTING.md, followed to the letter in a copy of the package."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

ROOT = Path(__file__).parents[3]
STEPS = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add a suite")[2].partition("\n## ")[0]


@pytest.fixture
def package(tmp_path):
    """The folder of a copy of the package with the suite of CONTRIBUTING.md."""
    shutil.copytree(ROOT / "cutmix_tf", tmp_path / "cutmix_tf", ignore=shutil.ignore_patterns("__pycache__"))
    (file,), (row,) = re.findall(r"Write `(\S+?\.py)`", STEPS), re.findall(r"add its row, `(.+?)`", STEPS)
    (code,) = re.findall(r"```python\n(.*?)```", STEPS, re.DOTALL)
    (tmp_path / file).write_text(textwrap.dedent(code))
    (table,) = re.findall(r"In `(\S+?)`, import it", STEPS)
    module, name = file.removesuffix(".py").replace("/", "."), row.partition("(")[0]
    text = (tmp_path / table).read_text()
    text = text.replace("\nSUITES", f"\nfrom {module} import {name}\n\nSUITES").replace(
        "Accuracy(),", f"Accuracy(),\n{row}"
    )
    (tmp_path / table).write_text(text)
    return tmp_path


@pytest.fixture
def run(model, small_set, tmp_path):
    """A model file, and an image folder to test it on, for a program of its own."""
    model.keras_model.save(tmp_path / "small.keras")
    for index, (image, label) in enumerate(zip(small_set.test.images, small_set.test.labels, strict=True)):
        folder = tmp_path / "images" / "test" / "abcd"[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{index}.png").write_bytes(tf.io.encode_png(image).numpy())
    return [str(tmp_path / "small.keras"), "--dataset", f"folder:{tmp_path / 'images'}"]


@pytest.mark.slow
def test_a_new_suite_is_one_file_and_one_row(package, run, model, small_set):
    program = str(ROOT / "tests" / "programs" / "evaluate_with_a_new_suite.py")
    words = [sys.executable, program, *run, "--suites", "accuracy,mirror", "--save", str(package / "out")]
    places = {"PYTHONPATH": str(package), "COLUMNS": "200"}
    child = subprocess.run(words, capture_output=True, text=True, env=os.environ | places, cwd=package, check=False)
    assert child.returncode == 0, child.stderr
    images = small_set.test.images
    same = [model.logits(each).argmax(axis=1) for each in (images, images[:, :, ::-1])]
    results = json.loads((package / "out" / "evaluation.json").read_text())
    assert results["mirror"]["same"] == 100 * np.mean(same[0] == same[1])
    command_line, _, table = child.stdout.partition("small: accuracy")
    assert "accuracy, mirror, calibration" in command_line
    assert f"same prediction in the mirror % {results['mirror']['same']:.1f}" in re.sub(" +", " ", table)
    assert (package / "out" / "evaluation.png").is_file()  # by the only one of the two with a panel
