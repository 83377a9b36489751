"""Batches of each example once, in the order of storage: to evaluate on, and of whole images."""

import tensorflow as tf

from cutmix_tf.datasets import Split
from cutmix_tf.pipeline._delivery import for_fit
from cutmix_tf.pipeline._preprocessing import Preprocessing, Size
from cutmix_tf.pipeline._resize import squeezed_images
from cutmix_tf.pipeline._steps import finishing, to_eval_size


def eval_batches(
    split: Split, preprocessing: Preprocessing, *, batch_size: int, static_shapes: bool = False
) -> tf.data.Dataset:
    """Batches for evaluation: each example once, in the order of storage, the last partial batch kept.

    Args:
      split: The examples, of a loaded dataset.
      preprocessing: The size and the normalization; nothing is augmented.
      batch_size: Examples in a batch, over all replicas.
      static_shapes: Whether the last batch is padded with zeros, so that all shapes are known. Each example then comes
        with a sample weight: 0 for padding, and for the others the one number that makes means over all batches, of
        losses and of metrics, the means over the examples.

    Returns:
      A dataset of (images, labels): float32 (b, height, width, 3) and int32 (b,). With static shapes it is (images,
      labels, weights), the weights float32 (b,).

    Raises:
      TypeError, ValueError: if `batch_size` is not an integer from 1.
    """
    steps = split.steps_per_epoch(batch_size)
    finish = finishing(preprocessing)

    def make(images, labels, *maps):
        images, labels = finish(to_eval_size(preprocessing, images), labels, {}, None, None)
        if not static_shapes:
            return images, labels
        return _padded(images, labels, batch_size, weight=steps * batch_size / len(split))

    with tf.device("CPU:0"):
        batches = split.batches(batch_size).map(make, num_parallel_calls=tf.data.AUTOTUNE)
    return for_fit(batches.apply(tf.data.experimental.assert_cardinality(steps)))


def uncropped_batches(split: Split, size: Size, *, batch_size: int) -> tf.data.Dataset:
    """Each image once and whole, in the order of storage.

    Args:
      split: The examples.
      size: Height and width of images that are read from disk, whatever their shape; those in memory keep their size.
      batch_size: Examples in a batch.

    Returns:
      A dataset of uint8 (b, height, width, 3).

    Raises:
      TypeError, ValueError: if `batch_size` is not an integer from 1.
    """

    def whole(images, labels, *maps):
        return squeezed_images(images, size) if images.dtype == tf.string else images

    return split.batches(batch_size).map(whole, num_parallel_calls=tf.data.AUTOTUNE)


def _padded(images: tf.Tensor, labels: tf.Tensor, batch_size: int, weight: float) -> tuple[tf.Tensor, ...]:
    """A batch of exactly that size, and the weight of each example: 0 for padding."""
    count = tf.shape(labels)[0]
    weights = tf.fill([count], tf.constant(weight, tf.float32))

    def pad(values):
        missing = [[0, batch_size - count], *([0, 0] for _ in values.shape[1:])]
        return tf.ensure_shape(tf.pad(values, missing), [batch_size, *values.shape[1:]])

    return pad(images), pad(labels), pad(weights)
