"""Imports point backwards along data → mixing → models → loss → training; importing is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cutmix_tf as cm

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cutmix_tf"
LEAVES = {"_cells", "_checks", "_random", "_tensors", "_version", "_xla", "targets"}
MAY_IMPORT = {
    "data": LEAVES - {"targets"},
    "attention": {"_checks", "data"},
    "mixing": LEAVES - {"targets"},
    "layers": {"_checks"},
    "models": {"_checks", "layers"},
    "losses": {"_checks", "targets"},
    "metrics": {"_checks", "targets"},
    "pictures": {"_cells", "targets"},
    "training": LEAVES | {"data", "attention", "layers", "mixing", "models", "losses", "metrics", "pictures"},
    "evaluation": LEAVES | {"data", "attention", "models", "losses", "metrics", "mixing", "pictures", "training"},
    "targets": {"_checks"},
    "_cells": set(),
    "_xla": set(),
    "_random": {"_tensors"},
    "_tensors": set(),
    "_checks": set(),
    "_version": set(),
}
KERAS_ONLY = ("layers", "models", "losses", "metrics", "targets")


def imports_of(path):
    """Absolute module names that a file imports, at its top and inside its functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module
            if node.module == "cutmix_tf":
                yield from (f"cutmix_tf.{alias.name}" for alias in node.names)


def part_of(path):
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


ENTRIES = {"__init__.py", "__main__.py"}  # they stand above everything
FILES = [path for path in PACKAGE.rglob("*.py") if path.name not in ENTRIES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_backwards(path):
    part = part_of(path)
    ours = {name.split(".")[1] for name in imports_of(path) if name.startswith("cutmix_tf.")}
    assert ours <= MAY_IMPORT[part] | {part}


@pytest.mark.parametrize("part", KERAS_ONLY)
def test_parts_for_every_backend_know_no_tensorflow(part):
    for path in FILES:
        if part_of(path) == part:
            assert not [name for name in imports_of(path) if name.split(".")[0] == "tensorflow"], path


def test_private_keras_and_tensorflow_are_left_alone():
    for path in FILES:
        private = [name for name in imports_of(path) if name.startswith(("keras.src", "tensorflow.python"))]
        assert not private, path


LIGHT = """
import sys, time
import tensorflow, keras
before, began = set(sys.modules), time.perf_counter()
import cutmix_tf
seconds = time.perf_counter() - began
added = {name.split(".")[0] for name in set(sys.modules) - before}
print(seconds < 2, *sorted(added - {"cutmix_tf"}))
"""


def test_import_is_light():
    """No heavy module is added to what TensorFlow and Keras cost; two seconds are for a machine under load."""
    child = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True, cwd=ROOT)
    in_time, *added = child.stdout.split()
    assert in_time == "True"
    assert not {"keras_cv", "tensorflow_datasets", "matplotlib", "tyro", "scipy"} & set(added)


def test_public_names_are_those_of_the_design():
    promised = {"CutMix", "MixUp", "Cutout", "OneOf", "mix", "MixedCrossentropy", "MixedAccuracy"}
    promised |= {"MixedTopKAccuracy", "targets", "models"}
    assert promised <= set(dir(cm))


def test_every_public_object_is_documented():
    for name in ("CutMix", "MixUp", "Cutout", "OneOf", "mix", "MixedCrossentropy", "MixedAccuracy"):
        text = getattr(cm, name).__doc__
        assert "Args:" in text or "Subclasses" in text, name
