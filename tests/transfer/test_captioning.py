"""Training a captioner: from nothing to right captions, resumed, frozen, and on every family of backbones."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.transfer import FAMILIES, SIZE, small_backbone

from cutmix_tf import runs
from cutmix_tf.transfer import (
    Captioner,
    CaptioningConfig,
    CaptionSet,
    CaptionSplit,
    Vocabulary,
    build_captioner,
    evaluate_captioner,
    load_backbone,
    load_captioner,
    train_captioner,
)

CAPTIONS = ("a dark image",), ("a bright image",), ("an image that is bright left", "bright left"), ("bright right",)


def small_set(times=1):
    """Four images whose brightness says which caption is theirs, each so many times to train on."""
    images = np.full((4, *SIZE, 3), 20, np.uint8)
    images[1], images[2, :, :32], images[3, :, 32:] = 230, 230, 230
    data = tf.data.Dataset.from_tensor_slices(images)
    return CaptionSet(
        "small",
        CaptionSplit("some", CAPTIONS * times, lambda: data.repeat(times)),
        CaptionSplit("small", CAPTIONS, lambda: data),
    )


def config(folder, **changes):
    settings = {"dataset": "small", "image_size": SIZE, "backbone": "small", "epochs": 3, "batch_size": 2, "units": 16}
    settings |= {"optimizer": "adam", "learning_rate": 0.01, "dropout": 0.2, "run_dir": str(folder)}
    return CaptioningConfig(**{**settings, **changes})


def train(folder, times=1, **changes):
    return train_captioner(config(folder, **changes), backbone=small_backbone(), captions=small_set(times))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder and the summary of a finished run."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    return folder, train(folder)


def test_a_run_leaves_its_files(run):
    folder, summary = run
    files = {path.name for path in folder.iterdir()}
    assert {"config.json", "data.json", "history.csv", "summary.json", "final.keras", "words.json"} <= files
    assert {"captions.png", "curves.png"} <= files
    history = runs.read_history(folder / "history.csv")
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert "test_bleu4" not in history[0]
    assert summary["bleu1"] == pytest.approx(history[-1]["test_bleu1"], abs=1e-4)
    assert (summary["task"], summary["words"], summary["train_images"]) == ("captioning", 9, 4)
    assert runs.read_json(folder / "summary.json") == summary
    assert train(folder) == summary  # not trained again


def test_the_stored_captioner_writes_the_same(run):
    folder, summary = run
    captioner = load_captioner(folder)
    scores = evaluate_captioner(captioner, small_set().test)
    assert scores["bleu1"] == pytest.approx(summary["bleu1"], abs=1e-3)
    written = captioner.describe([np.full((50, 20, 3), 200, np.uint8), np.zeros((7, 9, 3), np.float32)])
    assert len(written) == 2
    assert set(" ".join(written).split()) <= set(captioner.vocabulary.words)
    with pytest.raises(ValueError, match="shape"):
        captioner.describe([np.zeros((5, 5))])


@pytest.mark.slow
def test_a_stopped_run_ends_with_the_same_weights(run, tmp_path, monkeypatch):
    class Stopped(Exception):
        pass

    def stop(*_):
        raise Stopped

    folder = tmp_path / "stopped"
    with monkeypatch.context() as patched:
        patched.setattr("cutmix_tf.transfer._captioning.evaluate_captioner", stop)  # after the last epoch
        with pytest.raises(Stopped):
            train(folder)
    assert len(runs.read_history(folder / "history.csv")) == 2
    train(folder)
    whole, resumed = (keras.saving.load_model(each / "final.keras", compile=False) for each in (run[0], folder))
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_a_captioner_learns_its_images(tmp_path):
    changes = {"epochs": 24, "batch_size": 8, "learning_rate": 0.004, "dropout": 0.0, "units": 32}
    summary = train(tmp_path / "run", times=32, **changes)
    assert summary["exact"] == 100
    written = load_captioner(tmp_path / "run").describe_placed(tf.stack([*small_set().test.read()]))
    assert all(caption in known for caption, known in zip(written, CAPTIONS, strict=True))


def test_scores_are_those_of_what_is_written():
    class Oracle:
        def describe(self, images):
            means = [(float(tf.reduce_mean(image[:, :32])), float(tf.reduce_mean(image[:, 32:]))) for image in images]
            texts = {(20, 20): "a dark image", (230, 230): "a bright image", (230, 20): "bright left"}
            return [texts.get(tuple(map(round, pair)), "bright right") for pair in means]

    scores = evaluate_captioner(Oracle(), small_set().test, batch_size=3)
    assert {name: scores[name] for name in ("bleu1", "bleu2", "bleu3", "exact")} == dict.fromkeys(
        ("bleu1", "bleu2", "bleu3", "exact"), pytest.approx(100)
    )


def test_words_that_come_later_change_nothing_before():
    """Teacher forcing sees the words before alone, and the image comes first."""
    model = build_captioner(small_backbone(), config(None), 12)
    images = np.random.default_rng(0).integers(0, 256, (1, *SIZE, 3)).astype(np.float32)
    words = np.array([[2, 5, 6, 7]])

    def logits(images, words):
        return model({"images": images, "words": words}, training=False).numpy()

    before = logits(images, words)
    assert before.shape == (1, 4, 12)
    after = logits(images, np.array([[2, 5, 9, 7]]))
    np.testing.assert_array_equal(before[:, :2], after[:, :2])
    assert np.abs(before[:, 2:] - after[:, 2:]).min() > 0
    assert np.abs(before - logits(255 - images, words)).min() > 0


def test_the_search_sees_what_training_sees():
    """The probabilities of the steps are those of the whole sequence; words that are never said are left out."""
    vocabulary = Vocabulary([f"word{number}" for number in range(8)])
    model = build_captioner(small_backbone(), config(None), len(vocabulary))
    images = np.random.default_rng(0).integers(0, 256, (2, *SIZE, 3)).astype(np.float32)
    words = np.array([[2, 5, 6], [2, 9, 4]])
    logits = model({"images": images, "words": words}, training=False).numpy()[..., 3:]
    expected = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    captioner = Captioner(model, vocabulary)
    states = [state.numpy() for state in captioner._begin(tf.constant(images))]
    for place in range(3):
        found, states = captioner._step(words[:, place], states)
        np.testing.assert_allclose(found[:, 3:], expected[:, place], atol=1e-4)
        assert np.all(np.isneginf(found[:, :3]))


def small_batch(size=SIZE):
    images = np.random.default_rng(0).integers(0, 256, (2, *size, 3)).astype(np.float32)
    return {"images": images, "words": np.array([[2, 4], [2, 5]])}, np.array([[4, 3], [5, 0]])


def step(model, batch):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    model.compile("sgd", loss, run_eagerly=True, jit_compile=False)
    return model.fit(tf.data.Dataset.from_tensors(batch), shuffle=False, verbose=0).history["loss"][0]


def test_training_does_not_depend_on_the_scale_of_the_features():
    """Features of small models vary little; the words must not drown them."""
    images, words = np.random.default_rng(0).uniform(0, 255, (4, *SIZE, 3)), np.ones((4, 3), np.int32)
    logits = []
    for scale in (1.0, 30.0):
        inputs = keras.Input((*SIZE, 3))
        maps = keras.layers.AveragePooling2D(8)(keras.layers.Rescaling(scale, 5.0)(inputs))
        backbone = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(maps)))
        keras.utils.set_random_seed(0)
        model = build_captioner(backbone, config(None, dropout=0.0), 5)
        logits.append(model({"images": images, "words": words}, training=True))
    assert np.ptp(logits[0], axis=0).max() > 0.05  # images with the same words differ
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-3)


def test_filling_is_not_learned():
    """The loss is the mean over the words to say."""
    inputs, said = small_batch()
    model = build_captioner(small_backbone(), config(None, dropout=0.0, frozen="backbone"), 6)
    logits = model({"images": inputs["images"], "words": inputs["words"]}, training=True).numpy().astype(np.float64)
    log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    expected = -np.mean([log_probs[0, 0, 4], log_probs[0, 1, 3], log_probs[1, 0, 5]])
    assert step(model, (inputs, said)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("frozen", ["nothing", "batch_norm", "backbone"])
def test_what_is_frozen_stays(frozen):
    model = build_captioner(small_backbone(), config(None, frozen=frozen), 6)
    encoder = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    kinds = [keras.layers.BatchNormalization, keras.layers.Conv2D]
    layers = [[layer for layer in encoder.layers if isinstance(layer, kind)] for kind in kinds]
    before = [[layer.get_weights() for layer in some] for some in layers]
    step(model, small_batch())
    moved = [
        any(
            np.any(old != new)
            for layer, weights in zip(some, held, strict=True)
            for old, new in zip(weights, layer.get_weights(), strict=True)
        )
        for some, held in zip(layers, before, strict=True)
    ]
    assert moved == [frozen == "nothing", frozen != "backbone"]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_of_backbones_trains(name):
    size = 64, 32
    model = build_captioner(load_backbone(name, size), config(None, backbone=name, image_size=size), 6)
    encoder = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    before = [weight.copy() for weight in encoder.get_weights()]
    loss = step(model, small_batch(size))
    assert np.isfinite(loss)
    assert loss > 0
    assert any(np.any(old != new) for old, new in zip(before, encoder.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"longest": 0}, ValueError, "longest must be at least 1"),
        ({"beam": 2.0}, TypeError, "beam must be a whole number"),
        ({"vocabulary": 0}, ValueError, "vocabulary must be at least 1"),
        ({"dropout": 1.0}, ValueError, "at most 0.99"),
        ({"frozen": "al"}, ValueError, "frozen must be one of"),
    ],
)
def test_config_errors(changes, error, message):
    with pytest.raises(error, match=message):
        config(None, **changes)
