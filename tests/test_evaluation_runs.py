"""Networks of runs, attacks, occlusion, in-between pictures, corruptions, suites, reports and the command line."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

import evaluate_keras
from cutmix_tf import datasets, pipeline
from cutmix_tf import evaluation as ev
from cutmix_tf.evaluation import _batches, _command_line, _in_between

ROOT = Path(__file__).parents[1]
SIZE, CLASSES = 12, 4
MEAN, STD = (90.0, 120.0, 150.0), (30.0, 60.0, 90.0)


def split_of(count, seed):
    """Noisy pictures with one bright quarter a class, whose box is known."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % CLASSES
    images = draw.integers(0, 120, (count, SIZE, SIZE, 3))
    boxes = np.empty((count, 4), np.int32)
    for image, label, box in zip(images, labels, boxes, strict=True):
        top, left = SIZE // 2 * (label // 2), SIZE // 2 * (label % 2)
        image[top : top + SIZE // 2, left : left + SIZE // 2] += 90
        box[:] = top, left, top + SIZE // 2, left + SIZE // 2
    return datasets.ArraySplit(images.astype(np.uint8), labels, boxes)


def small_model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(16, 5, padding="same")(inputs)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    x = keras.layers.Conv2D(16, 5, strides=2)(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU(name="last")(x))
    return keras.Model(inputs, keras.layers.Dense(CLASSES)(x), name="small")


@pytest.fixture(scope="module")
def small_set():
    splits = {"train": split_of(400, 1), "test": split_of(60, 2)}
    return datasets.ImageSet("small", tuple("abcd"), MEAN, STD, splits)


@pytest.fixture(scope="module")
def network(small_set):
    """A network that was trained for a moment."""
    model, preprocessing = small_model(), pipeline.Preprocessing((SIZE, SIZE), MEAN, STD)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    train = pipeline.train_batches(small_set.train, preprocessing, batch_size=40, seed=0)
    model.fit(train, steps_per_epoch=100, epochs=1, shuffle=False, verbose=0)
    return ev.Network(model, preprocessing, "small", "small")


@pytest.fixture
def catalogue(small_set, monkeypatch):
    """The catalogue's sets replaced by small ones, with and without boxes."""
    test = split_of(30, 3)
    without = datasets.ArraySplit(255 - test.images, test.labels)
    sets = {
        "small": small_set,
        "other": datasets.ImageSet("other", tuple("abcd"), MEAN, STD, {"test": without}),
        "five": datasets.ImageSet("five", tuple("abcde"), MEAN, STD, {"test": without}),
    }
    monkeypatch.setattr(datasets, "load", lambda name, **places: sets[name])


@pytest.fixture
def run(network, tmp_path):
    """The folder of a finished run, as far as evaluation reads it."""
    folder = tmp_path / "runs" / "first"
    folder.mkdir(parents=True)
    network.model.save(folder / "final.keras")
    (folder / "config.json").write_text(json.dumps({"dataset": "small"}))
    preprocessing = {"image_size": [SIZE, SIZE], "mean": MEAN, "std": STD, "augment": "crop_flip", "padding": 4}
    (folder / "preprocessing.json").write_text(json.dumps(preprocessing))
    return folder


def error_of(network, images, labels):
    return ev.top_k_error(network.logits(images), labels)


# ---- networks ----


def test_logits_are_those_of_the_model_on_normalized_pictures(network, small_set):
    images = small_set.test.images
    direct = network.model((images.astype(np.float32) - MEAN) / np.array(STD), training=False)
    np.testing.assert_allclose(network.logits(images), direct, atol=1e-4)
    assert error_of(network, images, small_set.test.labels) < 20


def test_batches_are_filled_up_and_cut():
    sizes = []

    def double(rows):
        sizes.append(len(rows))
        return 2 * rows

    np.testing.assert_array_equal(_batches.in_batches(double, np.arange(10), batch_size=4), 2 * np.arange(10))
    assert sizes == [4, 4, 4]
    np.testing.assert_array_equal(_batches.in_batches(double, np.arange(3), batch_size=4), [0, 2, 4])
    with pytest.raises(ValueError, match=r"of one length, at least 1, are needed; got \[2, 3\]"):
        _batches.in_batches(lambda a, b: a, np.zeros(2), np.zeros(3))


def test_a_run_is_loaded_as_it_was_trained(run, network, small_set):
    loaded = ev.load_network(run)
    assert (loaded.name, loaded.dataset, loaded.num_classes) == ("first", "small", CLASSES)
    expected = network.logits(small_set.test.images)
    np.testing.assert_array_equal(loaded.logits(small_set.test.images), expected)
    np.testing.assert_array_equal(ev.load_network(run / "final.keras").logits(small_set.test.images), expected)


def test_a_file_elsewhere_takes_pixels(network, tmp_path, small_set):
    network.model.save(tmp_path / "alone.keras")
    loaded = ev.load_network(tmp_path / "alone.keras")
    assert (loaded.name, loaded.dataset) == ("alone", None)
    direct = network.model(small_set.test.images.astype(np.float32), training=False)
    np.testing.assert_allclose(loaded.logits(small_set.test.images), direct, rtol=1e-4, atol=1e-3)
    with pytest.raises(ValueError, match="A dataset is needed to evaluate alone"):
        ev.load_examples(loaded)


def test_files_that_are_missing_are_named(run, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no run or \.keras file at"):
        ev.load_network(tmp_path / "nothing")
    (run / "final.keras").unlink()
    with pytest.raises(FileNotFoundError, match=r"has not finished: final.keras is missing. Train it first"):
        ev.load_network(run)
    with pytest.raises(FileNotFoundError, match=r"is no run: config\.json is missing"):
        ev.load_network(tmp_path)
    with pytest.raises(ValueError, match=r"A run's folder or a \.keras file is needed"):
        ev.load_network(run / "config.json")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("final.keras", "no archive", "can't be read as a Keras model"),
        ("preprocessing.json", "{", "is damaged"),
        ("preprocessing.json", "[]", "must hold settings by name"),
        ("preprocessing.json", '{"image_size": [12, 12]}', "is no preprocessing of a run"),
        (
            "preprocessing.json",
            '{"image_size": [9, 9], "mean": [0, 0, 0], "std": [1, 1, 1]}',
            r"must take pictures \(b",
        ),
        ("config.json", "no", "is damaged"),
    ],
)
def test_damaged_runs_are_refused(run, file, content, message):
    (run / file).write_text(content)
    with pytest.raises(ValueError, match=message):
        ev.load_network(run)


def test_code_in_a_file_is_not_run(run, tmp_path):
    inputs = keras.Input((SIZE, SIZE, 3))
    path = str(tmp_path / "ran")
    x = keras.layers.Lambda(lambda pixels: __import__("pathlib").Path(path).write_text("") or pixels)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling2D()(x)))
    (tmp_path / "ran").unlink()  # it did run as the model was built
    model.save(run / "final.keras")
    with pytest.raises(ValueError, match="can't be read as a Keras model"):
        ev.load_network(run)
    assert not (tmp_path / "ran").exists()


def test_models_that_are_no_classifiers_are_refused():
    inputs = keras.Input((SIZE, SIZE, 3))
    with pytest.raises(ValueError, match=r"returns logits \(batch, classes\)"):
        ev.Network(keras.Model(inputs, keras.layers.Conv2D(2, 1)(inputs)), pipeline.Preprocessing((12, 12), MEAN, STD))


@pytest.mark.parametrize("shape", [(0, SIZE, SIZE, 3), (2, SIZE, 8, 3), (2, SIZE, SIZE, 1)])
def test_pictures_that_do_not_fit_are_refused(network, shape):
    images = np.zeros(shape, np.uint8)
    for function in (
        network.logits,
        network.features,
        lambda images: ev.fgsm(network, images, np.zeros(shape[0], int)),
    ):
        with pytest.raises(ValueError, match=r"small needs pictures \(n, 12, 12, 3\), n at least 1; got"):
            function(images)


# ---- examples ----


def test_examples_are_the_test_split_in_order(catalogue, network, small_set):
    examples = ev.load_examples(network)
    np.testing.assert_array_equal(examples.images, small_set.test.images)
    np.testing.assert_array_equal(examples.labels, small_set.test.labels)
    np.testing.assert_array_equal(examples.boxes, small_set.test.boxes)
    assert ev.load_examples(network, "other").boxes is None


def test_a_limit_draws_the_same_examples_each_time(catalogue, network, small_set):
    some, again = (ev.load_examples(network, limit=20) for _ in range(2))
    np.testing.assert_array_equal(some.images, again.images)
    places = [np.flatnonzero((small_set.test.images == image).all(axis=(1, 2, 3)))[0] for image in some.images]
    assert len(set(places)) == 20
    np.testing.assert_array_equal(small_set.test.labels[places], some.labels)
    np.testing.assert_array_equal(small_set.test.boxes[places], some.boxes)
    assert len(ev.load_examples(network, limit=1000)) == 60


def test_a_limit_draws_from_all_classes_of_a_folder(network, small_set, tmp_path):
    for index, (image, label) in enumerate(zip(small_set.test.images, small_set.test.labels, strict=True)):
        folder = tmp_path / "test" / "abcd"[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{index}.png").write_bytes(tf.io.encode_png(image).numpy())
    whole = ev.load_examples(network, f"folder:{tmp_path}")
    assert len(whole) == 60
    some = ev.load_examples(network, f"folder:{tmp_path}", limit=20)
    assert set(some.labels) == {0, 1, 2, 3}
    assert len(some) == 20
    np.testing.assert_array_equal(ev.load_pictures(network, f"folder:{tmp_path}", limit=20), some.images)


def test_another_number_of_classes_is_refused(catalogue, network):
    with pytest.raises(ValueError, match="small tells 4 classes apart, but five has 5"):
        ev.load_examples(network, "five")
    with pytest.raises(ValueError, match="limit must be at least 1"):
        ev.load_examples(network, limit=0)


# ---- attacks ----


def test_an_attack_of_no_strength_changes_nothing(network, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    for attack in (ev.fgsm, ev.pgd):
        np.testing.assert_array_equal(attack(network, images, labels, 0), images)


@pytest.mark.parametrize(("mean", "std"), [((0.0,) * 3, (1.0,) * 3), (MEAN, STD), ((0.0,) * 3, (255.0,) * 3)])
def test_each_pixel_moves_by_epsilon_whatever_the_normalization(mean, std, small_set):
    network = ev.Network(small_model(), pipeline.Preprocessing((SIZE, SIZE), mean, std))
    images, labels = small_set.test.images.astype(np.float32), small_set.test.labels
    moved = ev.fgsm(network, images, labels, 8, clip=False) - images
    np.testing.assert_allclose(np.abs(moved).max(axis=(1, 2, 3)), 8)
    np.testing.assert_array_equal(moved, np.rint(moved / 8) * 8)  # −8, 0 or 8
    assert (np.abs(moved) == 8).mean() > 0.9
    moved = ev.pgd(network, images, labels, 8, clip=False) - images
    np.testing.assert_allclose(np.abs(moved).max(axis=(1, 2, 3)), 8, rtol=1e-5)


def test_the_step_is_up_the_gradient(small_set):
    """Of a linear network the gradient is known: that of its own class is subtracted, weighed by the probabilities."""
    inputs = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(inputs, keras.layers.Dense(2, use_bias=False)(keras.layers.Flatten()(inputs)))
    network = ev.Network(model, pipeline.Preprocessing((SIZE, SIZE), MEAN, STD))
    images, labels = small_set.test.images, small_set.test.labels % 2
    kernel = np.asarray(model.layers[-1].kernel).reshape(SIZE, SIZE, 3, 2)
    up = np.sign(kernel[..., 1 - labels] - kernel[..., labels]).transpose(3, 0, 1, 2)
    np.testing.assert_allclose(ev.fgsm(network, images, labels, 3, clip=False), images + 3 * up)
    np.testing.assert_allclose(ev.fgsm(network, images, labels, 3), np.clip(images + 3 * up, 0, 255))
    np.testing.assert_allclose(ev.pgd(network, images, labels, 3, steps=4, step=1), np.clip(images + 3 * up, 0, 255))


def test_several_steps_fool_no_less_than_one(network, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    clean = error_of(network, images, labels)
    one, many = (error_of(network, attack(network, images, labels, 30), labels) for attack in (ev.fgsm, ev.pgd))
    assert clean < one <= many


def test_attacks_do_not_change_the_network(network, small_set):
    before = [np.array(weight) for weight in network.model.weights]
    ev.pgd(network, small_set.test.images, small_set.test.labels)
    for weight, old in zip(network.model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_bad_attacks_are_refused(network, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    with pytest.raises(ValueError, match="epsilon must be at least 0"):
        ev.fgsm(network, images, labels, -1)
    with pytest.raises(ValueError, match="steps must be at least 1"):
        ev.pgd(network, images, labels, steps=0)
    with pytest.raises(ValueError, match="Each picture needs its label"):
        ev.fgsm(network, images, labels[:-1])


def test_attacks_on_another_backend_are_refused(network, small_set, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="An attack by gradients needs Keras on TensorFlow; it runs on jax"):
        ev.fgsm(network, small_set.test.images, small_set.test.labels)


# ---- occlusion ----


def test_holes_by_hand():
    images = np.full((1, 4, 4, 3), 9, np.uint8)
    center = [[9, 9, 9, 9], [9, 0, 0, 9], [9, 0, 0, 9], [9, 9, 9, 9]]
    np.testing.assert_array_equal(ev.occlude(images, 0.5)[0, :, :, 1], center)
    boundary = ev.occlude(images, 0.5, "boundary", fill=(1, 2, 3))
    np.testing.assert_array_equal(boundary[0, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(boundary[0, 1:3, 1:3], images[0, 1:3, 1:3])
    assert boundary.dtype == np.uint8


@pytest.mark.parametrize("size", [(5, 8), (32, 32), (1, 1)])
def test_both_holes_together_are_the_whole_picture(size):
    images = np.random.default_rng(0).integers(1, 256, (2, *size, 3), dtype=np.uint8)
    for share in (0, 0.2, 0.5, 0.7, 1):
        both = ev.occlude(images, share) + ev.occlude(images, share, "boundary")
        np.testing.assert_array_equal(both, images)
    np.testing.assert_array_equal(ev.occlude(images, 0), images)
    np.testing.assert_array_equal(ev.occlude(images, 1, "boundary"), images)
    assert not ev.occlude(images, 1).any()


def test_occlusion_ends_at_chance(network, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    center, boundary = (ev.occlusion_errors(network, images, labels, place) for place in ("center", "boundary"))
    assert center[0] == boundary[-1] == error_of(network, images, labels)
    assert center[-1] == boundary[0] == 75


def test_bad_holes_are_refused():
    images = np.zeros((1, 4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="share must be at least 0 and at most 1"):
        ev.occlude(images, 1.1)
    with pytest.raises(ValueError, match="Did you mean 'center'"):
        ev.occlude(images, 0.5, "center")


# ---- between two classes ----


def test_in_between_pictures_by_hand():
    images, others = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 200, np.uint8)
    np.testing.assert_allclose(ev.in_between(images, others, 0.25, "mixup"), 50)
    pasted = ev.in_between(images, others, 0.5, "cutmix")[0, :, :, 0]
    np.testing.assert_array_equal(pasted, np.pad(np.full((2, 2), 200), 1))
    for kind in ("mixup", "cutmix"):
        np.testing.assert_array_equal(ev.in_between(images, others, 0, kind), images)
        np.testing.assert_array_equal(ev.in_between(images, others, 1, kind), others)


def test_both_metrics_by_hand():
    logits = np.log([[0.5, 0.2, 0.3], [0.1, 0.7, 0.2], [0.25, 0.25, 0.5]])
    scores = _in_between.score_in_between(logits, np.array([0, 0, 0]), np.array([1, 2, 1]))
    assert scores.either == pytest.approx(100 / 3)
    assert scores.neither == pytest.approx(100 * (0.3 + 0.7 + 0.5) / 3)


def test_pairs_are_of_two_classes_and_use_each_example_alike():
    labels = np.random.default_rng(0).integers(3, size=100)
    firsts, seconds = ev.draw_pairs(labels, 250, seed=1)
    assert (labels[firsts] != labels[seconds]).all()
    assert set(np.bincount(firsts)) == {2, 3}
    np.testing.assert_array_equal(ev.draw_pairs(labels, 250, seed=1), (firsts, seconds))
    assert (ev.draw_pairs(labels, 250, seed=2)[1] != seconds).any()
    with pytest.raises(ValueError, match="need examples of two classes"):
        ev.draw_pairs(np.zeros(5, int))


def test_the_curve_begins_and_ends_at_single_pictures(network, small_set):
    images, labels = small_set.test.images, small_set.test.labels
    pairs = ev.draw_pairs(labels)
    curve = ev.in_between_curve(network, images, labels, pairs, "mixup", shares=(0, 0.5, 1))
    for point, side in ((curve[0], 0), (curve[-1], 1)):
        logits = network.logits(images[pairs[side]])
        assert point == _in_between.score_in_between(logits, labels[pairs[0]], labels[pairs[1]])
        assert point.either >= 100 - ev.top_k_error(logits, labels[pairs[side]])


# ---- corruptions ----


@pytest.mark.parametrize("name", ev.CORRUPTIONS)
def test_severities_rise(name):
    draw = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(draw.random((4, 32, 32, 3)), (0, 2, 2, 0))
    images = (60 + 700 * (smooth - smooth.min())).clip(0, 255).astype(np.uint8)
    versions = [ev.corrupt(images, name, severity, seed=1) for severity in range(1, 6)]
    assert all(version.dtype == np.uint8 and version.shape == images.shape for version in versions)
    distances = [np.mean((version.astype(float) - images) ** 2) for version in versions]
    assert distances[0] > 0
    assert (np.diff(distances) > 0).all()
    np.testing.assert_array_equal(ev.corrupt(images, name, 3, seed=1), versions[2])


def test_corruptions_by_hand():
    images = np.array([0, 100, 200, 250], np.uint8).reshape(1, 2, 2, 1).repeat(3, 3)
    np.testing.assert_array_equal(ev.corrupt(images, "brightness", 1).ravel()[::3], [25, 125, 225, 255])
    np.testing.assert_array_equal(ev.corrupt(images, "contrast", 1).ravel()[::3], [34, 109, 184, 222])  # 137.5 ± 0.75 ·
    np.testing.assert_array_equal(ev.corrupt(images, "pixelate", 5).ravel(), np.full(12, 138))
    flat = np.full((1, 64, 64, 3), 128, np.uint8)
    assert ev.corrupt(flat, "gaussian_noise", 3).std() == pytest.approx(24, rel=0.05)
    point = np.zeros((1, 64, 64, 3), np.uint8)
    point[0, 32, 32] = 255
    assert ev.corrupt(point, "blur", 1)[0, 32, 32, 0] == pytest.approx(255 / (2 * np.pi * 0.96**2), abs=2)
    for name in ("blur", "contrast", "pixelate"):
        np.testing.assert_array_equal(ev.corrupt(flat, name, 5), flat)


def test_bad_corruptions_are_refused():
    images = np.zeros((1, 4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="Did you mean 'blur'"):
        ev.corrupt(images, "blurr", 1)
    with pytest.raises(ValueError, match="severity must be at least 1 and at most 5"):
        ev.corrupt(images, "blur", 6)
    with pytest.raises(ValueError, match="must be uint8; got float64"):
        ev.corrupt(images / 2, "blur", 1)


# ---- suites and reports ----


def test_all_suites_fill_a_report(catalogue, run, tmp_path, small_set, capsys):
    words = [str(run), "--suites", ",".join(ev.SUITES), "--ood", "uniform,gaussian,other", "--limit", "40"]
    config = _command_line.read_command_line([*words, "--corrupted", "other"])
    results = _command_line.run_evaluation(config)["first"]
    assert ev.read_evaluation(run) == json.loads(json.dumps(results))
    assert set(ev.SUITES) | {"network", "dataset", "examples", "measured_with"} == set(results)
    assert {"evaluation.png", "cams.png"} <= {path.name for path in run.iterdir()}
    examples = ev.load_examples(ev.load_network(run), limit=40)
    logits = ev.load_network(run).logits(examples.images)
    assert results["accuracy"]["top1_error"] == ev.top_k_error(logits, examples.labels)
    assert results["fgsm"]["top1_error"][0] == results["occlusion"]["center"][0] == results["accuracy"]["top1_error"]
    assert results["wsol"]["top1_loc"] <= results["wsol"]["gt_known_loc"] <= results["wsol"]["max_box_acc"]
    assert set(results["ood"]["sets"]) == {"uniform", "gaussian", "other"}
    assert results["corruptions"]["sets"].keys() == {"other"}
    out = capsys.readouterr().out
    for title in ev.headlines(results):
        assert title in out


def test_several_runs_are_compared(catalogue, run, network, tmp_path, capsys):
    network.model.save(run / "best.keras")
    config = _command_line.EvaluateConfig(
        (run, run / "best.keras", run), suites="accuracy,occlusion", compare=True, save=tmp_path / "all"
    )
    evaluations = _command_line.run_evaluation(config)
    assert list(evaluations) == ["first", "best", "first_2"]
    found = {path.relative_to(tmp_path / "all").as_posix() for path in (tmp_path / "all").rglob("*.*")}
    each = {f"{name}/{file}" for name in evaluations for file in ("evaluation.json", "evaluation.png", "cams.png")}
    assert found == {"comparison.json", "comparison.png", *each}
    assert json.loads((tmp_path / "all" / "comparison.json").read_text()).keys() == evaluations.keys()
    assert ev.table(evaluations) in capsys.readouterr().out


def test_tables_show_what_was_measured():
    text = ev.table({"one": {"accuracy": _accuracy(12.34)}, "another": {"calibration": _calibration(0.5)}})
    header, first, *_, last = text.splitlines()
    assert header.split() == ["one", "another"]
    assert first.split() == ["top-1", "error", "%", "12.3", "–"]
    assert last.split() == ["expected", "calibration", "error", "%", "–", "0.500"]


def _accuracy(error):
    return {"top1_error": error, "top5_error": 1.0, "negative_log_likelihood": 1.0, "brier_score": 0.1}


def _calibration(error):
    return {"expected_calibration_error": error, "counts": [3], "confidence": [0.5], "accuracy": [0.5]}


def test_reports_are_whole_or_not_written(tmp_path):
    ev.write_evaluation(tmp_path, {"a": 1.5})
    with pytest.raises(ValueError, match="Out of range float values"):
        ev.write_evaluation(tmp_path, {"a": float("nan")})
    assert ev.read_evaluation(tmp_path) == {"a": 1.5}
    assert [path.name for path in tmp_path.iterdir()] == ["evaluation.json"]
    with pytest.raises(FileNotFoundError, match="has not been evaluated"):
        ev.read_evaluation(tmp_path / "other")


def test_figures_have_a_panel_for_each_suite():
    figure = ev.draw_evaluations({name: {"calibration": _calibration(1.0)} for name in "abcdefgh"})
    assert [axes.get_title() for axes in figure.axes] == ["Reliability, dots by examples"]
    assert len({line.get_color() for line in figure.legends[0].get_lines()}) == 6
    with pytest.raises(ValueError, match=r"A suite of .* is needed for a figure"):
        ev.draw_evaluations({"a": {"accuracy": _accuracy(1.0)}})


def test_suites_that_do_not_fit_are_refused(catalogue, network):
    task = ev.load_task(network, dataset="other", ood=())
    with pytest.raises(ValueError, match="Localization needs a box for each picture; other has none"):
        ev.evaluate(task, ["wsol"])
    with pytest.raises(ValueError, match="Strange pictures are needed"):
        ev.evaluate(task, ["ood"])
    with pytest.raises(ValueError, match="Did you mean 'fgsm'"):
        ev.evaluate(task, ["fgms"])
    with pytest.raises(ValueError, match="must come from another set than the test set; got small in ood"):
        ev.load_task(network, ood=["small"])


def test_networks_without_maps_are_evaluated_without_localization(catalogue, network):
    inputs = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(inputs, keras.layers.Dense(CLASSES)(keras.layers.Flatten()(inputs)))
    task = ev.load_task(ev.Network(model, network.preprocessing, "flat", "small"), ood=())
    with pytest.raises(ValueError, match="flat ends otherwise"):
        ev.evaluate(task, ["wsol"])
    results = ev.evaluate(task)
    assert "wsol" not in results
    assert "ood" not in results
    assert "wsol" in ev.evaluate(ev.load_task(network, ood=(), limit=8))


# ---- the command line ----


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "A finished run is needed; got none"),
        (["nowhere"], "There is no run or .keras file at 'nowhere'"),
        (["RUN", "--suites", "wsol,accurcy"], "Did you mean 'accuracy'"),
        (["RUN", "--limit", "0"], "limit must be at least 1"),
        (["RUN", "--compare"], "got --compare without --save"),
        (["RUN", "--dataset", "other", "--suites", "wsol"], "other has none"),
        (["RUN", "--dataset", "five"], "tells 4 classes apart"),
    ],
)
def test_errors_are_one_line(words, message, run, catalogue, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["evaluate_keras.py", *[str(run) if word == "RUN" else word for word in words]])
    with pytest.raises(SystemExit) as stopped:
        evaluate_keras.main()
    text = str(stopped.value)
    assert text.startswith("evaluate_keras.py: ")
    assert message in text
    assert "\n" not in text


def test_the_program_runs(tmp_path):
    words = [sys.executable, str(ROOT / "evaluate_keras.py"), str(tmp_path)]
    child = subprocess.run(words, capture_output=True, text=True, check=False)
    assert child.returncode == 1
    assert "is no run: config.json is missing" in child.stderr
    assert "Traceback" not in child.stderr
