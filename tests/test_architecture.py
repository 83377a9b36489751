"""The rooms of the package: imports point one way, every public name is documented, importing stays light."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import cutmix_tf as cm

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cutmix_tf"
BOTTOM = ("_version", "_start", "_checks", "_arguments", "_tensors", "_random", "_cells", "_xla", "_assertion")
FOUNDATION = set(BOTTOM)
ORDER = (
    *BOTTOM,
    *("targets", "mixing", "losses", "metrics", "layers", "models", "recipes", "_names"),
    *("datasets", "pipeline", "runs", "inference", "diagnosis", "attention"),
    *("plotting", "distribution", "training", "evaluation", "transfer", "cli"),
)
"""From the bottom up: a room imports only rooms before it."""
APART = {
    "mixing": FOUNDATION,
    "layers": FOUNDATION,
    "losses": FOUNDATION | {"targets"},
    "metrics": FOUNDATION | {"targets"},
    "models": FOUNDATION | {"layers"},
    "recipes": FOUNDATION | {"mixing", "losses"},
    "datasets": FOUNDATION,
    "pipeline": FOUNDATION | {"datasets"},
    "evaluation": set(ORDER) - {"training", "distribution", "attention", "transfer", "cli"},
}
"""Rooms that know even less: mixing, models, losses, metrics and data know nothing of each other."""
KERAS_ONLY = ("layers", "models", "losses", "metrics", "targets")
FILES = [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or not path.name.startswith("__")]
ROOMS = [name for name in ORDER if (PACKAGE / name).is_dir() and name != "cli"]


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


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    room = room_of(path)
    ours = {name.split(".")[1] for name in imports_of(path) if name.startswith("cutmix_tf.")} - {room}
    assert ours <= APART.get(room, set(ORDER[: ORDER.index(room)]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_hold_one_concept(path):
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("room", KERAS_ONLY)
def test_rooms_for_every_backend_know_no_tensorflow(room):
    for path in FILES:
        if room_of(path) == room:
            assert not [name for name in imports_of(path) if name.split(".")[0] == "tensorflow"], path


def test_private_keras_and_tensorflow_are_left_alone():
    for path in FILES:
        private = [name for name in imports_of(path) if name.startswith(("keras.src", "tensorflow.python"))]
        assert not private, path


def test_only_the_command_line_prints():
    for path in FILES:
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        prints = [call.lineno for call in calls if isinstance(call, ast.Name) and call.id == "print"]
        assert room_of(path) == "cli" or not prints, (path, prints)


LIGHT = """
import sys
import tensorflow, keras
before = set(sys.modules)
import cutmix_tf
print(*sorted({name.split(".")[0] for name in set(sys.modules) - before} - {"cutmix_tf"}))
print(*sorted(name.split(".")[1] for name in sys.modules if name.startswith("cutmix_tf.") and name.count(".") == 1))
"""


def test_import_is_light():
    """No heavy module is added to what TensorFlow and Keras cost, and no room above the models is loaded."""
    child = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True, cwd=ROOT)
    added, rooms = (set(line.split()) for line in child.stdout.splitlines())
    assert not {"keras_cv", "tensorflow_datasets", "matplotlib", "tyro", "scipy"} & added
    later = ("datasets", "pipeline", "runs", "attention", "plotting", "training", "evaluation", "transfer", "cli")
    assert not {*later} & rooms


def test_rooms_are_there_on_first_use():
    for room in (*ROOMS, "targets"):
        assert getattr(cm, room) is importlib.import_module(f"cutmix_tf.{room}")
        assert room in dir(cm)
    with pytest.raises(AttributeError, match="no attribute 'trainning'"):
        _ = cm.trainning


def test_types_are_shipped():
    assert (PACKAGE / "py.typed").is_file()


def public_names():
    """Every public object of a room, as (room, name)."""
    for room in ("", *ROOMS, "targets"):
        module = importlib.import_module(f"cutmix_tf.{room}".rstrip("."))
        yield from ((room, name) for name in vars(module) if not name.startswith("_") and name != "annotations")


@pytest.mark.parametrize(("room", "name"), sorted(public_names()), ids=".".join)
def test_public_names_are_ours_and_documented(room, name):
    module = importlib.import_module(f"cutmix_tf.{room}".rstrip("."))
    value = getattr(module, name)
    if inspect.ismodule(value):
        assert value.__name__.startswith("cutmix_tf") or room == "targets"  # which is one file
    elif inspect.isclass(value) or inspect.isfunction(value):
        assert value.__module__.startswith("cutmix_tf"), "an import leaks"
        assert inspect.getdoc(value), "no docstring"
        if inspect.isfunction(value):
            hints = value.__annotations__
            assert "return" in hints or "Returns:" in inspect.getdoc(value) or room in KERAS_ONLY
