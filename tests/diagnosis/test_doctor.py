"""The doctor finds each mistake, names the way out, and finds nothing where nothing is wrong."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.marks import slow_but

import cutmix_tf as cm
from cutmix_tf.diagnosis import Finding, Report

CLASSES, COUNT = 6, 48
SIZE = (7, 5, 3)


def some_images(scale=1.0, shift=0.0):
    images = np.random.default_rng(0).uniform(0, 255, (COUNT, *SIZE)).astype(np.float32)
    return (images - shift) * np.float32(scale)


def data(images=None, labels=None, *, batch=12, mixer=None):
    """A dataset of batches of all classes, mixed by a mixer."""
    images = some_images().astype(np.uint8) if images is None else images
    labels = np.arange(COUNT, dtype=np.int32) % CLASSES if labels is None else labels
    dataset = tf.data.Dataset.from_tensor_slices((images, labels))
    dataset = dataset.batch(batch) if batch else dataset
    return dataset if mixer is None else dataset.map(mixer)


def one_hot():
    return np.eye(CLASSES, dtype=np.float32)[np.arange(COUNT) % CLASSES]


def model(loss="ours", metrics=(), *, activation=None, outputs=CLASSES, rescale=None, compiled=True):
    """A linear classifier."""
    layers = [] if rescale is None else [keras.layers.Rescaling(rescale)]
    layers += [keras.layers.Flatten(), keras.layers.Dense(outputs, activation=activation)]
    built = keras.Sequential([keras.Input(SIZE), *layers])
    loss = cm.MixedCrossentropy() if loss == "ours" else loss
    if compiled:
        built.compile("sgd", loss, metrics=list(metrics))
    return built


def lines(report):
    return [str(finding) for finding in report.findings]


CUTMIX = cm.CutMix()
LOGITS = {"from_logits": True}
FINE = {
    "ours on pairs": lambda: (data(mixer=CUTMIX), model(metrics=[cm.MixedAccuracy()])),
    "ours on ids": lambda: (data(), model(metrics=[cm.MixedAccuracy(), cm.MixedTopKAccuracy(k=2)])),
    "one-hot": lambda: (
        data(labels=one_hot(), mixer=CUTMIX),
        model(keras.losses.CategoricalCrossentropy(**LOGITS), ["accuracy", "categorical_accuracy"]),
    ),
    "sparse": lambda: (data(), model(keras.losses.SparseCategoricalCrossentropy(**LOGITS), ["accuracy"])),
    "probabilities": lambda: (data(), model("sparse_categorical_crossentropy", activation="softmax")),
    "ours on probabilities": lambda: (data(), model(cm.MixedCrossentropy(from_logits=False), activation="softmax")),
    "one of two classes": lambda: (
        data(labels=np.arange(COUNT)[:, None] % 2),
        model("binary_crossentropy", ["binary_accuracy"], activation="sigmoid", outputs=1),
    ),
    "several labels": lambda: (
        data(labels=np.eye(CLASSES, dtype=np.float32)[np.arange(COUNT) % CLASSES] + one_hot()[::-1], mixer=CUTMIX),
        model(keras.losses.BinaryCrossentropy(**LOGITS)),
    ),
    "own loss": lambda: (data(mixer=CUTMIX), model(lambda truth, predicted: keras.ops.mean(predicted, axis=1))),
    "scaled in the model": lambda: (data(some_images()), model(rescale=1 / 255)),
    "normalized outside": lambda: (data(some_images(1 / 60, 120.0), mixer=CUTMIX), model()),
    "smoothed": lambda: (data(labels=0.9 * one_hot() + np.float32(0.1 / CLASSES), mixer=CUTMIX), model()),
    "arrays": lambda: ((some_images(), np.arange(COUNT) % CLASSES), model()),
    "digits": lambda: (data(some_images() * (some_images() > 230)), model()),
    "no model": lambda: (data(mixer=CUTMIX), None),
}


@pytest.mark.parametrize("name", slow_but(FINE.keys() - {"one-hot", "normalized outside"}, FINE))
def test_nothing_is_found_where_nothing_is_wrong(name):
    report = cm.doctor(*FINE[name]())
    assert lines(report) == []
    assert report.ok
    assert str(report).startswith("No problems found in ")


def mixed_twice():
    once = data(labels=one_hot(), mixer=CUTMIX)
    return once.map(CUTMIX), model()


def erased_after_normalization():
    eraser = cm.RandomErasing(prob=1.0, area=(0.1, 0.2), value_range=(0, 255))
    return data(some_images(1 / 60, 120.0), mixer=eraser), model()


def with_nan():
    images = some_images()
    images[3, 2, 1] = np.nan
    return data(images), model()


SORTED = np.sort(np.arange(COUNT, dtype=np.int32) % CLASSES)
WRONG = {
    "accuracy on pairs": (
        lambda: (data(mixer=CUTMIX), model(metrics=["accuracy"])),
        "error: The metric 'accuracy' can't read pair targets (batch, 2, 2). Write metrics=[cm.MixedAccuracy()], or "
        "mix one-hot labels.",
    ),
    "a metric of Keras on pairs": (
        lambda: (data(mixer=CUTMIX), model(metrics=[keras.metrics.SparseTopKCategoricalAccuracy(k=2)])),
        "The metric SparseTopKCategoricalAccuracy can't read pair targets",
    ),
    "a loss of Keras on pairs": (
        lambda: (data(mixer=CUTMIX), model("sparse_categorical_crossentropy", activation="softmax")),
        "The loss 'sparse_categorical_crossentropy' can't read pair targets (batch, 2, 2). Write "
        "loss=cm.MixedCrossentropy(), or mix one-hot labels.",
    ),
    "a function of Keras on pairs": (
        lambda: (data(mixer=CUTMIX), model(keras.losses.categorical_crossentropy, activation="softmax")),
        "The loss categorical_crossentropy can't read pair targets",
    ),
    "categorical on ids": (
        lambda: (data(), model(keras.losses.CategoricalCrossentropy(**LOGITS))),
        "The loss CategoricalCrossentropy can't read integer class ids. Write loss=cm.MixedCrossentropy(), which reads "
        "both.",
    ),
    "sparse on one-hot": (
        lambda: (data(labels=one_hot()), model(metrics=["sparse_categorical_accuracy"])),
        "The metric 'sparse_categorical_accuracy' can't read one-hot or soft targets.",
    ),
    "two softmaxes": (
        lambda: (data(), model(activation="softmax")),
        "The model ends in a softmax, but the loss MixedCrossentropy has from_logits=True",
    ),
    "no softmax": (
        lambda: (data(), model("sparse_categorical_crossentropy")),
        "The model returns logits, but the loss 'sparse_categorical_crossentropy' has from_logits=False",
    ),
    "two sigmoids": (
        lambda: (data(labels=one_hot()), model(keras.losses.BinaryCrossentropy(**LOGITS), activation="sigmoid")),
        "The model ends in a sigmoid",
    ),
    "sorted": (lambda: (data(labels=SORTED, batch=8), model()), "have 1 class each: the data seems to be sorted"),
    "sorted and mixed": (lambda: (data(labels=SORTED, batch=12, mixer=CUTMIX), None), "sorted by class"),
    "sorted and one-hot": (lambda: (data(labels=one_hot()[SORTED], batch=8), model()), "sorted by class"),
    "batches of one": (lambda: (data(batch=1, mixer=CUTMIX), model()), "Every batch has one example, so that there is"),
    "no batches": (
        lambda: (data(batch=0), model()),
        "single examples, not batches. Batch before mixing: dataset.batch",
    ),
    "no batches, one-hot": (lambda: (data(labels=one_hot(), batch=0), model()), "single examples, not batches"),
    "no labels": (lambda: (data().map(lambda images, labels: images), model()), "gives no labels"),
    "mixed twice": (mixed_twice, "they may have been mixed twice"),
    "three classes in a target": (
        lambda: (data(labels=sum(w * np.roll(one_hot(), k, axis=1) for k, w in enumerate((0.5, 0.3, 0.2)))), model()),
        "up to 3 classes",
    ),
    "two units": (erased_after_normalization, "something was filled in pixel units after the images were normalized"),
    "scaled twice": (
        lambda: (data(some_images(1 / 255)), model(rescale=1 / 255)),
        "The model rescales pixels by 0.003922 itself, but the images lie in [",
    ),
    "labels from one": (
        lambda: (data(labels=np.arange(COUNT, dtype=np.int32) % CLASSES + 1), model()),
        "Labels go from 1 to 6, but the model has 6 outputs, for the classes 0 to 5. Subtract 1 from the labels.",
    ),
    "labels below zero": (
        lambda: (data(labels=np.arange(COUNT, dtype=np.int32) % CLASSES - 1), model()),
        "Labels go from -1 to 4, but the model has 6 outputs",
    ),
    "one label too many": (
        lambda: (data(labels=np.arange(COUNT, dtype=np.int32) % (CLASSES + 1)), model()),
        "Labels go from 0 to 6, but the model has 6 outputs, for the classes 0 to 5. End the model in Dense(7).",
    ),
    "one metric twice": (
        lambda: (data(mixer=CUTMIX), model(metrics=["categorical_accuracy", "categorical_accuracy"])),
        "The metric 'categorical_accuracy' can't read pair targets",
    ),
    "too few outputs": (lambda: (data(mixer=CUTMIX), model(outputs=4)), "End the model in Dense(6)."),
    "too few outputs for one-hot": (lambda: (data(labels=one_hot()), model(outputs=4)), "Targets have 6 classes, but"),
    "nan": (with_nan, "The images hold 3 values that are NaN or infinite."),
    "black": (lambda: (data(np.zeros((COUNT, *SIZE), np.float32)), model()), "All pixels of all images are 0."),
    "another size": (
        lambda: (data(some_images()[:, :3]), model()),
        "The model can't be called on these images: Input 0 ",
    ),
    "not compiled": (lambda: (data(), model(compiled=False)), "Call model.compile(...) first."),
}


@pytest.mark.parametrize("name", slow_but(WRONG.keys() - {"two units", "batches of one"}, WRONG))
def test_each_mistake_is_found_and_only_that(name):
    make, message = WRONG[name]
    report = cm.doctor(*make())
    assert len(report.findings) == 1, report
    assert message in str(report)
    assert "\n" not in str(report)


def test_mixed_validation_data_is_found():
    for mixed in (data(mixer=CUTMIX), data(labels=one_hot(), mixer=CUTMIX)):
        (finding,) = cm.doctor(data(), model(), validation_data=mixed).findings
        assert finding.what.startswith("The validation data is mixed")
    for plain in (data(), data(labels=one_hot()), (some_images(), np.arange(COUNT) % CLASSES)):
        assert cm.doctor(data(), model(), validation_data=plain).ok


def test_each_output_is_checked_by_its_own_loss():
    inputs = keras.Input(SIZE)
    flat = keras.layers.Flatten()(inputs)
    outputs = {"kind": keras.layers.Dense(6)(flat), "color": keras.layers.Dense(3)(flat)}
    two = keras.Model(inputs, outputs)
    ours, theirs = cm.MixedCrossentropy(), keras.losses.CategoricalCrossentropy(from_logits=True)
    labels = {"kind": np.arange(COUNT) % 6, "color": np.arange(COUNT) % 3}
    two.compile("sgd", {"kind": ours, "color": theirs}, metrics={"kind": ["accuracy"]})
    (finding,) = cm.doctor(data(labels=labels), two).findings
    assert finding.what == "The loss CategoricalCrossentropy can't read integer class ids."
    two.compile("sgd", {"kind": ours, "color": ours})
    assert cm.doctor(data(labels=labels), two).ok


@pytest.mark.slow
def test_hidden_mixing_needs_the_tapped_model():
    built = cm.models.build("resnet20", num_classes=CLASSES, input_shape=(8, 8, 3))
    tapped = cm.TappedModel(built, taps=(0, 1))
    images = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 8, 3), dtype=np.uint8)
    plain = data(images.astype(np.float32))
    mixed = plain.map(tapped.bind(cm.FeatureCutMix(taps=(0, 1))))
    for each in (built, tapped):
        each.compile("sgd", cm.MixedCrossentropy())
    assert cm.doctor(mixed, tapped).findings == ()
    assert "Train the TappedModel" in str(cm.doctor(mixed, built))
    assert "the batches carry no plan" in str(cm.doctor(plain, tapped))


def test_a_py_dataset_is_read_and_the_model_stays_as_it_was():
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return some_images()[:12], np.arange(12) % CLASSES

    checked = model()
    before = checked.get_weights()
    assert cm.doctor(Batches(), checked).checked == "2 batches and the model"
    for one, other in zip(before, checked.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_report_prints_errors_first():
    found = Finding("error", "What.", "Fix."), Finding("warning", "Hm.", "Do.")
    report = Report(found, "1 batch")
    assert repr(report) == "error: What. Fix.\nwarning: Hm. Do."
    assert not report.ok
    assert Report(found[1:], "1 batch").ok
    both = cm.doctor(data(labels=SORTED, batch=8), model(activation="softmax")).findings
    assert [finding.severity for finding in both] == ["error", "warning"]


def test_what_has_no_batches_is_rejected():
    with pytest.raises(TypeError, match="doctor looks at"):
        cm.doctor(3)
    with pytest.raises(ValueError, match="has no batches"):
        cm.doctor(data().take(0))
    with pytest.raises(ValueError, match="batches must be at least 1"):
        cm.doctor(data(), batches=0)
