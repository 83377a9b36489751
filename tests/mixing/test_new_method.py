"""A new method: each step in CONTRIBUTING.md is noticed if it is forgotten, and together they are enough."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from helpers.method_steps import forgotten, steps_of, written_methods

from cutmix_tf.mixing import MIXERS, Mixer

ROOT = Path(__file__).parents[2]
STEPS = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add a method")[2].partition("\n## ")[0]


@pytest.mark.parametrize("kind", written_methods().values(), ids=written_methods())
def test_no_step_is_forgotten(kind):
    assert forgotten(kind) == []


def test_all_methods_are_found():
    assert written_methods() == dict(sorted(MIXERS.items()))


class Forgetful(Mixer):
    def plan(self, canvas, seed):
        raise NotImplementedError


def test_each_forgotten_step_is_noticed():
    assert forgotten(Forgetful) == [*steps_of(Forgetful)]


# ---- the steps, followed to the letter in a copy ----

BLENDER = '''
"""A throw-away blender: both images in the same proportion everywhere."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import check_number
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw


@dataclasses.dataclass(frozen=True)
class ThrowAwayBlender(Mixer):
    """Blends images and labels.

    Args:
      share: The own share, in [0, 1].
      prob: Probability that an example (or a batch) is mixed.
      per: "example" or "batch".

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Reference:
      None.
    """

    share: float = 0.75
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        check_number("share", self.share, low=0, high=1)
        check_common(self.prob, self.per)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws partners."""
        draws = draw(seed, canvas.batch, 0, prob=self.prob, per=self.per)
        return Plan(draws.box(canvas.whole), draws.partner, own_share=tf.fill([canvas.batch], float(self.share)))
'''
ERASER = '''
"""A throw-away eraser: stripes, a shape that no other eraser has."""

import dataclasses

import tensorflow as tf

from cutmix_tf.mixing._eraser import Eraser, check_fill
from cutmix_tf.mixing._plan import Canvas, Erase, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw


@dataclasses.dataclass(frozen=True)
class ThrowAwayEraser(Eraser):
    """Erases every second row; labels stay.

    Args:
      fill: As in `Cutout`.
      prob: Probability that an example (or a batch) is erased.
      per: "example" or "batch".

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Reference:
      None.
    """

    fill: float | tuple[float, ...] = 0.0
    prob: float = 0.5
    per: Per = "example"

    def __post_init__(self):
        check_fill(self.fill)
        check_common(self.prob, self.per)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Tosses coins."""
        draws = draw(seed, canvas.batch, 0, prob=self.prob, per=self.per)
        return self.erasing(draws.box(canvas.whole), _EraseStripes)


@dataclasses.dataclass(frozen=True, eq=False)
class _EraseStripes(Erase):
    def where(self, shape: tf.Tensor) -> tf.Tensor:
        return (tf.range(shape[1]) % 2 == 0)[None, :, None]
'''
TEST = '"""Tests."""\n\n\ndef test_it():\n    pass\n'
BESIDES = {
    "ThrowAwayBlender": ("_throw_away_blender", BLENDER, '"share": [0, 0.5, 1.0]', "ThrowAwayBlender()"),
    "ThrowAwayEraser": ("_throw_away_eraser", ERASER, '"fill": FILL', "ThrowAwayEraser(fill=(1, 2, 3))"),
}


def contributed():
    """The method of CONTRIBUTING.md: its name, module, code, settings for random calls and its row in the cases."""
    (file,), (name,) = re.findall(r"Write `(\S+?\.py)`", STEPS), re.findall(r"class (\w+)\(Mixer\)", STEPS)
    code, case, settings = (textwrap.dedent(code) for code in re.findall(r"```python\n(.*?)```", STEPS, re.DOTALL))
    (settings,), (case,) = re.findall(r"\{(.*), \*\*COMMON\}", settings), re.findall(r": cm\.(.*),", case)
    return name, (Path(file).stem, code, settings, case)


def replace(file, old, new):
    assert file.read_text().count(old) == 1, (file, old)
    file.write_text(file.read_text().replace(old, new))


@pytest.fixture
def repository(tmp_path):
    """A copy of what the steps change, with the method of CONTRIBUTING.md, a blender and an eraser."""
    for folder in ("cutmix_tf", "tests", "docs/methods"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
    for file in ("pyproject.toml", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / file, tmp_path)
    package, tests = tmp_path / "cutmix_tf", tmp_path / "tests"
    for name, (module, code, settings, case) in [contributed(), *BESIDES.items()]:
        export = f"from cutmix_tf.mixing{{}} import {name} as {name}\n"
        (package / "mixing" / f"{module}.py").write_text(code)
        replace(
            package / "mixing" / "__init__.py",
            "from cutmix_tf.mixing._table",
            export.format(f".{module}") + "from cutmix_tf.mixing._table",
        )
        replace(
            package / "_names.py",
            "from cutmix_tf.mixing import mix as mix\n",
            export.format("") + "from cutmix_tf.mixing import mix as mix\n",
        )
        table = package / "mixing" / "_table.py"
        replace(table, "\n_OF_IMAGES = (", f"\nfrom cutmix_tf.mixing.{module} import {name}\n\n_OF_IMAGES = ({name}, ")
        replace(tests / "helpers" / "cases.py", "\nCASES = {", f'\nCASES = {{\n    "{name}": cm.{case},')
        replace(
            tests / "helpers" / "random_calls.py",
            "\nSETTINGS = {",
            f'\nSETTINGS = {{\n    "{name}": {{{settings}, **COMMON}},',
        )
        (tests / "mixing" / f"test{module}.py").write_text(TEST)
        (tmp_path / "docs" / "methods" / f"{module[1:]}.md").write_text(f"# `{name}`\n")
        replace(tmp_path / "CHANGELOG.md", "### Added\n", f"### Added\n\n- `{name}`.\n")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("files", [["laws"], ["laws", "same_bits", "fuzz"]], ids=len)
def test_the_steps_are_enough(repository, files):
    words = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider"]
    words += [f"tests/mixing/test_{name}.py" for name in files]
    words += ["tests/mixing/test_new_method.py::test_no_step_is_forgotten"]
    words += ["-k", "HorizontalConcat or ThrowAway or every_row or every_method or calls"]
    settings = {"PYTHONPATH": str(repository), "CUTMIX_FUZZ_EXAMPLES": "50", "PYTHONSAFEPATH": "1"}
    child = subprocess.run(
        words, capture_output=True, text=True, env=os.environ | settings, cwd=repository, check=False
    )
    assert child.returncode == 0, child.stdout[-5000:]
    for law in (
        "shares_are_whole_pixels[HorizontalConcat",
        "of_mixing[ThrowAwayBlender-",
        "of_erasing[ThrowAwayEraser-",
    ):
        assert law in child.stdout
    for name in (contributed()[0], *BESIDES):
        assert f"test_no_step_is_forgotten[{name}]" in child.stdout
