"""Runs from config to folder, on small made-up sets: what is written, resumed and refused."""

import csv
import dataclasses
import json
import subprocess
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf import datasets, training
from cutmix_tf.attention import Teacher
from cutmix_tf.training import TrainConfig, _as_text, _optimizer, _train
from cutmix_tf.training._callbacks import RunRecorder
from cutmix_tf.runs._checkpoints import Progress

ROOT = Path(__file__).parents[1]
CLASSES = 10


@pytest.fixture
def small_set(monkeypatch):
    """The catalogue's sets replaced by 60 and 30 noisy pictures of one color a class."""

    def split(count, seed):
        draw = np.random.default_rng(seed)
        labels = np.arange(count, dtype=np.int32) % CLASSES
        images = labels[:, None, None, None] * 20 + draw.integers(0, 30, (count, 8, 8, 3))
        return datasets.ArraySplit(images.astype(np.uint8), labels)

    splits = {"train": split(60, 1), "test": split(30, 2)}
    small = datasets.ImageSet("small", tuple("abcdefghij"), (110.0,) * 3, (60.0,) * 3, splits)
    monkeypatch.setattr(datasets, "load", lambda name, **places: small)
    return small


def small_model():
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 3, use_bias=False, name="conv")(inputs)
    synchronized = keras.backend.backend() == "tensorflow"
    x = keras.layers.BatchNormalization(synchronized=synchronized, momentum=0.9)(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    return keras.Model(inputs, keras.layers.Dense(CLASSES)(x), name="small")


def config(folder, **changes):
    settings = {"dataset": "small", "model": "small", "epochs": 3, "batch_size": 16, "learning_rate": 0.05}
    settings |= {"mix": cm.CutMix(prob=0.5), "augment": "flip", "run_dir": str(folder)}
    return TrainConfig(**{**settings, **changes})


def train(config):
    keras.utils.set_random_seed(config.seed)
    return training.train(config, model=small_model)


def rows_of(folder):
    with (folder / "history.csv").open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def weights_of(folder):
    return keras.saving.load_model(folder / "final.keras").get_weights()


def test_a_run_fills_its_folder(small_set, tmp_path):
    summary = train(config(tmp_path / "run"))
    files = {path.name for path in (tmp_path / "run").iterdir()}
    assert files == {
        "config.json", "history.csv", "tensorboard", "checkpoints", "final.keras", "best.keras", "curves.png",
        "mixes.png", "preprocessing.json", "data.json", "summary.json",
    }  # fmt: skip
    assert json.loads((tmp_path / "run" / "summary.json").read_text()) == summary
    rows = rows_of(tmp_path / "run")
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert summary["top1_error_last"] == rows[-1]["test_top1_error"]
    assert summary["top1_error_best"] == min(row["test_top1_error"] for row in rows)
    promised = "dataset model mix seed epochs top1_error_last top1_error_best top5_error_last"
    assert set(promised.split()) | {"train_images_per_second", "params"} <= summary.keys()


def test_saved_networks_need_no_code_of_ours_and_score_as_reported(small_set, tmp_path):
    summary = train(config(tmp_path / "run"))
    images = (small_set.test.images - np.float32(110)) / 60
    for name, error in (("final", summary["top1_error_last"]), ("best", summary["top1_error_best"])):
        code = f"import keras, numpy; print(keras.saving.load_model({str(tmp_path / 'run' / f'{name}.keras')!r}).name)"
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        logits = keras.saving.load_model(tmp_path / "run" / f"{name}.keras").predict(images, verbose=0)
        np.testing.assert_allclose(100 * (logits.argmax(1) != small_set.test.labels).mean(), error, atol=1e-4)


def test_the_same_config_gives_the_same_bits(small_set, tmp_path):
    train(config(tmp_path / "one"))
    train(config(tmp_path / "two"))
    assert rows_of(tmp_path / "one") == rows_of(tmp_path / "two")
    for one, two in zip(weights_of(tmp_path / "one"), weights_of(tmp_path / "two"), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_finished_run_is_not_trained_again(small_set, tmp_path, capsys):
    summary = train(config(tmp_path / "run"))
    assert train(config(tmp_path / "run")) == summary
    assert "finished" in capsys.readouterr().out


def test_two_replicas_train_alike(small_set, tmp_path):
    train(config(tmp_path / "one", epochs=2))
    train(config(tmp_path / "two", epochs=2, strategy="mirrored:2"))
    for one, two in zip(rows_of(tmp_path / "one"), rows_of(tmp_path / "two"), strict=True):
        for name in ("train_loss", "test_loss"):
            np.testing.assert_allclose(one[name], two[name], rtol=1e-4)


@pytest.mark.parametrize("mix", [None, cm.MixUp(), cm.Cutout(size=4), cm.OneOf([cm.CutMix(), cm.MixUp()])], ids=repr)
def test_every_kind_of_mixing_trains(small_set, tmp_path, mix):
    assert np.isfinite(train(config(tmp_path / "run", mix=mix, epochs=1))["top1_error_last"])


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_named_model_trains_in_mixed_precision(small_set, tmp_path, precision):
    summary = training.train(config(tmp_path / "run", model="resnet20", epochs=1, precision=precision))
    assert summary["params"] == 272_474
    assert keras.config.dtype_policy().name == "float32"


def test_a_held_folder_is_refused_for_another_config(small_set, tmp_path):
    train(config(tmp_path / "run", epochs=1))
    with pytest.raises(FileExistsError, match="seed is 0 there, 1 here"):
        train(config(tmp_path / "run", epochs=1, seed=1))


def test_a_folder_of_something_else_is_refused(small_set, tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(FileExistsError, match=r"letters\.txt but no run"):
        train(config(tmp_path))


def test_a_folder_that_cannot_be_is_refused(small_set, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="can't be written"):
        train(config(tmp_path / "file" / "run"))


def test_a_model_of_other_classes_is_refused(small_set, tmp_path):
    with pytest.raises(ValueError, match=r"has 10 classes, so the model must return logits \(batch, 10\)"):
        training.train(
            config(tmp_path / "run"), model=keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
        )
    assert not (tmp_path / "run" / "history.csv").exists()


BAD_SETTINGS = {
    "unknown key": (dict(optimizer="sgd"), TypeError, "unexpected keyword"),
    "epochs of text": (dict(epochs="3"), TypeError, "epochs must be a whole number"),
    "no epochs": (dict(epochs=0), ValueError, "epochs must be at least 1"),
    "mix by name": (dict(mix="CutMix"), TypeError, "mix must be a mixer"),
    "unknown augmentation": (dict(augment="crop-flip"), ValueError, "Did you mean 'crop_flip'"),
    "unknown schedule": (dict(schedule="cosin"), ValueError, "Did you mean 'cosine'"),
    "unknown precision": (dict(precision="bf16"), ValueError, "precision must be one of"),
    "falling milestones": (dict(milestones=(0.75, 0.5)), ValueError, "must rise"),
    "late milestone": (dict(milestones=(1.5,)), ValueError, "each milestone"),
    "negative decay": (dict(weight_decay=-1.0), ValueError, "weight_decay"),
    "rate of 0": (dict(learning_rate=0.0), ValueError, "learning_rate must be above 0"),
    "long warm-up": (dict(warmup_epochs=9), ValueError, "warmup_epochs"),
}


@pytest.mark.parametrize(("changes", "error", "message"), BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_bad_settings_are_refused(tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        config(tmp_path, **changes)


REFUSED_RUNS = {
    "unknown model": (dict(model="resnet21"), ValueError, "Did you mean 'resnet"),
    "unknown strategy": (dict(strategy="miror:2"), ValueError, "strategy must be"),
    "unknown dataset": (dict(dataset="cifar11"), ValueError, "Did you mean 'cifar1"),
}


@pytest.mark.parametrize(("changes", "error", "message"), REFUSED_RUNS.values(), ids=REFUSED_RUNS)
def test_runs_are_refused_before_the_first_step(tmp_path, changes, error, message):
    settings = {"dataset": "shapes", "model": "resnet20", "epochs": 1, "run_dir": str(tmp_path / "run")}
    with pytest.raises(error, match=message):
        training.train(TrainConfig(**{**settings, **changes}))


# From files and command lines


def test_configs_of_the_repository_load():
    for path in sorted((ROOT / "configs").glob("*.py")):
        assert isinstance(training.load_config(path), TrainConfig), path
        assert f"Run     python train_keras.py configs/{path.name}" in path.read_text(), path


def test_overrides_reach_the_config():
    words = ["configs/shapes_resnet20_cutmix.py", "--epochs", "2", "--mix", "MixUp(alpha=0.2)", "--seed", "7"]
    read = training.read_command_line([str(ROOT / words[0]), *words[1:]])
    assert (read.epochs, read.mix, read.seed) == (2, cm.MixUp(alpha=0.2), 7)
    assert read.run_dir == str(Path("runs") / "shapes_resnet20_cutmix")
    assert read.schedule == "cosine"


def write(tmp_path, text):
    path = tmp_path / "mine.py"
    path.write_text(f"from cutmix_tf.training import TrainConfig\n{text}\n")
    return path


def test_files_that_are_no_configs_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"sets 'learning_rat', .* Did you mean 'learning_rate'"):
        training.load_config(write(tmp_path, "config = TrainConfig('shapes', 'resnet20', 1, learning_rat=1)"))
    with pytest.raises(ValueError, match="must define `config"):
        training.load_config(write(tmp_path, "settings = 3"))
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'mine\.py'"):
        training.load_config(tmp_path / "mime.py")


def test_command_line_speaks_plainly(tmp_path):
    def run(*words):
        return subprocess.run([sys.executable, "train_keras.py", *words], cwd=ROOT, capture_output=True, text=True)

    path = str(write(tmp_path, "config = TrainConfig('shapes', 'resnet20', 1)"))
    unknown = run(path, "--learning-rat", "1")
    assert unknown.returncode == 2
    assert "--learning-rate" in unknown.stderr
    method = run(path, "--mix", "CutMx")
    assert method.returncode != 0
    assert "CutMix" in method.stderr
    missing = run("configs/shapes_resnet20_cutmx.py")
    assert missing.returncode == 1
    assert "Did you mean 'shapes_resnet20_cutmix.py'" in missing.stderr
    assert "Traceback" not in unknown.stderr + method.stderr + missing.stderr


MIXERS = [
    None,
    cm.CutMix(alpha=0.2, prob=0.5),
    cm.OneOf([cm.CutMix(), cm.MixUp()], weights=(2, 1)),
    cm.Cutout(fill=(1, 2, 3)),
]


@pytest.mark.parametrize("mixer", MIXERS, ids=repr)
def test_mixers_come_back_from_text(mixer):
    assert _as_text.mixer_from_text(_as_text.to_text(mixer)) == mixer


@pytest.mark.parametrize("teacher", [None, Teacher("runs/x"), Teacher("vgg16", reading="cam", grid=(4, 5))], ids=repr)
def test_teachers_come_back_from_text(teacher):
    assert _as_text.teacher_from_text(_as_text.to_text(teacher)) == teacher


def test_a_bare_name_or_path_is_a_teacher():
    assert _as_text.teacher_from_text(" runs/mine/final.keras ") == Teacher("runs/mine/final.keras")
    with pytest.raises(ValueError, match="Did you mean 'layer'"):
        _as_text.teacher_from_text("Teacher('vgg16', layr='x')")


BAD_TEXTS = {
    "CutMx": "Did you mean 'CutMix'",
    "CutMix(alfa=1)": "Did you mean 'alpha'",
    "CutMix(": "A mixing method reads like",
    "7": "A mixing method reads like",
    "CutMix(alpha=-1)": "alpha must be above 0",
    "CutMix(1, 1, 'batch', 4)": "has 3 settings",
    "CutMix(alpha=open('x'))": "no mixing method called 'open'",
    "CutMix(alpha=1+x)": "neither a number nor a mixing method",
}


@pytest.mark.parametrize(("text", "message"), BAD_TEXTS.items(), ids=BAD_TEXTS)
def test_bad_mixer_texts_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        _as_text.mixer_from_text(text)


# Everything that a config can ask for


def residual_model():
    return cm.models.build("resnet20", num_classes=CLASSES, input_shape=(8, 8, 3))


ASKED = {
    "features": {"mix": cm.FeatureCutMix(taps=(0, 1, 2))},
    "features, erased before": {"mix": cm.ManifoldMixUp(taps=(0, 1)), "erase": cm.Cutout(size=3)},
    "scheduled": {"mix": cm.CutMix(), "mix_schedule": ((0, 0), (1, 1))},
    "features, scheduled": {"mix": cm.FeatureCutMix(taps=(1,)), "mix_schedule": ((0, 1), (0.5, 0))},
    "AutoAugment": {"auto_augment": "cifar10"},
    "label smoothing": {"label_smoothing": 0.1},
}


@pytest.mark.parametrize("changes", ASKED.values(), ids=ASKED)
def test_a_config_s_wishes_reach_the_training(small_set, tmp_path, changes):
    settings = config(tmp_path / "run", epochs=1, **changes)
    keras.utils.set_random_seed(0)
    summary = training.train(settings, model=residual_model)
    assert np.isfinite(summary["top1_error_last"])
    network = keras.saving.load_model(tmp_path / "run" / "final.keras")
    assert network.output_shape == (None, CLASSES)
    assert (tmp_path / "run" / "mixes.png").exists() == (not isinstance(settings.mix, cm.mixing.HiddenMixer))


REGULARIZERS = {
    "DropBlock": {"regularizer": cm.models.WithDropBlock(block_size=2), "drop_schedule": "linear"},
    "StochasticDepth": {"regularizer": cm.models.WithStochasticDepth()},
    "ShakeDrop": {"regularizer": cm.models.WithShakeDrop()},
}


@pytest.mark.parametrize("changes", REGULARIZERS.values(), ids=REGULARIZERS)
def test_regularizers_reach_the_network(small_set, tmp_path, changes):
    run = training.Run(config(tmp_path / "run", model="resnet20", epochs=1, **changes))
    kind = next(iter(changes.values()))
    assert any(type(layer).__name__ == type(kind).__name__.removeprefix("With") for layer in run.model.layers)
    assert np.isfinite(run.fit()["top1_error_last"])
    assert _as_text.regularizer_from_text(_as_text.to_text(kind)) == kind


def test_a_schedule_of_mixing_is_followed_step_by_step(small_set, tmp_path):
    """Two epochs of four steps: no mixing in the first, then all."""
    run = training.Run(
        config(tmp_path / "run", mix=cm.MixUp(), epochs=2, mix_schedule=((0.5, 0), (0.5, 1))), model=small_model
    )
    mixed = [float(np.mean(targets[:, 1, 1] > 0)) for _, targets in run.train_batches().take(8)]
    assert mixed[:4] == [0, 0, 0, 0]
    assert min(mixed[4:]) > 0.9


def test_lines_through_points():
    line = cm.mixing.MixSchedule(((0.0, 0.2), (0.5, 0.2), (0.5, 1.0), (1.0, 0.0)), 100)
    strengths = [float(line(step)) for step in (0, 49, 50, 75, 99, 150)]
    np.testing.assert_allclose(strengths, [0.2, 0.2, 1.0, 0.5, 0.02, 0], atol=1e-9)


BAD_WISHES = [
    ({"erase": cm.CutMix()}, ValueError, "erase must keep labels"),
    ({"mix": None, "mix_schedule": ((0, 1),)}, ValueError, "mix_schedule scales a mixer"),
    ({"mix_schedule": ((0.5, 1), (0.2, 1))}, ValueError, "must rise"),
    ({"mix_schedule": ((0, 2),)}, ValueError, "each strength must be"),
    ({"regularizer": "DropBlock"}, TypeError, "regularizer must be such as"),
    ({"drop_schedule": "linear"}, ValueError, "drop_schedule is for WithDropBlock"),
    ({"auto_augment": "cifar"}, ValueError, "Did you mean 'cifar10'"),
]


@pytest.mark.parametrize(("changes", "error", "message"), BAD_WISHES, ids=[row[2] for row in BAD_WISHES])
def test_wishes_that_contradict_are_refused(tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        config(tmp_path, **changes)


# Attention


@pytest.mark.parametrize("attention", ["cache", "live"])
def test_a_run_teaches_the_next_one(small_set, tmp_path, attention):
    """The first run's network is the second's teacher; its maps are cached, or made as training goes."""
    train(config(tmp_path / "teacher", epochs=1))
    settings = {"mix": cm.AttentiveCutMix(), "teacher": Teacher(str(tmp_path / "teacher")), "attention": attention}
    settings["attention_cache"] = str(tmp_path / "maps.npz")
    summary = train(config(tmp_path / "run", epochs=1, **settings))
    assert summary["mix"].startswith("AttentiveCutMix(top_n=6")
    assert (tmp_path / "maps.npz").exists() == (attention == "cache")
    again = train(config(tmp_path / "again", epochs=1, **settings))
    assert again["top1_error_last"] == summary["top1_error_last"]
    for weight, other in zip(weights_of(tmp_path / "run"), weights_of(tmp_path / "again"), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_a_teacher_of_a_run_sees_what_the_run_saw(small_set, tmp_path):
    train(config(tmp_path / "run", epochs=1))
    network = keras.saving.load_model(tmp_path / "run" / "final.keras")
    last = keras.Model(network.inputs[0], network.layers[-3].output)
    normalized = (small_set.test.images - np.float32(110)) / np.float32(60)
    expected = np.mean(last(normalized, training=False), axis=3)
    maps = Teacher(str(tmp_path / "run"), grid=None).maps(small_set.test.images)
    np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-6)


BAD_TEACHING = [
    ({"mix": cm.AttentiveCutMix()}, "needs a teacher"),
    ({"teacher": Teacher("vgg16")}, "A teacher guides AttentiveCutMix"),
    ({"mix": cm.OneOf([cm.CutMix(), cm.AttentiveCutMix()])}, "needs a teacher"),
    ({"mix": cm.AttentiveCutMix(), "teacher": Teacher("vgg16"), "attention": "dead"}, "attention must be one of"),
]


@pytest.mark.parametrize(("changes", "message"), BAD_TEACHING, ids=str)
def test_mixers_and_teachers_belong_together(changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        config(tmp_path, **changes)


def test_a_config_holds_no_model(tmp_path):
    with pytest.raises(TypeError, match="names its teacher"):
        config(tmp_path, mix=cm.AttentiveCutMix(), teacher=Teacher(small_model()))


# The optimizer


def test_decay_is_part_of_the_gradient():
    """Against the update rule of the official code, by hand, with a constant learning rate."""
    rate, momentum, decay = 0.1, 0.9, 0.01
    variable = keras.Variable([1.0, -2.0])
    optimizer = _optimizer.CoupledSGD(l2=decay, learning_rate=rate, momentum=momentum, nesterov=True)
    weight, velocity = np.array([1.0, -2.0]), np.zeros(2)
    for step in range(5):
        gradient = np.array([0.5, 0.25 * step])
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [variable])
        total = gradient + decay * weight
        velocity = momentum * velocity + total
        weight = weight - rate * (total + momentum * velocity)
    np.testing.assert_allclose(variable, weight, rtol=1e-6)


RATES = {
    "step": (dict(schedule="step", milestones=(0.5, 0.75)), {0: 1, 49: 1, 50: 0.1, 74: 0.1, 75: 0.01, 99: 0.01}),
    "cosine": (dict(schedule="cosine"), {0: 1, 50: 0.5, 100: 0}),
    "constant": (dict(schedule="constant"), {0: 1, 99: 1}),
    "warm-up": (dict(schedule="step", milestones=(0.5,), warmup_steps=4), {0: 0.25, 3: 1, 4: 1, 50: 0.1}),
    "warm-up to a cosine": (dict(schedule="cosine", warmup_steps=20), {0: 0.05, 20: 1, 60: 0.5}),
}


@pytest.mark.parametrize(("settings", "expected"), RATES.values(), ids=RATES)
def test_learning_rates_by_hand(settings, expected):
    rate = _optimizer.LearningRate(peak=2.0, total_steps=100, **settings)
    for step, factor in expected.items():
        np.testing.assert_allclose(rate(step), 2.0 * factor, rtol=1e-5, atol=1e-7)


def test_optimizer_is_serializable():
    rate = _optimizer.LearningRate(0.1, "step", 100, milestones=(0.5,))
    original = _optimizer.CoupledSGD(l2=1e-4, learning_rate=rate, momentum=0.9)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(original))
    assert copy.l2 == 1e-4
    np.testing.assert_allclose(copy.learning_rate, 0.1)


REAL = ROOT.parent / "shared" / "data" / "tfds"


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="needs prepared data")
def test_a_real_step_on_cifar10(tmp_path, monkeypatch):
    """The whole way on the real set, cut to 300 examples."""
    load = datasets.load

    def load_few(name, **places):
        whole = load(name, **places)
        few = {key: datasets.ArraySplit(split.images[:300], split.labels[:300]) for key, split in whole.splits.items()}
        return datasets.ImageSet(whole.name, whole.class_names, whole.mean, whole.std, few)

    monkeypatch.setattr(_train.data, "load", load_few)
    settings = training.load_config(ROOT / "configs" / "cifar10_resnet20_cutmix.py")
    changes = {"epochs": 1, "data_dir": str(REAL), "run_dir": str(tmp_path / "run")}
    summary = training.train(TrainConfig(**{**vars(settings), **changes}))
    assert summary["top1_error_last"] <= 100
    assert tf.io.gfile.exists(str(tmp_path / "run" / "mixes.png"))


def test_a_run_does_not_go_on_with_other_data(small_set, tmp_path):
    train(config(tmp_path / "run", epochs=1))
    (tmp_path / "run" / "summary.json").unlink()
    test = small_set.test
    small_set.splits["test"] = dataclasses.replace(test, labels=test.labels[::-1].copy())
    with pytest.raises(ValueError, match="small must be as it was; its test changed since"):
        train(config(tmp_path / "run", epochs=1))


def test_bad_examples_stop_a_run_or_are_left_out(tmp_path, capsys):
    jpeg = tf.io.encode_jpeg(np.full((8, 8, 3), 99, np.uint8)).numpy()
    for split in ("train", "test"):
        for name in "abcdefghij":
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(2):
                (tmp_path / split / name / f"{number}.jpg").write_bytes(jpeg)
    (tmp_path / "train" / "c" / "1.jpg").write_bytes(jpeg[:-30])
    settings = {"dataset": f"folder:{tmp_path}", "image_size": 8, "epochs": 1, "mix": None}
    with pytest.raises(ValueError, match=r"python -m cutmix_tf\.data\.check folder:.* --bad-examples skip"):
        train(config(tmp_path / "run", **settings))
    capsys.readouterr()
    train(config(tmp_path / "skipping", bad_examples="skip", **settings))
    assert "Left out 1 of 20 examples" in capsys.readouterr().out


def test_best_is_the_first_of_equal_epochs_as_the_summary_says():
    saved = []
    folder = types.SimpleNamespace(save_model=lambda *_: saved.append(len(progress.history)), write_history=len)
    progress, checkpoints = Progress(), types.SimpleNamespace(save=lambda model, progress: None)
    recorder = RunRecorder(folder, checkpoints, progress, 1, 1)
    recorder.set_model(keras.Sequential([keras.layers.Dense(1)]))
    recorder.model.compile("sgd")
    for epoch, accuracy in enumerate((0.5, 0.7, 0.7, 0.6)):
        recorder.on_epoch_begin(epoch)
        recorder.on_test_begin()
        logs = dict.fromkeys(("loss", "accuracy", "val_loss", "val_top5"), 0.0)
        recorder.on_epoch_end(epoch, {**logs, "val_accuracy": accuracy})
    assert saved == [1, 2]
