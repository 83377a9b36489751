"""Ignores one use of a setting after another; the setting's tests must fail: python tests/mutants.py [FIELD …].

A mutant is the package in which one use of a setting, where configs are wired to what they set, is replaced by the
setting's default, while the config itself still holds the value. A row of tests/training/test_wiring.py must then fail.
Exits with code 1 if a mutant survives.

Some uses are not mutated: those in errors and logs; in checks, which tests/training/test_refused_runs.py tests; and
those by name, as `getattr(config, name)`, for the summary and for settings that a model of one's own can't follow.
`UNTESTED` has the others.
"""

import ast
import collections
import dataclasses
import importlib.abc
import importlib.machinery
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import conftest  # noqa: F401 - two logical devices, before TensorFlow does anything
import pytest

import cutmix_tf
from cutmix_tf import _xla
from cutmix_tf.training import TrainConfig

PACKAGE = Path(__file__).parents[1] / "cutmix_tf"
FILES = [*sorted((PACKAGE / "training").glob("*.py")), PACKAGE / "runs" / "_folder.py"]
RELOADED = ("training", "runs", "evaluation", "cli")
FIELDS = {field.name: field.default for field in dataclasses.fields(TrainConfig)}
DEFAULTS = FIELDS | {"dataset": "shapes", "model": "resnet20", "epochs": 3, "run_dir": "ignored"}
"""With values for those that have none, or none that a run can have."""
CHECKS = ("_check", "__post_init__")
UNTESTED = {
    ("_train.py", "train", "model"): "an unknown name is found early; the model is built by another use",
    ("_errors.py", "input_errors_explained", "data_service"): "which error a failing service becomes",
    **{
        ("_fast.py", "fast_config", field): "how a fast dev run differs; tests/training/test_fast.py"
        for field in ("teacher", "warmup_epochs", "run_dir")
    },
    ("_fit.py", "_finish", "mix"): "a line of the summary and the title of a figure; tests/training/test_train.py",
    ("_fit.py", "_finish", "dataset"): "the title of a figure",
    ("_fit.py", "_finish", "model"): "the title of a figure",
    ("_fit.py", "run", "epochs"): "when a run that was resumed ends; tests/training/test_resume.py",
}


class Use(NamedTuple):
    """One use of a setting: `config.FIELD` in a function of a file."""

    file: Path
    line: int
    column: int
    function: str
    field: str

    def __str__(self):
        return f"{self.field:>18}  {self.file.relative_to(PACKAGE)}:{self.line}, {self.function}"


def uses_in(file: Path) -> list[Use]:
    """The uses of settings in a file that say what is trained or written."""
    found: list[Use] = []

    def visit(node, function):
        if isinstance(node, ast.FunctionDef):
            function = node.name
        refuses = isinstance(node, ast.Raise) or (isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise))
        if refuses or function.startswith(CHECKS) or ast.unparse(node).startswith("LOG."):
            return
        if isinstance(node, ast.Attribute) and node.attr in FIELDS and _is_config(node.value, file):
            found.append(Use(file, node.lineno, node.col_offset, function, node.attr))
        for child in ast.iter_child_nodes(node):
            visit(child, function)

    visit(ast.parse(file.read_text()), "")
    return [use for use in found if (file.name, use.function, use.field) not in UNTESTED]


def _is_config(node: ast.expr, file: Path) -> bool:
    """Whether an expression is a config: `config`, `….config`, or `self` in the config's own properties."""
    return ast.unparse(node).split(".")[-1] == "config" or (file.name == "_config.py" and ast.unparse(node) == "self")


class Mutating(importlib.machinery.SourceFileLoader):
    """Loads the module with one use of a setting replaced by its default."""

    use: Use

    def get_code(self, fullname):
        use, default = self.use, ast.parse(repr(DEFAULTS[self.use.field]), mode="eval").body

        class Replace(ast.NodeTransformer):
            def visit_Attribute(self, node):
                if (node.lineno, node.col_offset, node.attr) == (use.line, use.column, use.field):
                    return ast.copy_location(default, node)
                return self.generic_visit(node)

        tree = ast.fix_missing_locations(Replace().visit(ast.parse(use.file.read_text())))
        return compile(tree, str(use.file), "exec")


class Finder(importlib.abc.MetaPathFinder):
    """Finds the module that holds a use, mutated."""

    def __init__(self, use: Use):
        self.use = use
        self.name = ".".join(["cutmix_tf", *use.file.relative_to(PACKAGE).with_suffix("").parts])

    def find_spec(self, fullname, path, target=None):
        if fullname != self.name:
            return None
        loader = Mutating(fullname, str(self.use.file))
        loader.use = self.use
        return importlib.machinery.ModuleSpec(fullname, loader, origin=str(self.use.file))


def failure(field: str, use: Use | None = None) -> str | None:
    """What fails in a setting's rows when a use of it is ignored; None if nothing does."""
    _forget_modules()
    finders = [] if use is None else [Finder(use)]
    sys.meta_path[:0] = finders
    try:
        from training import test_wiring

        for wire in test_wiring.WIRES[field]:
            with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
                patch.setattr(_xla, "available", lambda: False)
                test_wiring.check(field, wire, Path(folder), patch)
    except (Exception, pytest.fail.Exception) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    finally:
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder not in finders]
    return None


def _forget_modules() -> None:
    """Lets the rooms that hold uses, those above them, and the tests be imported anew."""
    names = (*(f"cutmix_tf.{room}" for room in RELOADED), "helpers", "training")
    for name in [name for name in sys.modules if name.startswith(names)]:
        del sys.modules[name]
    for room in RELOADED:
        vars(cutmix_tf).pop(room, None)


def main() -> None:
    """Tests each setting with nothing ignored, and then with each of its uses ignored."""
    chosen = sys.argv[1:] or list(FIELDS)
    uses = collections.defaultdict(list)
    for use in (use for file in FILES for use in uses_in(file)):
        uses[use.field].append(use)
    unused = [field for field in chosen if not uses[field]]
    survivors = []
    for field in chosen:
        if wrong := failure(field):
            sys.exit(f"The rows of {field} must pass before it is ignored; they fail with {wrong}")
        for use in uses[field]:
            caught = failure(field, use)
            print(f"{use}  {f'caught by {caught[:60]}' if caught else 'SURVIVED'}", flush=True)
            survivors += [] if caught else [str(use)]
    print(f"{sum(len(uses[field]) for field in chosen)} mutants, {len(survivors)} survived")
    sys.exit("\n".join([*survivors, *(f"{field} is used nowhere" for field in unused)]) or 0)


if __name__ == "__main__":
    main()
