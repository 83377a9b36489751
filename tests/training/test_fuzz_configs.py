"""Random settings, texts, JSON and command lines: either a config that can be written and read, or an error of ours."""

import contextlib
import dataclasses
import io
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from helpers.errors import refusal
from helpers.narrow_models import narrow
from helpers.started import started
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from cutmix_tf import mixing, runs, training
from cutmix_tf.cli._config import load_config, read_config
from cutmix_tf.mixing import MIXERS
from cutmix_tf.models import MODELS, REGULARIZERS
from cutmix_tf.runs import config_to_json, to_text
from cutmix_tf.training._as_text import regularizer_from_text, teacher_from_text

EXAMPLES = int(os.environ.get("CUTMIX_FUZZ_EXAMPLES", "200"))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
FIELDS = {field.name: field for field in dataclasses.fields(training.TrainConfig)}
BASE = {"dataset": "shapes", "model": "resnet20", "epochs": 2}


def config_from_json(settings):
    return runs.config_from_json(training.TrainConfig, settings)


def fuzzed(examples, *strategies):
    """Derandomized in the ordinary suite, and different each time in a long run."""
    options = settings(max_examples=examples, deadline=None, suppress_health_check=SLOW, derandomize=EXAMPLES < 1000)
    return lambda test: options(given(*strategies)(test))


# Values

number = some.one_of(some.integers(-2, 40), some.floats(), some.sampled_from([10**400, 2**31, 1e300, -0.0, True]))
word = some.one_of(some.text(max_size=6), some.sampled_from(["none", "CutMix", "auto", "step", "2", "imagenet", "\0"]))
methods = ["CutMix", "CutMix(prob=0.5)", "OneOf([CutMix(), MixUp(0.2)])", "AttentiveCutMix", "Cutout(size=8, fill=0.5)"]
methods += ["ManifoldMixUp(taps=(0, 1))", "OneHotTarget(CutMix())", "OneOf", "MixUp(alpha=-1)", "WithShakeDrop"]
methods += ["Teacher('resnet50', grid=(7, 7))", "WithDropBlock(block_size=4)", "RandomErasing(fill='noise')"]
text = some.one_of(some.sampled_from(methods), word)
json_value = some.recursive(
    some.one_of(some.none(), number, text),
    lambda inner: some.one_of(
        some.lists(inner, max_size=4), some.dictionaries(some.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=8,
)
GOOD = {
    "dataset": some.sampled_from(["shapes", "cifar10", "folder:pictures"]),
    "model": some.sampled_from(sorted(MODELS)),
    "epochs": some.integers(1, 300),
    "mix": some.sampled_from([*methods[:3], "ManifoldMixUp(taps=(0, 1))", "none"]),
    "erase": some.sampled_from(["none", "Cutout(size=8, fill=0.5)", "RandomErasing(fill='noise')"]),
    "regularizer": some.sampled_from(["none", "WithDropBlock(block_size=4)", "WithShakeDrop"]),
    "batch_size": some.integers(1, 512),
    "augment": some.sampled_from(["none", "flip", "crop_flip", "imagenet"]),
    "auto_augment": some.sampled_from(["none", "cifar10", "imagenet"]),
    "image_size": some.one_of(some.none(), some.integers(1, 600)),
    "learning_rate": some.floats(1e-6, 10),
    "momentum": some.floats(0, 1),
    "weight_decay": some.floats(0, 1),
    "clip_norm": some.one_of(some.none(), some.floats(1e-3, 10)),
    "ema": some.one_of(some.none(), some.floats(0, 0.9999)),
    "schedule": some.sampled_from(["step", "cosine", "constant"]),
    "milestones": some.lists(some.floats(0, 1), max_size=3).map(sorted),
    "label_smoothing": some.floats(0, 1),
    "loss": some.sampled_from(["crossentropy", "binary_crossentropy"]),
    "stem": some.sampled_from(["auto", "cifar", "imagenet"]),
    "last_stride": some.sampled_from([1, 2]),
    "sync_batch_norm": some.booleans(),
    "precision": some.sampled_from(["float32", "mixed_bfloat16", "mixed_float16"]),
    "seed": some.integers(0, 2**31 - 1),
    "download": some.booleans(),
}
good_settings = some.fixed_dictionaries(
    {name: GOOD[name] for name in BASE}, optional={name: GOOD[name] for name in GOOD if name not in BASE}
)
some_settings = some.builds(
    lambda good, bad: {**good, **bad},
    good_settings,
    some.dictionaries(some.one_of(some.sampled_from(sorted(FIELDS)), word), json_value, min_size=1, max_size=2),
)


def check(config):
    """Its values have the types that their fields have, and it is the same when written and read."""
    for name, field in FIELDS.items():
        value = getattr(config, name)
        if isinstance(field.default, bool):
            assert isinstance(value, bool), name
        elif name.endswith("_dir") or name == "attention_cache":
            assert value is None or isinstance(value, str), name
        elif name in ("mix", "erase"):
            assert value is None or isinstance(value, mixing.Planner), name
    assert config_from_json(config_to_json(config)) == config


@fuzzed(EXAMPLES, good_settings)
def test_good_settings_are_taken(settings):
    check(config_from_json(settings))


@fuzzed(EXAMPLES, some.one_of(some_settings, json_value))
def test_any_json_is_a_config_or_refused(settings):
    made = []
    if refusal(lambda: made.append(config_from_json(settings))) is None:
        check(made[0])


@fuzzed(EXAMPLES, some.sampled_from(sorted(FIELDS)), json_value)
def test_any_value_of_a_setting_is_taken_or_refused(name, value):
    made = []
    if refusal(lambda: made.append(training.TrainConfig(**{**BASE, name: value}))) is None:
        check(made[0])


SMALL = ["resnet20", "resnet110_bottleneck", "resnet18", "ge_resnet50", "pyramidnet110"]
RUNS = {"dataset": some.just("shapes"), "model": some.sampled_from(SMALL), "epochs": some.integers(1, 3)}
RUNS |= {"erase": some.sampled_from(["none", "Cutout(size=8, fill=7)", "RandomErasing(fill='noise')"])}
RUNS |= {"image_size": some.one_of(some.none(), some.integers(1, 48)), "batch_size": some.integers(1, 4)}


@pytest.mark.slow
@fuzzed(12, some.fixed_dictionaries({name: RUNS.get(name, GOOD[name]) for name in GOOD}))
def test_good_settings_make_a_run_that_trains_or_is_refused(settings):
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setitem(MODELS, settings["model"], narrow(MODELS[settings["model"]]))
        config, made = config_from_json({**settings, "run_dir": folder}), []
        if refusal(lambda: made.append(started(config))) is None:
            made[0].model.run_eagerly = True
            inputs, targets = next(iter(made[0].batches))
            assert np.isfinite(made[0].model.train_on_batch(inputs, targets)[0])


# Texts

READ = {
    training.mixer_from_text: MIXERS,
    regularizer_from_text: REGULARIZERS,
    teacher_from_text: {"Teacher": None},
}
nested = some.integers(0, 300).map(lambda depth: "OneOf([" * depth + "CutMix()" + "])" * depth)
signs = some.builds(
    lambda sign, times: sign * times + "1", some.sampled_from(["-", "(", "[", "{", "not "]), some.integers(0, 3000)
)
argument = some.one_of(
    some.sampled_from(
        ["alpha=1", "prob=", "1, 2", "x", "*[1]", "**{}", "alpha=1, alpha=2", "{[]}", "{{}: 1}", "f'{1}'"]
    ),
    json_value.map(lambda value: f"alpha={value!r}"),
    some.sampled_from(
        ["sides=3", "fill=()", "taps=[[1]]", "mixers=5", "[CutMix]", "per=[1]", "1, alpha=2", "lambda: 0"]
    ),
    nested,
    signs,
)
call = some.builds(
    "{}({})".format, some.sampled_from([*MIXERS, *REGULARIZERS, "Teacher", "cutmix", "CutMix."]), argument
)
texts = some.one_of(text, call, nested, signs, some.text(), some.sampled_from(["\ud800", "", "CutMix(", "a:=1", "\0"]))


@fuzzed(EXAMPLES, some.sampled_from(sorted(READ, key=lambda read: read.__name__)), texts)
def test_any_text_is_a_value_or_refused(read, words):
    made = []
    if refusal(lambda: made.append(read(words))) is None:
        assert read(to_text(made[0])) == made[0]


# Command lines

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.py"))
options = some.one_of(
    some.sampled_from(sorted(FIELDS)).map(lambda name: "--" + name.replace("_", "-")),
    some.sampled_from(["--no-download", "--no-sync-batch-norm", "--nonsense", "--epoch", "-x", "--", "extra"]),
)
values = some.one_of(some.integers(-3, 300).map(str), some.floats().map(str), text, some.just("1" + "0" * 400))
words = some.lists(some.tuples(options, some.lists(values.filter(lambda v: v not in ("-h", "--help")), max_size=2)))


@pytest.mark.slow
@fuzzed(EXAMPLES // 4, some.sampled_from(CONFIGS), words)
def test_any_command_line_is_a_config_or_ends_with_code_2(file, words):
    made, printed = [], io.StringIO()
    command = [str(file), *(word for option, values in words for word in (option, *values))]
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            error = refusal(lambda: made.append(read_config(command, "cutmix-tf train")))
        except SystemExit as end:
            error = end
    if isinstance(error, SystemExit):
        assert error.code == 2
        assert printed.getvalue().strip()
    elif error is None:
        check(made[0])


@pytest.mark.parametrize("path", ["", "nothing.py", "configs", "a\0b", "x" * 5000, "~", "/dev/null"])
def test_what_is_no_config_file_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("configs").mkdir()
    with pytest.raises((FileNotFoundError, ValueError, OSError)):
        load_config(path)


@pytest.mark.parametrize(
    "line", ["", "config = 5", "config = TrainConfig", "config = TrainConfig(dataset='a', model='b', epoch=3)"]
)
def test_a_file_without_a_config_is_refused(line, tmp_path):
    file = tmp_path / "c.py"
    file.write_text(f"from cutmix_tf.training import TrainConfig\n{line}\n")
    assert refusal(lambda: load_config(file)) is not None
