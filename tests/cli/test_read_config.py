"""From a command line to a config: files, overrides of every setting, and the folder of the run."""

import dataclasses
from pathlib import Path

import pytest

import cutmix_tf as cm
from cutmix_tf.attention import Teacher
from cutmix_tf.cli._config import LONGEST_NAME, load_config, read_config
from cutmix_tf.models import WithDropBlock
from cutmix_tf.training import TrainConfig

ROOT = Path(__file__).parents[2]
HEADER = "from cutmix_tf import *\nfrom cutmix_tf.training import TrainConfig\n"
PLAIN = "config = TrainConfig(dataset='shapes', model='resnet20', epochs=4)"


@pytest.fixture
def write(tmp_path):
    """Writes a config file."""

    def write(text=PLAIN, name="mine.py"):
        (tmp_path / name).write_text(HEADER + text)
        return str(tmp_path / name)

    return write


def read(*words):
    return read_config([str(word) for word in words], "cutmix-tf train")


# ---- files ----


def test_configs_of_the_repository_load():
    for path in sorted((ROOT / "configs").glob("*.py")):
        assert isinstance(load_config(path), TrainConfig), path
        assert f"configs/{path.name}" in path.read_text(), path


REFUSED = {
    "unknown setting": (
        "config = TrainConfig(dataset='shapes', model='resnet20', epochs=1, learning_rat=1)", TypeError,
        r"sets 'learning_rat', which TrainConfig does not have. Did you mean 'learning_rate'",
    ),
    "no config": ("settings = 3", ValueError, "must define `config = TrainConfig"),
    "something else": ("config = 5", ValueError, r"must define `config = TrainConfig\(...\)`; got 5"),
    "the type": ("config = TrainConfig", ValueError, "must define"),
    "an error of its own": ("config = TrainConfig(**{}[3])", KeyError, "3"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_files_that_are_no_configs_are_refused(write, text, error, message):
    with pytest.raises(error, match=message):
        load_config(write(text))


def test_the_nearest_file_is_named(write, tmp_path):
    write()
    with pytest.raises(FileNotFoundError, match=r"There is no config .*mime\.py', neither .*Did you mean 'mine\.py'"):
        load_config(tmp_path / "mime.py")


# ---- overrides ----

OVERRIDES = {
    "dataset": ("folder:images", "folder:images"),
    "train_split": ("train[:10%]", "train[:10%]"),
    "validation_split": ("train[90%:]", "train[90%:]"),
    "test_split": ("validation", "validation"),
    "classes": ("0 25", (0, 25)),
    "image_size": ("64", 64),
    "bad_examples": ("skip", "skip"),
    "data_dir": ("there", "there"),
    "data_service": ("grpc://localhost:5050", "grpc://localhost:5050"),
    "download": (None, True),
    "augment": ("imagenet", "imagenet"),
    "auto_augment": ("cifar10", "cifar10"),
    "erase": ("Cutout(size=4)", cm.Cutout(size=4)),
    "mix": ("CutMix(prob=0.5)", cm.CutMix(prob=0.5)),
    "recipe": ("deit", "deit"),
    "mix_schedule": ("0 1 0.9 1 0.9 0", ((0.0, 1.0), (0.9, 1.0), (0.9, 0.0))),
    "teacher": ("vgg16", Teacher("vgg16")),
    "attention": ("live", "live"),
    "attention_cache": ("maps.npz", "maps.npz"),
    "model": ("wrn16_2", "wrn16_2"),
    "stem": ("cifar", "cifar"),
    "last_stride": ("1", 1),
    "regularizer": ("WithDropBlock(block_size=3)", WithDropBlock(block_size=3)),
    "drop_schedule": ("linear", "linear"),
    "sync_batch_norm": (None, False),
    "precision": ("mixed_bfloat16", "mixed_bfloat16"),
    "epochs": ("7", 7),
    "batch_size": ("32", 32),
    "learning_rate": ("0.5", 0.5),
    "schedule": ("cosine", "cosine"),
    "milestones": ("0.25 0.5", (0.25, 0.5)),
    "warmup_epochs": ("1.5", 1.5),
    "optimizer": ("adamw", "adamw"),
    "momentum": ("0.5", 0.5),
    "weight_decay": ("0.001", 0.001),
    "clip_norm": ("1.5", 1.5),
    "ema": ("0.999", 0.999),
    "loss": ("binary_crossentropy", "binary_crossentropy"),
    "target_threshold": ("0.2", 0.2),
    "label_smoothing": ("0.1", 0.1),
    "seed": ("3", 3),
    "run_dir": ("runs/x", "runs/x"),
    "evaluate_every": ("5", 5),
    "strategy": ("mirrored:2", "mirrored:2"),
    "static_shapes": (None, True),
    "checkpoint_minutes": ("2.5", 2.5),
    "checkpoint_steps": ("100", 100),
    "checkpoints_kept": ("5", 5),
}
TOGETHER = {
    "target_threshold": "loss='binary_crossentropy'",
    "mix_schedule": "mix=CutMix()",
    "teacher": "mix=AttentiveCutMix()",
    "drop_schedule": "regularizer=models.WithDropBlock()",
}
"""What the config file sets so that the override is taken."""


def test_every_setting_is_an_option():
    assert set(OVERRIDES) == {field.name for field in dataclasses.fields(TrainConfig)}


@pytest.mark.parametrize("name", OVERRIDES)
def test_an_override_changes_its_setting_and_no_other(write, name):
    text, value = OVERRIDES[name]
    if name == "teacher":
        file, others = write(), ["--mix", "AttentiveCutMix"]
    else:
        file, others = write(PLAIN.replace(")", f", {TOGETHER[name]})") if name in TOGETHER else PLAIN), []
    option = f"--{'no-' if value is False else ''}{name.replace('_', '-')}"
    config = read(file, "--run-dir", "runs/y", *others, option, *(text or "").split())
    changed = {"teacher": {"mix": cm.AttentiveCutMix()}, "recipe": cm.recipes.deit().settings}.get(name, {})
    expected = {**vars(load_config(file)), "run_dir": "runs/y", **changed, name: value}
    assert vars(config) == expected


# ---- the folder ----


def test_a_run_is_named_after_its_config_and_what_is_changed_in_it(write):
    file = write()
    assert read(file).run_dir == "runs/mine"
    assert read(file, "--seed", 1).run_dir == "runs/mine_seed=1"
    assert read(file, "--mix", "MixUp(alpha=0.2)", "--seed", 2).run_dir == (
        "runs/mine_mix=MixUp-alpha=0.2-prob=1.0-per=example_seed=2"
    )
    assert read(file, "--dataset", "folder:my images").run_dir == "runs/mine_dataset=folder-myimages"


def test_overrides_that_change_nothing_or_only_places_keep_the_name(write):
    file = write()
    assert read(file, "--epochs", 4).run_dir == "runs/mine"
    assert read(file, "--data-dir", "there", "--checkpoint-steps", 5, "--download").run_dir == "runs/mine"


def test_a_given_folder_is_taken_from_the_command_line_or_the_config(write):
    assert read(write(), "--run-dir", "elsewhere", "--seed", 1).run_dir == "elsewhere"
    assert read(write(PLAIN.replace(")", ", run_dir='home')")), "--seed", 1).run_dir == "home"


def test_long_names_are_shortened_and_stay_different(write):
    file = write()
    long = [f"OneOf([{', '.join(['CutMix()'] * 8)}, MixUp({alpha})])" for alpha in (0.1, 0.2)]
    names = [Path(read(file, "--mix", mix).run_dir).name for mix in long]
    assert names[0] != names[1]
    assert all(len(name) <= len("mine") + LONGEST_NAME for name in names)


@pytest.mark.parametrize("words", [[], ["--epochs", "3"]])
def test_a_config_file_comes_first(words):
    with pytest.raises(ValueError, match="The first argument must be a config"):
        read(*words)
