"""How a process starts: the command answers --help, and quiets TensorFlow's logs, before TensorFlow is loaded."""

import importlib
import sys
from pathlib import Path

_SCRIPTS = ("cutmix-tf", "train_keras", "evaluate_keras")


def is_command() -> bool:
    """Whether this process was started as `cutmix-tf`, as one of the two scripts, or as `python -m cutmix_tf`."""
    return sys.orig_argv[1:3] == ["-m", "cutmix_tf"] or Path((sys.argv or [""])[0]).stem in _SCRIPTS


def load_names() -> None:
    """Gives the package the names that it lacks while `is_command`; loads TensorFlow and Keras."""
    names = vars(importlib.import_module("cutmix_tf._names"))
    vars(sys.modules["cutmix_tf"]).update({name: names[name] for name in names if not name.startswith("_")})
