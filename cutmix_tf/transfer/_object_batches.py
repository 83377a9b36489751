"""Batches for a detector: images on canvases of one size, and boxes that move with them."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cutmix_tf.transfer._boxes import Placement, flip_boxes, flip_image, place_boxes
from cutmix_tf.transfer._examples import in_groups, on_canvas, on_canvases, pixels_of, shuffled
from cutmix_tf.transfer._object_set import ObjectSplit
from cutmix_tf.transfer._objects import Objects

EMPTY = -1.0  # in all places of a row without an object: what keras-cv leaves out


class PlainBatch(NamedTuple):
    """Images to find objects in.

    Attributes:
      images: float32 (batch, height, width, 3), on their canvases.
      placements: Where on the canvas each of them lies.
      objects: What each shows, in pixels of the image itself.
      originals: The images themselves, uint8 (height, width, 3).
    """

    images: tf.Tensor
    placements: list[Placement]
    objects: list[Objects]
    originals: list[np.ndarray]


def train_batches(
    split: ObjectSplit, image_size: tuple[int, int], batch_size: int, *, seed: int, epoch: int, flip: bool = True
) -> tf.data.Dataset:
    """The shuffled training batches of one epoch, the same whenever they are made again.

    Args:
      split: What to train on.
      image_size: Height and width of the canvas, on which each image is as large as fits, in the middle.
      batch_size: Images in a batch; the last batch may be smaller.
      seed: Of order and flips.
      epoch: Counted from 0; each epoch has an order and flips of its own.
      flip: Whether half of the images, at random, are mirrored left to right with their boxes.

    Returns:
      Batches of {"images": float32 (batch, *image_size, 3)} and {"boxes": float32 (batch, n, 4), "classes": float32
      (batch, n)}, where n is the largest number of objects in the batch, at least 1; rows without an object are -1.
      Ignored objects are left out.
    """
    data = shuffled(split.read(), split.count, seed, epoch).map(
        lambda key, example: _train_example(example, image_size, key, flip), num_parallel_calls=tf.data.AUTOTUNE
    )
    shapes = {"images": (*image_size, 3)}, {"boxes": (None, 4), "classes": (None,)}
    filling = {"images": 0.0}, {"boxes": EMPTY, "classes": EMPTY}
    batches = data.padded_batch(batch_size, shapes, filling)
    counted = tf.data.experimental.assert_cardinality(math.ceil(split.count / batch_size))
    return batches.apply(counted).prefetch(tf.data.AUTOTUNE)


def _train_example(example, image_size: tuple[int, int], seed, flip: bool):
    image, placement = on_canvas(example["image"], image_size)
    kept = ~example["ignored"]
    boxes = place_boxes(tf.boolean_mask(example["boxes"], kept), placement)
    labels = tf.cast(tf.boolean_mask(example["labels"], kept), tf.float32)
    if flip:
        flipped = tf.random.stateless_uniform([], seed) < 0.5
        image = tf.where(flipped, flip_image(image), image)
        boxes = tf.where(flipped, flip_boxes(boxes, image_size[1]), boxes)
    none = tf.cast(tf.size(labels) == 0, tf.int32)  # a row to fill, since keras-cv needs at least one
    boxes = tf.pad(boxes, [[0, none], [0, 0]], constant_values=EMPTY)
    labels = tf.pad(labels, [[0, none]], constant_values=EMPTY)
    return {"images": image}, {"boxes": boxes, "classes": labels}


def plain_batches(split: ObjectSplit, image_size: tuple[int, int], batch_size: int) -> Iterator[PlainBatch]:
    """The images of a split in the order of storage, each once, on their canvases.

    Args:
      split: What to test on.
      image_size: Height and width of the canvas.
      batch_size: Images in a batch; the last one may be smaller.
    """
    for examples in in_groups(split.read(), batch_size):
        yield _plain_batch(examples, image_size)


def _plain_batch(examples, image_size: tuple[int, int]) -> PlainBatch:
    originals = [pixels_of(example["image"]).numpy() for example in examples]
    objects = [Objects(*(example[name].numpy() for name in Objects._fields)) for example in examples]
    return PlainBatch(*on_canvases(originals, image_size), objects, originals)
