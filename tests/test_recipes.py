"""The papers' recipes: every command of docs/recipes.md is one that runs, and does what its row says."""

import ast
import collections
import functools
import re
import runpy
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest
from helpers.narrow_models import narrow
from helpers.started import started
from helpers.tiny_sets import EncodedSplit

from cutmix_tf import datasets
from cutmix_tf.attention import APPLICATIONS, _source, _teacher
from cutmix_tf.cli._config import load_config, read_config
from cutmix_tf.mixing import MIXERS, HiddenMixer
from cutmix_tf.models import MODELS, REGULARIZERS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "recipes.md").read_text()
CLASSES = 6


class Recipe(NamedTuple):
    """A published number and the command that is to give it."""

    config: str
    row: str
    overrides: tuple[str, ...]
    published: str


def read_page():
    """The recipes of the page. Where a table's columns have overrides of their own, each column is a recipe."""
    config, header, columns, recipes = None, [], {}, []
    for line in PAGE.splitlines():
        if line.startswith("#"):
            found = re.search(r"`(configs/\w+\.py)`", line)
            config = found and found[1]
        if not line.startswith("| "):
            continue
        row, text, *numbers = (cell.strip() for cell in line.strip("|").split("|"))
        words = tuple(shlex.split(text.strip("`")))
        if text == "overrides":
            header = numbers
        elif config is None:
            columns[row] = words
        elif set(header) <= set(columns):
            for column, number in zip(header, numbers, strict=True):
                recipes.append(Recipe(config, f"{row}, {column}", words + columns[column], number))
        else:
            recipes.append(Recipe(config, row, words, numbers[0]))
    return recipes


RECIPES = read_page()


@functools.cache
def config_of(recipe, *more):
    return read_config([str(ROOT / recipe.config), *recipe.overrides, *more], "cutmix-tf train")


def test_every_published_row_is_there():
    found = collections.Counter(recipe.config for recipe in RECIPES)
    assert found == {
        "configs/cutmix_cifar100.py": 15 + 4 + 5 + 6 + 5,
        "configs/cutmix_cifar10.py": 5,
        "configs/cutmix_imagenet.py": 14 + 7,
        "configs/attentive_cifar10.py": 12 * 4,
        "configs/attentive_cifar100.py": 12 * 4,
        "configs/attentive_imagenet.py": 12 * 4,
    }
    for recipe in RECIPES:
        assert recipe.published == "plotted only" or 0 < float(recipe.published) < 50, recipe


def test_the_example_is_a_command():
    (line,) = re.findall(r"^python train_keras\.py (.*)$", PAGE, re.MULTILINE)
    assert read_config([str(ROOT / line.split()[0]), *shlex.split(line)[1:]], "cutmix-tf train").mix is None


NAMED = {
    "Manifold Mixup": lambda config: "ManifoldMixUp" in str(config.mix),
    "Mixup": lambda config: "MixUp" in str(config.mix),
    "Feature CutMix": lambda config: "FeatureCutMix" in str(config.mix),
    "Attentive CutMix": lambda config: config.teacher is not None,
    "CutMix": lambda config: "CutMix" in str(config.mix),
    "Scheduled": lambda config: config.mix_schedule != (),
    "Cutout": lambda config: "Cutout" in str(config.erase),
    "DropBlock": lambda config: "DropBlock" in str(config.regularizer),
    "Stochastic Depth": lambda config: "StochasticDepth" in str(config.regularizer),
    "ShakeDrop": lambda config: "ShakeDrop" in str(config.regularizer),
    "label smoothing": lambda config: config.label_smoothing == 0.1,
    "AutoAugment": lambda config: config.auto_augment != "none",
}


@pytest.mark.parametrize("name", NAMED)
def test_a_command_asks_for_what_its_row_names_and_for_nothing_else(name):
    for recipe in RECIPES:
        assert NAMED[name](config_of(recipe)) == (name in recipe.row), recipe


def test_a_command_asks_for_the_network_that_its_row_names():
    """Rows that name none have the one of their config."""
    for recipe in RECIPES:
        config = config_of(recipe)
        named = re.search(r"(SE-|GE-)?(ResNet|ResNeXt|PyramidNet|DenseNet|EfficientNet)-(B?\d+)( 32x4d)?", recipe.row)
        if named:
            prefix, family, size, suffix = (part or "" for part in named.groups())
            family = "efficientnet_" if family == "EfficientNet" else family
            expected = f"{prefix}{family}{size}{suffix}".lower().replace("-", "_").replace(" ", "_")
            assert config.model.removesuffix("_bottleneck") == expected, recipe
        else:
            assert "--model" not in recipe.overrides, recipe
        assert config.model in MODELS


def test_rows_of_one_network_differ():
    """A forgotten override would make a row the same as another; only CutMix itself is there twice, as α = 1."""
    seen = collections.defaultdict(list)
    for recipe in RECIPES:
        seen[recipe.config, config_of(recipe)].append(recipe.row)
    assert [rows for rows in seen.values() if len(rows) > 1] == [["CutMix", "CutMix, α = 1, the best"]]


def test_the_authors_settings():
    """Yun et al. 2019, Sections 4.1.1 and 4.1.2, and the constants of their code."""
    shared = {"momentum": 0.9, "weight_decay": 1e-4, "schedule": "step", "warmup_epochs": 0, "epochs": 300}
    cifar = {"batch_size": 64, "learning_rate": 0.25, "milestones": (0.5, 0.75), "augment": "crop_flip"}
    imagenet = {"batch_size": 256, "learning_rate": 0.1, "milestones": (0.25, 0.5, 0.75), "augment": "imagenet"}
    for name, expected in {"cifar100": cifar, "cifar10": cifar, "imagenet": imagenet}.items():
        config = vars(load_config(ROOT / "configs" / f"cutmix_{name}.py"))
        expected = {**shared, **expected}
        assert {key: config[key] for key in expected} == expected
        assert (config["mix"].alpha, config["mix"].prob) == (1, 1 if name == "imagenet" else 0.5)


# Steps


def some_images(count, height, width):
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (count, height, width, 3), dtype=np.uint8), np.arange(count, dtype=np.int32) % CLASSES


def small_cifar():
    return datasets.ArraySplit(*some_images(9, 32, 32))


def small_imagenet():
    """PNG files, of which each is read where it is used."""
    return EncodedSplit(datasets.ArraySplit(*some_images(9, 80, 100)))


def load_small(name, **places):
    split = small_imagenet() if name == "imagenet2012" else small_cifar()
    names = tuple("abcdefghij"[:CLASSES])
    mean, std = datasets.FACTS[name].mean, datasets.FACTS[name].std
    return datasets.ImageSet(name, names, mean, std, {"train": split, "test": split})


def small_teacher(network, weights):
    assert network in APPLICATIONS
    inputs = keras.Input((28, 28, 3))
    x = keras.layers.Conv2D(2, 4, strides=4, activation="relu")(inputs)
    outputs = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, outputs), _source.AS_THEY_ARE


@pytest.fixture
def small_world(monkeypatch, tmp_path):
    """Sets of nine images, a teacher of one layer, and folders that go away."""
    monkeypatch.setattr(_teacher, "load_model", small_teacher)
    monkeypatch.chdir(tmp_path)


def take_a_step(config):
    """Draws a batch and trains on it; all as in a run, but for Keras computing eagerly, which saves compiling."""
    run = started(config, images=load_small(config.dataset))
    run.model.run_eagerly = True
    inputs, targets = next(iter(run.batches))
    assert isinstance(inputs, dict) == isinstance(config.mix, HiddenMixer)
    before = [weight.numpy() for weight in run.model.trainable_variables]
    loss = run.model.train_on_batch(inputs, targets)[0]
    assert np.isfinite(loss)
    changed = [np.any(weight != old) for weight, old in zip(run.model.trainable_variables, before, strict=True)]
    assert np.mean(changed) > 0.5  # some may be in a branch that was dropped
    return run


def at_small_scale(recipe, batch_size):
    more = ["--batch-size", str(batch_size)]
    return config_of(recipe, *more, *(["--image-size", "72"] if "imagenet" in recipe.config else []))


def options_of(recipe):
    """Its overrides, but for those of the network and its learning rate."""
    options = re.findall(r"--\S+(?: (?!--)\S+)*", " ".join(recipe.overrides))
    return tuple(option for option in options if not option.startswith(("--model", "--learning-rate")))


def steps():
    """A test for each combination of images and options; CutMix on CIFAR-10 as it is, is fast."""
    chosen = {(recipe.config.replace("100", "10"), options_of(recipe)): recipe for recipe in reversed(RECIPES)}
    for (config, options), recipe in chosen.items():
        marks = pytest.mark.slow if options or config != "configs/cutmix_cifar10.py" else ()
        yield pytest.param(recipe, marks=marks, id=" ".join([Path(config).stem, *options]))


@pytest.mark.parametrize("recipe", list(steps()))
def test_every_row_s_settings_take_a_step_on_a_small_network(recipe, small_world, monkeypatch):
    config = at_small_scale(recipe, batch_size=4)
    monkeypatch.setitem(MODELS, config.model, narrow(MODELS[config.model]))
    run = take_a_step(config)
    kinds = {type(layer).__name__ for layer in getattr(run.model, "base", run.model).layers}
    assert (type(config.regularizer).__name__.removeprefix("With") in kinds) == (config.regularizer is not None)


def networks():
    """The name of each network, with a row that trains it; read from the words, since parsing all takes seconds."""
    for recipe in RECIPES:
        given = re.search(r"--model (\S+)", " ".join(recipe.overrides))
        yield given[1] if given else runpy.run_path(str(ROOT / recipe.config))["config"].model, recipe


NETWORKS = dict(networks())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_row_s_network_takes_a_step(name, small_world):
    run = take_a_step(at_small_scale(NETWORKS[name], batch_size=2))
    assert run.model.name == name
    keras.backend.clear_session()


# The list


def first_line(file):
    return ast.get_docstring(ast.parse(file.read_text())).partition("\n")[0]


def test_the_list_names_all_there_is(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train_keras.py", "--list"])
    runpy.run_path(str(ROOT / "train_keras.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    described = dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in lines if line.startswith("  "))
    configs = [file.stem for file in (ROOT / "configs").glob("*.py")]
    assert {*MIXERS, *REGULARIZERS, *MODELS, *APPLICATIONS, *configs, "shapes", "folder:PATH"} <= set(described)
    assert described["CutMix"].startswith("Pastes a box of each image's partner into it")
    assert described["shapes_resnet20"] == first_line(ROOT / "configs" / "shapes_resnet20.py")
    assert all(text and len(name) + len(text) < 160 for name, text in described.items())
