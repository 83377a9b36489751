"""Training a detector: on every family of backbones, resumed, frozen, and from nothing to found objects."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.transfer import FAMILIES, SIZE, small_backbone

from cutmix_tf import runs
from cutmix_tf.transfer import (
    DetectionConfig,
    Detector,
    ObjectSet,
    ObjectSplit,
    build_detector,
    evaluate_detector,
    load_backbone,
    load_detector,
    train_detector,
)

BOX = [4.0, 8.0, 28.0, 56.0]


def small_set(count=3):
    """Images of noise with one bright box of class 1; the last image has none."""
    draw = np.random.default_rng(0)
    images = draw.integers(0, 60, (count, *SIZE, 3)).astype(np.uint8)
    images[:-1, 4:28, 8:56] = 220
    boxes = [[BOX]] * (count - 1) + [np.zeros((0, 4))]

    def read():
        def examples():
            for image, box in zip(images, boxes, strict=True):
                each = {"image": image, "boxes": np.array(box, np.float32), "labels": np.ones(len(box), np.int32)}
                yield {**each, "ignored": np.zeros(len(box), bool)}

        spec = {
            "image": tf.TensorSpec((*SIZE, 3), tf.uint8),
            "boxes": tf.TensorSpec((None, 4), tf.float32),
            "labels": tf.TensorSpec((None,), tf.int32),
            "ignored": tf.TensorSpec((None,), tf.bool),
        }
        return tf.data.Dataset.from_generator(examples, output_signature=spec)

    split = ObjectSplit("small", count, read)
    return ObjectSet("small", ("ant", "bee"), split, split)


def config(folder, **changes):
    settings = {"dataset": "small", "image_size": SIZE, "backbone": "small", "epochs": 2, "batch_size": 2}
    settings |= {"learning_rate": 0.03, "run_dir": str(folder)}
    return DetectionConfig(**{**settings, **changes})


def train(folder, **changes):
    return train_detector(config(folder, **changes), backbone=small_backbone(), objects=small_set(), run_eagerly=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder and the summary of a finished run."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    return folder, train(folder)


@pytest.mark.slow
def test_a_run_leaves_its_files(run):
    folder, summary = run
    files = {path.name for path in folder.iterdir()}
    assert {"config.json", "data.json", "history.csv", "summary.json", "final.keras", "classes.json"} <= files
    assert {"objects.png", "curves.png"} <= files
    first, last = runs.read_history(folder / "history.csv")
    assert last["train_loss"] < first["train_loss"]
    assert "test_coco50" not in first
    assert summary["coco50"] == pytest.approx(last["test_coco50"], abs=1e-4)
    assert runs.read_json(folder / "summary.json") == summary


@pytest.mark.slow
def test_a_finished_run_is_not_trained_again(run):
    folder, summary = run
    assert train(folder) == summary
    with pytest.raises(FileExistsError, match="learning_rate"):
        train(folder, learning_rate=0.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "given", "message"),
    [
        ({"backbone": "resnet19"}, {}, "resnet18"),
        ({"image_size": (33, 64)}, {"backbone": small_backbone}, "divisible by 4"),
    ],
)
def test_a_config_that_does_not_fit_leaves_no_folder(tmp_path, changes, given, message):
    folder = tmp_path / "run"
    backbone = {name: make() for name, make in given.items()}
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        train_detector(config(folder, **changes), objects=small_set(), **backbone)
    assert not folder.exists()


@pytest.mark.slow
def test_the_stored_detector_gives_the_same_scores(run):
    folder, summary = run
    detector = load_detector(folder)
    assert detector.class_names == ("ant", "bee")
    scores = evaluate_detector(detector, small_set().test)
    assert scores["voc11"] == pytest.approx(summary["voc11"], abs=1e-3)


@pytest.mark.slow
def test_images_of_any_size_are_searched(run):
    images = [np.full((50, 20, 3), 200, np.uint8), np.zeros((7, 9, 3), np.float32)]
    found = load_detector(run[0]).find(images)
    for image, each in zip(images, found, strict=True):
        height, width, _ = image.shape
        assert np.all(each.boxes >= 0)
        assert np.all(each.boxes <= [height, width, height, width])
        assert np.all(np.diff(each.scores) <= 0)
    with pytest.raises(ValueError, match="shape"):
        load_detector(run[0]).find([np.zeros((5, 5))])


@pytest.mark.slow
def test_a_stopped_run_continues_as_if_it_had_not_been(run, tmp_path, monkeypatch):
    class Stopped(Exception):
        pass

    def stop(*_):
        raise Stopped

    folder = tmp_path / "stopped"
    with monkeypatch.context() as patched:
        patched.setattr("cutmix_tf.transfer._detection.evaluate_detector", stop)  # after the last epoch
        with pytest.raises(Stopped):
            train(folder)
    assert len(runs.read_history(folder / "history.csv")) == 1
    train(folder)
    whole, resumed = (runs.read_history(each / "history.csv") for each in (run[0], folder))
    assert [row["train_loss"] for row in resumed] == pytest.approx([row["train_loss"] for row in whole], rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("frozen", ["nothing", "batch_norm", "backbone"])
def test_what_is_frozen_stays(frozen):
    backbone, batch = small_backbone(), small_batch()
    model = build_detector(backbone, config(None, frozen=frozen), 2)
    norms = [layer for layer in model.backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    kernels = [layer for layer in model.backbone.layers if isinstance(layer, keras.layers.Conv2D)]
    before = [[layer.get_weights()[0] for layer in layers] for layers in (norms, kernels)]
    means = [layer.get_weights()[2] for layer in norms]
    step(model, batch)
    after = [[layer.get_weights()[0] for layer in layers] for layers in (norms, kernels)]
    moved = [
        any(np.any(old != new) for old, new in zip(*pair, strict=True)) for pair in zip(before, after, strict=True)
    ]
    assert moved == [frozen == "nothing", frozen != "backbone"]
    assert any(np.any(layer.get_weights()[2] != mean) for layer, mean in zip(norms, means, strict=True)) == moved[0]


def small_batch(size=SIZE):
    images = np.random.default_rng(0).integers(0, 256, (2, *size, 3)).astype(np.float32)
    boxes, classes = np.full((2, 1, 4), -1, np.float32), np.full((2, 1), -1, np.float32)
    boxes[0, 0], classes[0, 0] = [0, 0, 32, 32], 1
    return {"images": images}, {"boxes": boxes, "classes": classes}


def step(model, batch):
    model.compile(
        optimizer="sgd", box_loss="smoothl1", classification_loss="focal", run_eagerly=True, jit_compile=False
    )
    model.optimizer.build(model.trainable_variables)
    history = model.fit(tf.data.Dataset.from_tensors(batch), shuffle=False, verbose=0).history
    return {name: values[0] for name, values in history.items()}


def test_a_batch_without_objects_trains_nothing():
    """keras-cv divides by the number of matched anchors, and weighs all by 0 if there is none."""
    inputs, _ = small_batch()
    nothing = {"boxes": np.full((2, 1, 4), -1, np.float32), "classes": np.full((2, 1), -1, np.float32)}
    model = build_detector(small_backbone(), config(None), 2)
    assert step(model, (inputs, nothing))["loss"] == 0


@pytest.mark.parametrize(("smallest", "sides"), [(None, (32, 64)), (6, (6, 12))])
def test_anchors_begin_at_the_smallest_and_double_by_level(smallest, sides):
    model = build_detector(small_backbone(), config(None, image_size=(256, 256), smallest_anchor=smallest), 2)
    levels = model.anchor_generator(image_shape=(256, 256, 3)).values()
    for cells, anchors, side in zip((32, 16), map(np.array, levels), sides, strict=False):
        heights, widths = np.split(anchors[:, 2:] - anchors[:, :2], 2, axis=1)
        middle = np.reshape(np.where(np.isclose(heights, widths), heights, np.inf), (cells, cells, 9))[cells // 2]
        assert middle[cells // 2].min() == pytest.approx(side)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_of_backbones_trains(name):
    size = 64, 32
    backbone = load_backbone(name, size)
    settings = config(None, backbone=name, image_size=size)
    model = build_detector(backbone, settings, 2)
    before = [weight.copy() for weight in model.backbone.get_weights()]
    logs = step(model, small_batch(size))
    assert np.isfinite(logs["loss"])
    assert logs["loss"] > 0
    assert any(np.any(old != new) for old, new in zip(before, model.backbone.get_weights(), strict=True))


def test_scores_are_those_of_what_is_found():
    """An oracle in the place of the model finds all: its boxes come back through the canvas in image pixels."""

    class Oracle(Detector):
        def __init__(self):
            self.class_names, self.image_size = ("ant", "bee"), (64, 128)

        def _find(self, images):
            marked = images.numpy().mean(axis=-1) > 128
            results = {"boxes": np.zeros((len(images), 1, 4), np.float32), "classes": np.ones((len(images), 1))}
            results |= {
                "confidence": np.ones((len(images), 1), np.float32),
                "num_detections": marked.any(axis=(1, 2)) * 1,
            }
            for row, mask in enumerate(marked):
                if mask.any():
                    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
                    results["boxes"][row, 0] = [rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]
            return {name: tf.convert_to_tensor(value) for name, value in results.items()}

    scores = evaluate_detector(Oracle(), small_set().test, batch_size=2)
    assert set(scores.values()) == {100.0}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"image_size": (32,)}, ValueError, "height and width"),
        ({"image_size": 32}, TypeError, "image_size must be a list or a tuple"),
        ({"classes": (1,)}, ValueError, "the first and the end"),
        ({"frozen": "backbon"}, ValueError, "Did you mean 'backbone'"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be above 0"),
        ({"warmup_epochs": 3}, ValueError, "at most 2"),
        ({"dataset": None}, TypeError, "dataset must be a string"),
        ({"flip": 1}, TypeError, "flip must be True or False"),
        ({"smallest_anchor": 0.5}, ValueError, "smallest_anchor must be at least 1"),
    ],
)
def test_config_errors(changes, error, message):
    with pytest.raises(error, match=message):
        config(None, **changes)
