"""Batches for training, as a pure function of (split, preprocessing, seed, step).

The steps, each with the key of its random draws:

1. order, (seed, epoch): which examples make up a batch; indices into memory, or records read from disk.
2. size, (seed, step): images of another size are decoded, cropped and resized one by one.
3. augment, (seed, step): crop and flip, AutoAugment, then color. A split's attention maps ride along up to the flip as
   a fourth channel, which moves as the pixels do; or a function makes maps of the augmented images.
4. erase, then mix, (seed, step).
5. normalize.
"""

from collections.abc import Callable

import tensorflow as tf

from cutmix_tf._checks import check_whole
from cutmix_tf._random import child_seeds, fold_in
from cutmix_tf.datasets import Split
from cutmix_tf.pipeline._delivery import for_fit
from cutmix_tf.pipeline._preprocessing import Preprocessing
from cutmix_tf.pipeline._source import BatchSource, Epochs, ThisProcess
from cutmix_tf.pipeline._steps import Mix, augmenting, finishing, to_train_size

Attend = Callable[[tf.Tensor], tf.Tensor]

_STREAM = 0xDA7A  # keeps the pipeline's draws apart from what others draw from the same run seed


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
    source: BatchSource | None = None,
) -> tf.data.Dataset:
    """Mixed batches for training, epoch after epoch without end; each epoch keeps its last partial batch.

    Equal arguments give equal bits, whatever the number of threads, in every process and after a restart: the dataset
    from `first_step=k` continues where another one was after k batches.

    Args:
      split: The examples, of a loaded dataset.
      preprocessing: The size, the augmentation and the normalization.
      batch_size: Examples in a batch, over all replicas.
      seed: Of the run, from 0 to 2**31 - 1.
      erase: Called as `erase(images, labels, seed=pair)` before `mix`; returns (images, labels).
      mix: Called as `mix(images, labels, seed=pair)` with the augmented images of a batch, uint8 (or float32 in pixel
        units after "imagenet"), and int32 labels; returns (images, targets). It is compiled, with XLA where there is
        XLA, and must draw only from the seed. If there are attention maps, it is called with `attention=maps`
        too, float32 (b, rows, columns).
      strength: Maps a step, counted from 0, to the `strength` that `mix` is called with.
      attend: Makes the attention maps of a batch from its augmented images. Without it those of the split are used, if
        it has any, moved as their images were.
      first_step: Number of batches, over all epochs, to begin after.
      static_shapes: Whether each epoch leaves out its last partial batch, so that all shapes are known, as TPUs need.
      source: Who makes the batches; None for this process. A `DataService` ends with the epoch of `first_step`, and
        delivers batches in any order.

    Returns:
      A dataset of (images, targets): float32 (b, height, width, 3), and int32 labels (b,) or what `mix` returns. If
      `mix` returns {"images": …, "plan": …} in place of images, so does the dataset.

    Raises:
      TypeError, ValueError: if an argument is not an integer in its range; if there are maps but no mixer; if the
        split's own maps would have to follow AutoAugment, which moves pixels; or if the source can't do what is asked.
      ConnectionError: if a data service does not answer.
    """
    check_whole("seed", seed, low=0, high=2**31 - 1)
    check_whole("first_step", first_step, low=0)
    source = ThisProcess() if source is None else source
    _check_attention(split, preprocessing, mix, attend, source)
    augment = augmenting(preprocessing, None if split.attention is None else split.attention.shape[1:])
    finish = finishing(preprocessing, erase, mix)

    with tf.device("CPU:0"):
        order_seed, step_seed = child_seeds(tf.constant([seed, _STREAM]), 2)

        def make(step, batch):
            images, labels, *maps = batch
            size_seed, augment_seed, mix_seed, erase_seed = child_seeds(fold_in(step_seed, step), 4)
            images = to_train_size(preprocessing, images, size_seed, *maps)
            images, maps = augment(images, augment_seed)
            details = {
                "attention": attend(images) if attend else maps,
                "strength": strength(step) if strength else None,
            }
            return finish(images, labels, details, erase_seed, mix_seed)

        batches = source.batches(Epochs(split, batch_size, order_seed, static_shapes), make, first_step)
        if static_shapes:
            batches = batches.map(_with_batch_size(batch_size))
    return for_fit(batches)


def _check_attention(
    split: Split, preprocessing: Preprocessing, mix: Mix | None, attend: Attend | None, source: BatchSource
) -> None:
    """Raises ValueError unless attention maps, if there are any, can be made and are used."""
    if mix is None and (attend is not None or split.attention is not None):
        raise ValueError("Attention maps are for mixing; got maps and mix=None. Give a mixer, or leave out the maps.")
    if preprocessing.auto_augment != "none" and attend is None and split.attention is not None:
        raise ValueError(
            "Cached attention maps can't follow images that AutoAugment moves; "
            f"got auto_augment={preprocessing.auto_augment!r} and a split with maps. "
            "Use live attention, made of the augmented images, or auto_augment='none'."
        )
    if attend is not None and not source.in_this_process:
        raise ValueError(
            "Live attention asks a teacher in this process, but other processes make the batches. Use cached maps."
        )


def _with_batch_size(batch_size: int) -> Callable[..., tuple]:
    """A map that tells all tensors the size of the batch."""

    def sized(values):
        return tf.ensure_shape(values, [batch_size, *values.shape[1:]])

    return lambda inputs, targets: tf.nest.map_structure(sized, (inputs, targets))
