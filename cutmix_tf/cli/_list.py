"""cutmix-tf list: every name that a config or a command line may use, with a line each."""

import ast
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cutmix_tf._checks import look_up
from cutmix_tf.attention import APPLICATIONS
from cutmix_tf.cli._configs import config_folder
from cutmix_tf.datasets import FACTS
from cutmix_tf.mixing import MIXERS
from cutmix_tf.models import MODELS, REGULARIZERS
from cutmix_tf.recipes import RECIPES

DATASETS = {
    **dict.fromkeys(FACTS, "From TensorFlow Datasets."),
    "shapes": "Built in: ten shapes on 32 × 32 pixels, with boxes and masks.",
    "folder:PATH": "Image files as PATH/train/CLASS/FILE and PATH/test/CLASS/FILE.",
    "any other name": "A TFDS set with one image and one label an example, such as caltech_birds2011.",
}


def main(words: list[str], program: str) -> None:
    """Prints all names, or those of one topic."""
    known = topics(config_folder())
    if {"-h", "--help"} & {*words}:
        print(f"usage: {program} [{' | '.join(known)}]")
        sys.exit(0)
    if len(words) > 1:
        raise ValueError(f"{program} takes one topic at most; got {' '.join(words)}.")
    chosen = [look_up(word, known, "topic") for word in words] or known.values()
    print("\n\n".join(chosen))


def topics(configs: Path) -> dict[str, str]:
    """The tables of names by topic, each under a line that shows how a name is given.

    Args:
      configs: The folder of config files, with those of `cutmix-tf transfer` in transfer/; they are read, not run.
    """
    teachers = {name: f"{make.__name__} of Keras." for name, (make, _) in APPLICATIONS.items()}
    teachers |= {
        "FOLDER": "A finished run of yours.",
        "FILE.keras": "A Keras model that takes pixels from 0 to 255.",
    }
    return {
        "methods": _table('Mixing methods: --mix "CutMix(alpha=1.0, prob=0.5)"', _documented(MIXERS)),
        "recipes": _table("Recipes, a mixing method with its loss: --recipe deit", _documented(RECIPES)),
        "regularizers": _table('Regularizers: --regularizer "WithDropBlock(block_size=4)"', _documented(REGULARIZERS)),
        "models": _table("Models: --model resnet20", {name: f"{row.description}." for name, row in MODELS.items()}),
        "datasets": _table("Datasets: --dataset cifar10", DATASETS),
        "teachers": _table("Teachers: --teacher resnet50", teachers),
        "configs": _table("Configs: cutmix-tf train NAME", _configs(configs)),
        "transfer": _table("Transfer: cutmix-tf transfer detection|captioning NAME", _configs(configs / "transfer")),
    }


def _configs(folder: Path) -> dict[str, str]:
    """The first line of each file's docstring."""
    files = sorted(folder.glob("*.py"))
    return {file.stem: (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0] for file in files}


def _documented(table: Mapping[str, type | Callable]) -> dict[str, str]:
    """The first line of each docstring."""
    return {name: (inspect.getdoc(kind) or "").partition("\n")[0] for name, kind in table.items()}


def _table(title: str, rows: Mapping[str, str]) -> str:
    width = max(map(len, rows), default=0)
    return "\n".join([title, *(f"  {name:<{width}}  {line}" for name, line in rows.items())])
