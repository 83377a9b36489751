"""The steps from a batch of a split to a batch for the model: size, augment, erase, mix, normalize.

Augmentation is one compiled pass over a batch; erasing, mixing and normalization are another. Pixels stay uint8 for as
long as possible. A single pass would be three times slower: XLA fuses the crop into the mixing, and would crop each
image again for each use.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from cutmix_tf._cells import pool_cells
from cutmix_tf._random import child_seeds
from cutmix_tf._xla import cached_compile
from cutmix_tf.pipeline._auto_augment import auto_augment
from cutmix_tf.pipeline._color import apply_jitter, apply_lighting, sample_jitter, sample_lighting
from cutmix_tf.pipeline._crop_flip import apply_geometry, sample_crop_flip
from cutmix_tf.pipeline._normalization import normalize
from cutmix_tf.pipeline._preprocessing import Preprocessing
from cutmix_tf.pipeline._resize import random_resized_crops, resized_center_crops, with_map_channel

Mix = Callable[..., tuple[Any, Any]]


def to_train_size(preprocessing: Preprocessing, images: tf.Tensor, seed: tf.Tensor, maps=None) -> tf.Tensor:
    """Training images, encoded or not, as uint8 of the size wanted; maps become a fourth channel."""
    if preprocessing.augment == "imagenet":
        return random_resized_crops(images, preprocessing.image_size, seed, maps)
    return to_eval_size(preprocessing, images, maps)


def to_eval_size(preprocessing: Preprocessing, images: tf.Tensor, maps=None) -> tf.Tensor:
    """Test images, encoded or not, as uint8 of the size wanted; maps become a fourth channel."""
    size, resize_to = preprocessing.image_size, preprocessing.resize_to
    if images.shape[1:3] == size == resize_to:
        return images if maps is None else with_map_channel(images, maps)
    return resized_center_crops(images, size, resize_to, maps)


def augmenting(preprocessing: Preprocessing, grid: tuple[int, int] | None) -> Callable[..., tuple]:
    """The compiled function (images, seed) -> (images, maps).

    Args:
      preprocessing: Says what is done.
      grid: Rows and columns of the maps in a fourth channel, which moves with the pixels up to the flip; or None.
    """
    return cached_compile(_augment, preprocessing.augment, preprocessing.padding, preprocessing.auto_augment, grid)


def finishing(preprocessing: Preprocessing, erase: Mix | None = None, mix: Mix | None = None) -> Callable[..., tuple]:
    """The compiled function (images, labels, details, erase_seed, mix_seed) -> (inputs, targets).

    Inputs are normalized images, or {"images": …, "plan": …} for a mixer that works inside the model.
    """
    erase_mix_normalize = cached_compile(_erase_mix_normalize, preprocessing.mean, preprocessing.std, erase, mix)

    def finish(*parts):
        images, plan, targets = erase_mix_normalize(*parts)
        # One compiled function serves pipelines of several sizes, and so doesn't know this one's.
        images = tf.ensure_shape(images, [None, *preprocessing.image_size, 3])
        return {"images": images, "plan": plan} if plan else images, targets

    return finish


def _augment(augment: str, padding: int, policy: str, grid: tuple[int, int] | None, images, seed) -> tuple:
    """Augmented images and, with a grid, the mean of the fourth channel in each of its cells."""
    geometry_seed, jitter_seed, lighting_seed, policy_seed = child_seeds(seed, 4)
    batch = tf.shape(images)[0]
    if augment != "none":
        padded = padding if augment == "crop_flip" else 0
        images = apply_geometry(images, sample_crop_flip(batch, padded, geometry_seed))
    maps = None if grid is None else pool_cells(images[:, :, :, 3], grid)
    images = images[:, :, :, :3]
    if policy != "none":
        images = auto_augment(images, policy, policy_seed)
    if augment == "imagenet":
        images = apply_jitter(tf.cast(images, tf.float32), sample_jitter(batch, jitter_seed))
        images = apply_lighting(images, sample_lighting(batch, lighting_seed))
    return images, maps


def _erase_mix_normalize(
    mean: tuple, std: tuple, erase: Mix | None, mix: Mix | None, images, labels, details, erase_seed, mix_seed
) -> tuple:
    """Normalized images, the plan of a mixer that works inside the model (else empty), and targets."""
    if erase is not None:
        images, labels = erase(images, labels, seed=erase_seed)
    if mix is not None:
        details = {name: value for name, value in details.items() if value is not None}
        images, labels = mix(images, labels, **details, seed=mix_seed)
    images, plan = (images["images"], images["plan"]) if isinstance(images, dict) else (images, {})
    return normalize(images, mean, std), plan, labels
