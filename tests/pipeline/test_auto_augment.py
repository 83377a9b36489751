"""AutoAugment: each operation against PIL and against loops, the policies' chances, seeds, and the pipeline."""

import collections
import math
from typing import get_args

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from cutmix_tf import datasets, pipeline
from cutmix_tf.pipeline import _auto_augment
from cutmix_tf.pipeline._policies import OPERATIONS, POLICIES

RANDOM = np.random.default_rng(0)
SHAPES = [(7, 9), (8, 5), (32, 32)]
GEOMETRIC = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")
BLENDING = ("Brightness", "Contrast", "Color", "Sharpness")


def noise(height, width):
    """Noise that has not all values in each channel."""
    low, high = RANDOM.integers(0, 100, 3), RANDOM.integers(120, 256, 3)
    return RANDOM.integers(low, high, (height, width, 3)).astype(np.uint8)


def apply(images, kinds, amounts):
    """One operation a image, then none."""
    kinds = np.stack([[OPERATIONS.index(kind) for kind in kinds], np.zeros(len(kinds))], axis=1).astype(np.int32)
    amounts = np.stack([amounts, np.zeros(len(amounts))], axis=1).astype(np.int32)
    operations = _auto_augment.Operations(tf.constant(kinds), tf.constant(amounts))
    return _auto_augment.apply_policy(tf.constant(images), operations).numpy()


def apply_one(image, kind, amount=0):
    return apply(image[None], [kind], [amount])[0]


def with_pil(image, kind, amount):
    """The operation as PIL makes it, its magnitude from 10 evenly spaced values."""
    pil, strength = Image.fromarray(image), abs(amount)
    share = np.linspace(0, 1, 10)[strength] * np.sign(amount)
    height, width = image.shape[:2]
    if kind in BLENDING:
        return np.asarray(getattr(ImageEnhance, kind)(pil).enhance(0.1 + 1.8 * abs(share)))
    matrices = {
        "ShearX": (1, 0.3 * share, 0, 0, 1, 0),
        "ShearY": (1, 0, 0, 0.3 * share, 1, 0),
        "TranslateX": (1, 0, share * width * 150 / 331, 0, 1, 0),
        "TranslateY": (1, 0, 0, 0, 1, share * height * 150 / 331),
    }
    if kind in matrices:
        affine = Image.Transform.AFFINE
        return np.asarray(pil.transform(pil.size, affine, matrices[kind], fillcolor=(128, 128, 128)))
    if kind == "Rotate":
        return np.asarray(pil.rotate(30 * share, fillcolor=(128, 128, 128)))
    if kind == "Solarize":
        return np.asarray(ImageOps.solarize(pil, math.ceil(256 - 256 * strength / 9)))
    if kind == "Posterize":
        return np.asarray(ImageOps.posterize(pil, round(8 - 4 * strength / 9)))
    return np.asarray(getattr(ImageOps, kind.lower())(pil))


# ---- operations ----


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["Invert", "Solarize", "Posterize", "Equalize"])
def test_values_change_as_in_pil(kind, shape):
    images = np.stack([noise(*shape) for _ in range(10)])
    expected = [with_pil(image, kind, amount) for amount, image in enumerate(images)]
    np.testing.assert_array_equal(apply(images, [kind] * 10, range(10)), expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", [*BLENDING, "AutoContrast"])
def test_calculated_values_are_those_of_pil_but_for_its_rounding_errors(kind, shape):
    """PIL cuts floats off, and is lower by one where a float falls just short of a whole number."""
    amounts = np.arange(-9, 10)
    images = np.stack([noise(*shape) for _ in amounts])
    changed = apply(images, [kind] * len(amounts), amounts).astype(int)
    expected = np.array([with_pil(image, kind, amount) for amount, image in zip(amounts, images, strict=True)])
    np.testing.assert_allclose(changed, expected, atol=1)
    assert np.mean(changed != expected) < 0.02


def test_blends_are_exact():
    image = noise(6, 5)
    for amount in (-9, -4, 0, 1, 7):
        factor = 1 + 2 * abs(amount)
        bright = image.astype(int) * factor // 10
        np.testing.assert_array_equal(apply_one(image, "Brightness", amount), np.minimum(bright, 255))
        gray = (np.sum(image * np.array([19595, 38470, 7471]), axis=-1, keepdims=True) + 32768) // 65536
        mean = int(gray.mean() + 0.5)
        for kind, end in (("Color", gray), ("Contrast", mean)):
            expected = np.clip(((10 - factor) * end + factor * image.astype(int)) / 10, 0, 255)
            np.testing.assert_array_equal(apply_one(image, kind, amount), np.floor(expected + 1e-9))


def test_sharpness_leaves_the_border_and_weighs_the_middle_five_times():
    image = np.zeros((5, 6, 3), np.uint8)
    image[2, 2] = image[0, 5] = 130
    blurred = apply_one(image, "Sharpness", 0)[..., 0]  # nine tenths of the smooth image
    expected = np.zeros((5, 6))
    expected[1:4, 1:4] = 9  # a thirteenth of 130, of which nine tenths
    expected[1, 4] = 9
    expected[2, 2] = 0.1 * 130 + 0.9 * 50  # five thirteenths
    expected[0, 5] = 130
    np.testing.assert_array_equal(blurred, np.floor(expected))


def from_place(image, x, y):
    """The pixel over which the point (x, y) lies; gray outside."""
    height, width = image.shape[:2]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    rows, columns = (np.clip(np.floor(p), 0, side - 1).astype(int) for p, side in ((y, height), (x, width)))
    return np.where(inside[..., None], image[rows, columns], 128)


@pytest.mark.parametrize("shape", [*SHAPES, (63, 97)], ids=str)
@pytest.mark.parametrize("kind", GEOMETRIC)
def test_pixels_come_from_where_the_matrix_says(kind, shape):
    amounts = np.arange(-9, 10)
    height, width = shape
    images = np.stack([noise(*shape) for _ in amounts])
    moved = apply(images, [kind] * len(amounts), amounts)
    y, x = np.mgrid[:height, :width] + 0.5
    compared = []
    for amount, image, actual in zip(amounts / 9, images, moved, strict=True):
        angle, u, v = np.radians(30 * amount), x - width / 2, y - height / 2
        from_x, from_y = {
            "ShearX": (x + 0.3 * amount * y, y),
            "ShearY": (x, y + 0.3 * amount * x),
            "TranslateX": (x + amount * 150 / 331 * width, y),
            "TranslateY": (x, y + amount * 150 / 331 * height),
            "Rotate": (
                np.cos(angle) * u - np.sin(angle) * v + width / 2,
                np.sin(angle) * u + np.cos(angle) * v + height / 2,
            ),
        }[kind]
        clear = np.minimum(abs(from_x - np.rint(from_x)), abs(from_y - np.rint(from_y))) > 0.002  # not between pixels
        compared.append(clear.mean())
        np.testing.assert_array_equal(actual[clear], from_place(image, from_x, from_y)[clear])
    assert np.mean(compared) > 0.8


@pytest.mark.parametrize("kind", GEOMETRIC)
def test_images_move_as_in_pil(kind):
    amounts = np.arange(-9, 10)
    images = np.stack([noise(61, 83) for _ in amounts])
    moved = apply(images, [kind] * len(amounts), amounts)
    for amount, image, actual in zip(amounts, images, moved, strict=True):
        # Points on the line between two pixels may fall to either.
        assert np.mean(np.any(actual != with_pil(image, kind, amount), axis=-1)) < 0.02, amount


def test_directions():
    """A positive amount brings what is right or below, and turns anticlockwise."""
    image = np.zeros((33, 33, 3), np.uint8)
    image[16, 16] = 255
    spots = {}
    for kind in GEOMETRIC:
        changed = apply_one(image, kind, 9)[..., 0]
        spots[kind] = tuple(int(place[0]) for place in np.nonzero(changed == 255))
    assert spots["TranslateX"] == (16, 1)
    assert spots["TranslateY"] == (1, 16)
    assert spots["ShearX"] == (16, 11)
    assert spots["ShearY"] == (11, 16)
    assert spots["Rotate"] == (16, 16)
    image[16, 26] = 200
    turned = apply_one(image, "Rotate", 9)[..., 0]
    assert [int(place[0]) for place in np.nonzero(turned == 200)] == [11, 25]  # ten pixels right, turned upwards by 30°
    assert turned[0, 0] == 128


def test_nothing_happens_at_magnitude_0_where_there_is_none():
    still = (*GEOMETRIC, "Solarize", "Posterize", "Identity")
    images = np.stack([noise(9, 7) for _ in still])
    np.testing.assert_array_equal(apply(images, still, [0] * len(still)), images)


def test_solarize_inverts_everything_in_the_end():
    image = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    np.testing.assert_array_equal(apply_one(image, "Solarize", 9), 255 - image)


def test_flat_images_stay_as_they_are():
    images = np.full((2, 6, 5, 3), (7, 128, 255), np.uint8)
    np.testing.assert_array_equal(apply(images, ["AutoContrast", "Equalize"], [9, 9]), images)


@pytest.mark.parametrize("shape", [(1, 1), (1, 8), (2, 3), (300, 2)], ids=str)
def test_slim_images(shape):
    images = np.stack([noise(*shape)] * len(OPERATIONS))
    changed = apply(images, OPERATIONS, [6] * len(OPERATIONS))
    for kind, image, actual in zip(OPERATIONS[1:], images[1:], changed[1:], strict=True):
        if kind not in GEOMETRIC:
            np.testing.assert_allclose(actual.astype(int), with_pil(image, kind, 6), atol=1)
    np.testing.assert_array_equal(changed[0], images[0])


def test_operations_are_applied_one_after_the_other():
    images = np.stack([noise(12, 11) for _ in range(6)])
    kinds = RANDOM.integers(1, len(OPERATIONS), (6, 2)).astype(np.int32)
    amounts = RANDOM.integers(-9, 10, (6, 2)).astype(np.int32)
    both = _auto_augment.apply_policy(
        tf.constant(images), _auto_augment.Operations(tf.constant(kinds), tf.constant(amounts))
    )
    for step in range(2):
        images = apply(images, [OPERATIONS[kind] for kind in kinds[:, step]], amounts[:, step])
    np.testing.assert_array_equal(both, images)


# ---- policies ----


def test_policies_are_made_of_known_operations():
    assert get_args(pipeline.AutoAugmentPolicy) == ("none", *POLICIES)
    for policy in POLICIES.values():
        assert len(policy) == 25
        for kind, prob, magnitude in (operation for pair in policy for operation in pair):
            assert kind in OPERATIONS[1:]
            assert 10 * prob in range(11)
            assert magnitude in range(10)


def outcomes(policy):
    """The chance of each pair of (kind, signed magnitude), from the table."""
    chances = collections.Counter()
    for first, second in POLICIES[policy]:
        for one, prob_one in cases(*first):
            for two, prob_two in cases(*second):
                chances[one, two] += prob_one * prob_two / 25
    return {pair: chance for pair, chance in chances.items() if chance > 0}


def cases(kind, prob, magnitude):
    yield (0, 0), 1 - prob
    for sign in (-1, 1):
        yield (OPERATIONS.index(kind), sign * magnitude), prob / 2


@pytest.mark.parametrize("policy", POLICIES)
def test_operations_come_as_often_as_the_policy_says(policy):
    count = 200_000
    kinds, amounts = (part.numpy() for part in _auto_augment.sample_policy(count, policy, (3, 4)))
    pairs = np.stack([kinds, amounts], axis=-1)  # of image, step, and kind and amount
    drawn, numbers = np.unique(pairs.reshape(count, 4), axis=0, return_counts=True)
    drawn = dict(zip((((a, b), (c, d)) for a, b, c, d in drawn.tolist()), numbers / count, strict=True))
    expected = outcomes(policy)
    assert set(drawn) <= set(expected)
    for pair, chance in expected.items():
        assert abs(drawn.get(pair, 0) - chance) < 5 * np.sqrt(chance / count), pair


def test_sub_policies_are_equally_likely():
    """Fifteen of CIFAR-10's sub-policies show in the pair of operations, where both are applied."""
    kinds = _auto_augment.sample_policy(100_000, "cifar10", (5, 6)).kinds.numpy()
    names = [(first[0], second[0]) for first, second in POLICIES["cifar10"]]
    unique = [(name, pair) for name, pair in zip(names, POLICIES["cifar10"], strict=True) if names.count(name) == 1]
    assert len(unique) >= 15
    for name, ((_, prob_one, _), (_, prob_two, _)) in unique:
        both = np.all(kinds == [OPERATIONS.index(kind) for kind in name], axis=1).mean()
        assert both == pytest.approx(prob_one * prob_two / 25, abs=0.0015)


# ---- seeds, shapes, refusals ----


@pytest.mark.slow
def test_equal_seeds_give_equal_bits_everywhere():
    images = tf.constant(np.stack([noise(13, 18) for _ in range(40)]))

    def changed(images, seed):
        return pipeline.auto_augment(images, "imagenet", seed)

    expected = changed(images, (7, 8))
    assert expected.dtype == tf.uint8
    assert expected.shape == images.shape
    unknown = [tf.TensorSpec([None, None, None, 3], tf.uint8), tf.TensorSpec([2], tf.int32)]
    for variant in (tf.function(changed), tf.function(changed, jit_compile=True, input_signature=unknown)):
        np.testing.assert_array_equal(variant(images, tf.constant([7, 8])), expected)
    mapped = tf.data.Dataset.from_tensors(images).map(lambda batch: changed(batch, (7, 8)))
    np.testing.assert_array_equal(next(iter(mapped)), expected)
    assert np.any(changed(images, (7, 9)) != expected)


@pytest.mark.parametrize(
    ("images", "policy", "message"),
    [
        (np.zeros((2, 4, 4, 3), np.uint8), "cifar", r"policy must be one of 'cifar10', 'imagenet'; got 'cifar'"),
        (np.zeros((2, 4, 4, 3), np.float32), "cifar10", r"uint8 .*; got float32 \(2, 4, 4, 3\)\. Augment before"),
        (np.zeros((2, 4, 4, 1), np.uint8), "cifar10", r"got uint8 \(2, 4, 4, 1\)"),
        (np.zeros((4, 4, 3), np.uint8), "imagenet", r"got uint8 \(4, 4, 3\)"),
    ],
)
def test_refusals(images, policy, message):
    with pytest.raises(ValueError, match=message):
        pipeline.auto_augment(images, policy, (1, 2))


# ---- in the pipeline ----


PLAIN = {"image_size": (8, 10), "mean": (0, 0, 0), "std": (1, 1, 1)}


def split(**maps):
    images = np.random.default_rng(1).integers(0, 256, (24, 8, 10, 3), dtype=np.uint8)
    return datasets.ArraySplit(images, np.arange(24, dtype=np.int32), **maps)


def train(preprocessing, split, **options):
    batches = pipeline.train_batches(split, preprocessing, batch_size=6, seed=1, **options).take(8)
    return [(images.numpy(), labels.numpy()) for images, labels in batches]


CROPPED = pipeline.Preprocessing(**PLAIN, augment="crop_flip")
AUGMENTED = pipeline.Preprocessing(**PLAIN, augment="crop_flip", auto_augment="cifar10")


@pytest.mark.slow
def test_it_changes_cropped_images_in_training_only():
    changed = 0
    for (images, labels), (before, same) in zip(train(AUGMENTED, split()), train(CROPPED, split()), strict=True):
        np.testing.assert_array_equal(labels, same)
        changed += np.sum(np.any(images != before, axis=(1, 2, 3)))
    assert 20 < changed < 48
    for images, labels in pipeline.eval_batches(split(), AUGMENTED, batch_size=6):
        np.testing.assert_array_equal(images, split().images[labels])


@pytest.mark.slow
def test_a_restart_goes_on_with_the_same_images():
    whole, later = train(AUGMENTED, split()), train(AUGMENTED, split(), first_step=3)
    for (images, _), (others, _) in zip(whole[3:], later[:5], strict=True):
        np.testing.assert_array_equal(images, others)


@pytest.mark.slow
def test_imagenet_images_get_colors_afterwards():
    preprocessing = pipeline.Preprocessing(**PLAIN, augment="imagenet", auto_augment="imagenet")
    values = np.concatenate([images for images, _ in train(preprocessing, split())])
    assert np.any(values != np.rint(values))  # colors are changed in floats


@pytest.mark.slow
def test_cached_maps_are_refused_and_live_ones_are_made_of_the_changed_images():
    with_maps = split(attention=np.zeros((24, 2, 2), np.uint8))

    def mix(images, labels, *, attention, seed):
        return images, attention

    message = "Cached attention maps can't follow .*auto_augment='cifar10'.*live attention"
    with pytest.raises(ValueError, match=message):
        pipeline.train_batches(with_maps, AUGMENTED, batch_size=6, seed=1, mix=mix)

    def attend(images):
        return tf.reduce_mean(tf.cast(images, tf.float32), axis=-1)

    for images, maps in train(AUGMENTED, split(), mix=mix, attend=attend):
        np.testing.assert_allclose(maps, images.mean(axis=-1), rtol=1e-5)


def test_wrong_policies_are_refused():
    with pytest.raises(ValueError, match=r"auto_augment must be one of 'none', 'cifar10', 'imagenet'; got 'svhn'"):
        pipeline.Preprocessing(**{**PLAIN, "auto_augment": "svhn"})
