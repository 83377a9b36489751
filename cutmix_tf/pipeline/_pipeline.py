"""The input pipeline: from a split to batches, as a pure function of (split, preprocessing, seed, step).

The steps, each with the key of its chance:

1. order, (seed, epoch): which examples make up a batch; indices into memory, or records read from disk.
2. size, (seed, step): decode, crop and resize example by example, where pictures have not the size wanted.
3. augment, (seed, step): crop and flip, AutoAugment, then color. Attention maps of a split ride along up to the
   flip as a fourth channel, which is moved as the pixels are; or a function makes them from the augmented pictures.
4. erase, then mix, (seed, step).
5. normalize.

Step 3 is one compiled pass over a batch, 4 and 5 are another; pixels stay uint8 for as long as possible. All in
one pass is three times slower: XLA fuses the crop into the mixing, and crops each picture again for each use.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import tensorflow as tf

from cutmix_tf._cells import pool_cells
from cutmix_tf._checks import check_choice, check_number, check_whole
from cutmix_tf._random import child_seeds, fold_in
from cutmix_tf._xla import cached_compile
from cutmix_tf.datasets import ArraySplit, Split
from cutmix_tf.pipeline._auto_augment import POLICIES, auto_augment
from cutmix_tf.pipeline._color import apply_jitter, apply_lighting, sample_jitter, sample_lighting
from cutmix_tf.pipeline._resize import MARGIN, lay_over, random_resized_crops, resized_center_crops, whole_pictures
from cutmix_tf.pipeline._service import DataService, epoch_by_workers
from cutmix_tf.pipeline._transforms import apply_geometry, normalize, sample_crop_flip

Mix = Callable[..., tuple[tf.Tensor, Any]]
Attend = Callable[[tf.Tensor], tf.Tensor]

_STREAM = 0xDA7A  # keeps the pipeline's chance apart from what others draw from the same run seed


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """What happens to pictures on their way into the network.

    Attributes:
      image_size: height and width of the batches.
      mean: of each channel, in pixel units from 0 to 255, subtracted at the end.
      std: of each channel, in pixel units, divided by at the end.
      augment: in training: "none"; "flip" mirrors half of the pictures; "crop_flip" also moves them by up to
        `padding` pixels, filling with zeros (CIFAR); "imagenet" takes a random resized crop, mirrors half of
        the pictures, and changes their colors.
      padding: of "crop_flip", in pixels.
      auto_augment: in training, after crop and flip and before colors: "none", or the policy that AutoAugment
        found for "cifar10" or for "imagenet".

    Pictures of another size are resized and cropped at the center, after "imagenet" training with the margin
    that is usual there (shorter side 256 for a crop of 224).

    Raises:
      ValueError: if a value is out of its range, or no tuple of its length.
    """

    image_size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    augment: Literal["none", "flip", "crop_flip", "imagenet"] = "none"
    padding: int = 4
    auto_augment: Literal["none", "cifar10", "imagenet"] = "none"

    def __post_init__(self):
        check_choice("augment", self.augment, ("none", "flip", "crop_flip", "imagenet"))
        check_whole("padding", self.padding, low=0)
        check_choice("auto_augment", self.auto_augment, ("none", *POLICIES))
        for name, length in (("image_size", 2), ("mean", 3), ("std", 3)):
            values = getattr(self, name)
            if not isinstance(values, tuple) or len(values) != length:
                raise ValueError(f"{name} must be a tuple of {length} numbers; got {values!r}.")
        for side in self.image_size:
            check_whole("image_size", side, low=1)
        for value in self.std:
            check_number("std", value, low=0, above=True)


def train_batches(
    split: Split,
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    seed: int,
    erase: Mix | None = None,
    mix: Mix | None = None,
    strength: Callable[[tf.Tensor], tf.Tensor] | None = None,
    attend: Attend | None = None,
    first_step: int = 0,
    static_shapes: bool = False,
    service: DataService | None = None,
) -> tf.data.Dataset:
    """Batches for training, without end, epoch after epoch; each epoch keeps its last partial batch.

    Equal arguments give equal bits, whatever the number of threads, in every process and after a restart: the
    dataset from `first_step=k` goes on where another one was after k batches.

    With a service its workers make the batches, and the dataset ends with the epoch of `first_step`. Batches come in
    the order in which they are ready. Those of a split in memory are the same to the bit; of a stream, the examples
    are the same, each once. Workers that are killed take with them what they held.

    Args:
      split: of a loaded dataset.
      preprocessing: the size, the augmentation and the normalization.
      batch_size: examples in a batch, over all replicas.
      seed: of the run, from 0 to 2**31 - 1.
      mix: called as `mix(images, labels, seed=pair)` on the augmented pixels of a batch, uint8 (or float32
        in pixel units after "imagenet"), and int32 labels; gives (images, targets). It is compiled, by
        XLA where that is there, and must draw all chance from the seed. Where there are attention maps, it
        is called with `attention=maps` too, float32 (b, rows, columns).
      erase: called before, in the same way, without maps; gives (images, labels).
      strength: gives, for a step counted from 0, what `mix` is called with as `strength`.
      attend: makes the attention maps of a batch from its augmented pixels; else those of the split are
        used, if it has any, moved as their pictures were.
      first_step: number of batches, over all epochs, that are left out.
      static_shapes: whether each epoch leaves out its last partial batch, so that all shapes are known, as TPUs need.
      service: whose workers make the batches; None for this process. They must find image folders and prepared sets
        under the same paths.

    Returns:
      A dataset of (images, labels): float32 (b, height, width, 3), and int32 (b,) or the targets of `mix`. Where
      `mix` gives {"images": …, "plan": …} in place of images, so does the dataset.

    Raises:
      TypeError, ValueError: if an argument is no whole number in its range, or maps are given and not mixed by, or the
        split's own maps are to follow AutoAugment, which moves pixels, or a service can't do what is asked.
      ConnectionError: if no dispatcher answers at the service's address.
    """
    check_whole("seed", seed, low=0, high=2**31 - 1)
    check_whole("first_step", first_step, low=0)
    if mix is None and (attend is not None or split.attention is not None):
        raise ValueError("Attention maps are for mixing; got maps and mix=None. Give a mixer, or leave out the maps.")
    if preprocessing.auto_augment != "none" and attend is None and split.attention is not None:
        raise ValueError(
            "Cached attention maps can't follow pictures that AutoAugment moves; "
            f"got auto_augment={preprocessing.auto_augment!r} and a split with maps. "
            "Use live attention, made of the augmented pictures, or auto_augment='none'."
        )
    if service is not None and attend is not None:
        raise ValueError(
            "A data service can't ask a teacher that lives in this process; got live attention. Use cached maps."
        )
    steps = split.steps_per_epoch(batch_size, static_shapes=static_shapes)
    first_epoch, skipped = divmod(first_step, steps)
    grid = None if split.attention is None else split.attention.shape[1:]
    augment = cached_compile(_augment, preprocessing.augment, preprocessing.padding, preprocessing.auto_augment, grid)
    joined_later = service is not None and not isinstance(split, ArraySplit)
    finish = _finish(preprocessing, erase, mix, batch_size if static_shapes and not joined_later else None)

    with tf.device("CPU:0"):
        order_seed, step_seed = child_seeds(tf.constant([seed, _STREAM]), 2)

        def ordered(epoch):
            batches = split.batches(batch_size, fold_in(order_seed, epoch))
            return batches.take(steps) if static_shapes else batches

        def prepared(step, batch):
            images, labels, *maps = batch
            size_seed, augment_seed, mix_seed, erase_seed = child_seeds(fold_in(step_seed, step), 4)
            images = _to_size(preprocessing, images, size_seed, *maps)
            images, maps = augment(images, augment_seed)
            details = {
                "attention": attend(images) if attend else maps,
                "strength": strength(step) if strength else None,
            }
            return finish(images, labels, details, erase_seed, mix_seed)

        if service is not None:
            epoch = {"seed": fold_in(order_seed, first_epoch), "steps": steps, "first_step": first_step}
            return _delivered(
                epoch_by_workers(service, split, prepared, batch_size=batch_size, whole_only=static_shapes, **epoch)
            )
        batches = (
            tf.data.Dataset.range(first_epoch, tf.int64.max)
            .flat_map(ordered)
            .skip(skipped)
            .enumerate(first_step)
            .map(prepared, num_parallel_calls=tf.data.AUTOTUNE)
            .apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        )
    return _delivered(batches)


def test_batches(
    split: Split,
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    static_shapes: bool = False,  # noqa: PT028 - no test
) -> tf.data.Dataset:
    """Batches for testing: each example once, in the order of storage, the last partial batch kept.

    Args:
      split: of a loaded dataset.
      preprocessing: the size and the normalization; nothing is augmented.
      batch_size: examples in a batch, over all replicas.
      static_shapes: whether the last batch is filled up with zeros, so that all shapes are known. A sample
        weight then comes with each example: 0 for those, and for the others the one number that makes means over
        all batches, of losses and of metrics, those over the examples.

    Returns:
      A dataset of (images, labels), float32 (b, height, width, 3) and int32 (b,); and float32 (b,) where shapes are
      static.

    Raises:
      TypeError, ValueError: if `batch_size` is no whole number from 1.
    """
    steps = split.steps_per_epoch(batch_size)
    finish = _finish(preprocessing, None, None)

    def prepared(images, labels):
        images, labels = finish(_centerd(preprocessing, images), labels, {}, None, None)
        if not static_shapes:
            return images, labels
        return _filled_up(images, labels, batch_size, weight=steps * batch_size / len(split))

    with tf.device("CPU:0"):
        batches = split.batches(batch_size).map(prepared, num_parallel_calls=tf.data.AUTOTUNE)
    return _delivered(batches.apply(tf.data.experimental.assert_cardinality(steps)))


def _filled_up(images: tf.Tensor, labels: tf.Tensor, batch_size: int, weight: float) -> tuple[tf.Tensor, ...]:
    """A batch of that very size, and each example's weight: 0 for those that fill it up."""
    count = tf.shape(labels)[0]
    weights = tf.fill([count], tf.constant(weight, tf.float32))

    def filled(values):
        missing = [[0, batch_size - count], *([0, 0] for _ in values.shape[1:])]
        return tf.ensure_shape(tf.pad(values, missing), [batch_size, *values.shape[1:]])

    return filled(images), filled(labels), filled(weights)


def whole_batches(split: Split, size: tuple[int, int], *, batch_size: int) -> tf.data.Dataset:
    """Each picture once and whole, in the order of storage: uint8 (b, height, width, 3).

    Pictures in memory keep their size; others are squeezed into the size given.
    """
    batches = dataclasses.replace(split, attention=None).batches(batch_size)
    if isinstance(split, ArraySplit):
        return batches.map(lambda images, labels: images)
    return batches.map(lambda images, labels: whole_pictures(images, size), num_parallel_calls=tf.data.AUTOTUNE)


def _to_size(preprocessing: Preprocessing, images: tf.Tensor, seed: tf.Tensor, maps=None) -> tf.Tensor:
    """Training pictures, encoded or not, as uint8 of the size wanted; maps become a fourth channel."""
    if preprocessing.augment == "imagenet":
        return random_resized_crops(images, preprocessing.image_size, seed, maps)
    return _centerd(preprocessing, images, maps)


def _centerd(preprocessing: Preprocessing, images: tf.Tensor, maps=None) -> tf.Tensor:
    """Test pictures, encoded or not, as uint8 of the size wanted; maps become a fourth channel."""
    margin = MARGIN if preprocessing.augment == "imagenet" else 1.0
    if margin == 1.0 and images.shape[1:3] == preprocessing.image_size:
        return images if maps is None else lay_over(images, maps)
    return resized_center_crops(images, preprocessing.image_size, margin, maps)


def _augment(augment: str, padding: int, policy: str, grid: tuple[int, int] | None, images, seed) -> tuple:
    """Step 3; gives pictures and, with a grid, the mean of the fourth channel in each of its cells."""
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


def _finish(
    preprocessing: Preprocessing, erase: Mix | None, mix: Mix | None, batch_size: int | None = None
) -> Callable[..., tuple[Any, Any]]:
    """Steps 4 and 5, with the sizes that a pass shared by pipelines of several sizes does not tell."""
    compiled_pass = cached_compile(_erase_mix_normalize, preprocessing.mean, preprocessing.std, erase, mix)

    def sized(values):
        return tf.ensure_shape(values, [batch_size, *values.shape[1:]])

    def finished(*parts):
        images, plan, targets = compiled_pass(*parts)
        images = tf.ensure_shape(images, [batch_size, *preprocessing.image_size, 3])
        plan, targets = tf.nest.map_structure(sized, (plan, targets))
        return {"images": images, "plan": plan} if plan else images, targets

    return finished


def _erase_mix_normalize(
    mean: tuple, std: tuple, erase: Mix | None, mix: Mix | None, images, labels, details, erase_seed, mix_seed
) -> tuple:
    """Steps 4 and 5; gives pictures, the plan of a mixer that works inside the network (else empty), and targets."""
    if erase is not None:
        images, labels = erase(images, labels, seed=erase_seed)
    if mix is not None:
        details = {name: value for name, value in details.items() if value is not None}
        images, labels = mix(images, labels, **details, seed=mix_seed)
    images, plan = (images["images"], images["plan"]) if isinstance(images, dict) else (images, {})
    return normalize(images, mean, std), plan, labels


def _delivered(batches: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset as `fit` wants it: in order, read ahead, and split over workers batch by batch."""
    options = tf.data.Options()
    options.deterministic = True
    options.experimental_optimization.apply_default_optimizations = False  # they copy the images in memory
    # Each worker makes all batches and keeps its part of each. OFF would give all workers the same part.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)
