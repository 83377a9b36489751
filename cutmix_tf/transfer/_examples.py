"""Stored images on their way to a task: in a random order that is the same each time, and on canvases of one size."""

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from cutmix_tf.datasets import decode
from cutmix_tf.transfer._boxes import Placement, place, place_image

SHUFFLED = 2048  # encoded images among which the next one is drawn


def shuffled(data: tf.data.Dataset, count: int, seed: int, epoch: int) -> tf.data.Dataset:
    """The examples of an epoch in an order of its own, the same whenever it is made again.

    Returns:
      (key, example), where the key is int64 (2,), another for each example of each epoch: a seed for what is random.
    """
    data = data.shuffle(min(count, SHUFFLED), seed=seed + epoch, reshuffle_each_iteration=False)
    return data.enumerate(start=epoch * count).map(lambda number, example: (tf.stack([seed, number]), example))


def pixels_of(image: tf.Tensor) -> tf.Tensor:
    """An image, decoded if it is not yet: uint8 (height, width, 3)."""
    return decode(image) if image.dtype == tf.string else image


def on_canvas(image: tf.Tensor, image_size: tuple[int, int]) -> tuple[tf.Tensor, Placement]:
    """An image, encoded or not, on a canvas: float32 (*image_size, 3), and where it lies there."""
    pixels = pixels_of(image)
    placement = place(tf.shape(pixels)[:2], image_size)
    return tf.ensure_shape(place_image(pixels, placement, image_size), (*image_size, 3)), placement


def on_canvases(images: Any, image_size: tuple[int, int]) -> tuple[tf.Tensor, list[Placement]]:
    """Images of any sizes on canvases: float32 (n, *image_size, 3), and where each of them lies.

    Args:
      images: Each (height, width, 3), any number dtype, pixels in [0, 255]; or encoded.
      image_size: Height and width of the canvas.

    Raises:
      ValueError: if there is no image, or one has another shape.
    """
    images = [pixels_of(tf.convert_to_tensor(image)) for image in images]
    shapes = [tuple(image.shape) for image in images]
    if not shapes or any(len(shape) != 3 or shape[2] != 3 or 0 in shape for shape in shapes):
        raise ValueError(f"Images of shape (height, width, 3) are needed; got {shapes or 'none'}.")
    placed, placements = zip(*(on_canvas(image, image_size) for image in images), strict=True)
    return tf.stack(placed), list(placements)


def in_groups(data: tf.data.Dataset, size: int) -> Iterator[list[Any]]:
    """The examples of a dataset in lists of that length, the last one maybe shorter."""
    waiting = []
    for example in data.prefetch(tf.data.AUTOTUNE):
        waiting.append(example)
        if len(waiting) == size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting
