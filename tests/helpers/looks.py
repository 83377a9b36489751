"""What there is to see of a config's training, prepared or just started, without a step being taken."""

import dataclasses
import functools
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from cutmix_tf import datasets, pipeline, training
from cutmix_tf.layers import LinearDropSchedule
from cutmix_tf.models import MODELS
from cutmix_tf.training import _prepare
from cutmix_tf.training._average import WeightAverage
from helpers.small_runs import CLASSES, MEAN, STD, small_model, small_set, split_of
from helpers.started import started

# ---- what is loaded ----


def loaded(setting, config):
    """What a dataset is asked for."""
    asked, both = {}, small_set(validation=split_of(17, seed=3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_prepare, "load", lambda name, **options: asked.update(options, name=name) or both)
        training.prepare(config)
    return asked[setting]


def judged_examples(config):
    """How many examples the model is evaluated on after an epoch."""
    call = start(config)
    return sum(len(labels) for _, labels in call.options["validation_data"])


# ---- batches ----


def prepared(config):
    return training.prepare(config, images=small_set())


def first_batch(config):
    """Images as pixels, and targets."""
    images, targets = next(iter(prepared(config).train_batches()))
    return np.array(images) * np.float32(STD) + np.float32(MEAN), np.array(targets)


def augmentation(config):
    """How the images of a batch differ from those of the dataset."""
    images, _ = first_batch(config)
    originals = {image.tobytes() for image in small_set().train.images}
    mirrored = {image[:, ::-1].tobytes() for image in small_set().train.images}
    if np.abs(images - np.rint(images)).max() > 0.01:
        return "colors"
    found = [image.tobytes() for image in np.rint(images).astype(np.uint8)]
    kept, flipped = (sum(image in each for image in found) for each in (originals, mirrored))
    return "none" if kept == 16 else "flips" if kept + flipped == 16 else "other"


def erased(config):
    """Whether pixels are 250, brighter than any of the dataset."""
    images, _ = first_batch(config)
    return bool(np.any(np.abs(images - 250) < 0.01))


def mixing(config):
    """Whether boxes were pasted, values blended, or nothing, by the targets; and where: in images or in features."""
    inputs, targets = next(iter(prepared(config).train_batches(1)))
    if isinstance(inputs, dict):
        return "features"
    if targets.ndim == 1:
        return "nothing"
    steps = np.array(targets)[:, 1, 1] * 64  # of the partner's weight, in pixels of an image
    return "boxes" if np.all(steps == np.rint(steps)) else "values"


def mixed_shares(config):
    """The share of mixed examples in each of the first eight batches, rounded to 0 or 1."""
    batches = prepared(config).train_batches().take(8)
    return [round(float(np.mean(targets[:, 1, 1] > 0))) for _, targets in batches]


def batch_sizes(config):
    """Of the training and of the evaluation."""
    made = prepared(config)
    batches = made.train_batches(), made.eval_batches("test")
    return [len(next(iter(each))[0]) for each in batches]


def image_sizes(config):
    made = prepared(config)
    return [tuple(each.element_spec[0].shape[1:3]) for each in (made.train_batches(), made.eval_batches("test"))]


def known_shapes(config):
    """Whether all shapes of batches are known, in training and in evaluation."""
    made = prepared(config)
    batches = made.train_batches(), made.eval_batches("test")
    return [all(spec.shape.is_fully_defined() for spec in each.element_spec) for each in batches]


def delivered_by(config):
    """The data service that is asked for batches, and the epochs that `fit` is then called for at once."""
    asked = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "train_batches", lambda *_, **options: asked.update(options))
        epochs = started(config, model=small_model, images=small_set()).options["epochs"]
    return asked["source"] and asked["source"].address, epochs


# ---- attention ----


def save_teachers():
    """Two teachers as files: one attends to bright pixels, the other to dark ones.

    Their layers have names, since a cache of maps knows its teacher by these too.
    """
    for name, weight, bias in (("bright", 1 / 3, 0.0), ("dark", -1 / 3, 255.0)):
        inputs = keras.Input((8, 8, 3))
        weights = {"kernel_initializer": keras.initializers.Constant(weight)}
        weights["bias_initializer"] = keras.initializers.Constant(bias)
        maps = keras.layers.Conv2D(1, 1, name="map", **weights)(inputs)
        keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(maps)).save(f"{name}.keras")


def attended(config):
    """Which cells of partners are pasted: "bright" ones make the images of the batch brighter, "dark" ones darker."""
    save_teachers()
    made = training.prepare(config, images=two_halves()).with_attention()
    images, _ = next(iter(made.train_batches()))
    mean = float(np.mean(images)) * STD[0] + MEAN[0]
    return "bright" if mean > 126 else "dark" if mean < 124 else "neither"


def two_halves():
    """Images of which one half is 30 and the other 220: the left one in odd images, and the right one in even ones."""
    images = np.full((60, 8, 8, 3), 30, np.uint8)
    images[::2, :, :4] = images[1::2, :, 4:] = 220
    split = datasets.ArraySplit(images, np.arange(60, dtype=np.int32) % CLASSES)
    return dataclasses.replace(small_set(), splits={"train": split, "test": split})


def caches(config):
    """The files of attention maps, and whether examples carry maps."""
    save_teachers()
    made = training.prepare(config, images=two_halves()).with_attention()
    files = sorted(str(path) for path in Path().rglob("*.npz"))
    return files, made.train_split.attention is not None


# ---- what is replayed ----


def replays(config):
    """Whether the second batch of a run is made again as it was."""
    save_teachers()
    expected = list(started(config, model=small_model, images=two_halves()).batches.take(2))[1]
    batch = training.replay(config.run_dir, 1, images=two_halves())
    return all(np.array_equal(batch[name], value) for name, value in zip(("images", "targets"), expected, strict=True))


def last_step(config):
    """The last step of a run that can be replayed, as its error says."""
    start.__wrapped__(config)
    with pytest.raises(ValueError, match="step must be") as refused:
        training.replay(config.run_dir, 10**6, images=small_set(validation=split_of(17, seed=3)))
    return int(re.search(r"at most (\d+)", str(refused.value))[1])


# ---- the model, its optimizer and callbacks ----


@functools.cache
def start(config):
    """What `fit` is called with; the same for equal configs, which saves a quarter of a second each."""
    images = small_set(validation=split_of(17, seed=3))
    model = None if config.model in MODELS else small_model
    return started(config, model=model, images=images, make_batches=False)


def layers(kind, look, config):
    """What is seen of each layer of that type."""
    model = start(config).model
    return [look(layer) for layer in getattr(model, "base", model).layers if isinstance(layer, kind)]


def first_convolution(config):
    return layers(keras.layers.Conv2D, lambda layer: (layer.kernel_size, layer.strides), config)[0]


def last_map(config):
    """Height and width of what is pooled."""
    return layers(keras.layers.GlobalAveragePooling2D, lambda layer: layer.input.shape[1:3], config)[0]


def drop_schedules(config):
    """In how many epochs each schedule of drop rates reaches its end."""
    callbacks = start(config).options["callbacks"]
    return [each.epochs for each in callbacks if isinstance(each, LinearDropSchedule)]


def averages(config):
    """The decays of the averages of weights."""
    callbacks = start(config).options["callbacks"]
    return [each.decay for each in callbacks if isinstance(each, WeightAverage)]


def learning_rates(steps, config):
    """The rate at each of the steps, of which an epoch has four."""
    optimizer, rates = start(config).model.optimizer, []
    for step in steps:
        optimizer.iterations.assign(step)
        rates.append(round(float(optimizer.learning_rate), 5))
    return rates


def smoothed_loss(config):
    """Of logits 0, 1, …, 9 and label 3."""
    loss = start(config).model.loss(np.int32([3]), np.arange(CLASSES, dtype=np.float32)[None])
    return round(float(loss), 4)


def smoothed_by_hand(smoothing):
    logits = np.arange(CLASSES)
    surprise = np.log(np.exp(logits).sum()) - logits
    return round((1 - smoothing) * surprise[3] + smoothing * surprise.mean(), 4)


def written_to(config):
    """The folders of runs."""
    start(config)
    return [str(path.parent) for path in Path().rglob("config.json")]


def seed_of_weights(config):
    """The seed, 0 or 1, that gives the model's initial weights."""
    weights = start(config).model.get_weights()
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        if all(np.array_equal(*pair) for pair in zip(weights, small_model().get_weights(), strict=True)):
            return seed
    return None


def seed_of_batches(config):
    """The seed, 0 or 1, that gives the first batch, by the pipeline itself."""
    made = prepared(config)
    expected = next(iter(made.train_batches()))
    for seed in (0, 1):
        options = {"batch_size": config.batch_size, "mix": config.mix, "seed": seed}
        batch = next(iter(pipeline.train_batches(made.train_split, made.preprocessing, **options)))
        if np.array_equal(batch[0], expected[0]) and np.array_equal(batch[1], expected[1]):
            return seed
    return None


def option(name, config):
    """An argument of `fit`."""
    return start(config).options[name]
