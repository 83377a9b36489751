"""cutmix-tf list: every name that a config or a command line may use, with a line each."""

import ast
import inspect
from collections.abc import Mapping
from pathlib import Path

from cutmix_tf.attention import APPLICATIONS
from cutmix_tf.datasets import FACTS
from cutmix_tf.mixing import MIXERS
from cutmix_tf.models import MODELS, REGULARIZERS

DATASETS = {
    **dict.fromkeys(FACTS, "From TensorFlow Datasets."),
    "shapes": "Built in: ten shapes on 32 × 32 pixels, with boxes and masks.",
    "folder:PATH": "Image files as PATH/train/CLASS/FILE and PATH/test/CLASS/FILE.",
    "any other name": "A TFDS set with one image and one label an example, such as caltech_birds2011.",
}


def main(words: list[str], program: str) -> None:
    """Prints all names."""
    if words:
        raise ValueError(f"{program} takes no arguments; got {' '.join(words)}.")
    print(listing(Path("configs")))


def listing(configs: Path) -> str:
    """The tables of names, each under a line that shows how a name is given.

    Args:
      configs: The folder of config files; they are read, not run.
    """
    files = sorted(configs.glob("*.py"))
    tables = {
        'Mixing methods: --mix "CutMix(alpha=1.0, prob=0.5)"': _documented(MIXERS),
        'Regularizers: --regularizer "WithDropBlock(block_size=4)"': _documented(REGULARIZERS),
        "Models: --model resnet20": {name: f"{row.description}." for name, row in MODELS.items()},
        "Datasets: --dataset cifar10": DATASETS,
        "Teachers: --teacher resnet50": {name: f"{make.__name__} of Keras." for name, (make, _) in APPLICATIONS.items()}
        | {"FOLDER": "A finished run of your own.", "FILE.keras": "A Keras model that takes pixels from 0 to 255."},
        "Configs: cutmix-tf train FILE": {f"{configs.name}/{file.name}": _docstring(file) for file in files},
    }
    return "\n\n".join(f"{title}\n{_lines(rows)}" for title, rows in tables.items())


def _docstring(file: Path) -> str:
    """Its first line."""
    return (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]


def _documented(table: Mapping[str, type]) -> dict[str, str]:
    """The first line of each docstring."""
    return {name: (inspect.getdoc(kind) or "").partition("\n")[0] for name, kind in table.items()}


def _lines(rows: Mapping[str, str]) -> str:
    width = max(map(len, rows), default=0)
    return "\n".join(f"  {name:<{width}}  {line}" for name, line in rows.items())
