"""Images of any size, encoded or not, made one size: random resized crops, center crops and whole images."""

import functools
import math
from collections.abc import Callable

import tensorflow as tf

from cutmix_tf._cells import spread_cells
from cutmix_tf._random import child_seeds, random_bits, uniform, uniform_integers
from cutmix_tf.datasets import decode, decode_part
from cutmix_tf.pipeline._center_crop import center_crop
from cutmix_tf.pipeline._preprocessing import Size

AREAS = (0.08, 1.0)  # of a random crop, as shares of the image
RATIOS = (3 / 4, 4 / 3)  # of a random crop, width to height
TRIES = 10


def random_resized_crops(sources, size: Size, seed, maps=None) -> tf.Tensor:
    """A random part of each image, resized: 8 to 100 % of the area, from 3:4 to 4:3 in shape, log-uniformly.

    Ten parts are drawn for each image, and the first that fits in is taken; if none does, the largest central part of
    an allowed shape.

    Args:
      sources: A batch of images: string (batch,), encoded, or uint8 (batch, height, width, 3).
      size: Height and width of the results.
      seed: Two integers.
      maps: None, or uint8 (batch, rows, columns), spread over the whole images as a fourth channel.

    Returns:
      uint8 (batch, *size, 3), or 4 with maps; bilinear with antialiasing.
    """
    sources = tf.convert_to_tensor(sources)
    seeds = tf.bitcast(random_bits(seed, [tf.shape(sources)[0], 2]), tf.int32)
    return _for_each(functools.partial(_random_resized_crop, size), sources, seeds, maps, size)


def resized_center_crops(sources, size: Size, resize_to: Size, maps=None) -> tf.Tensor:
    """The center of each image, after it is resized to just cover `resize_to`. See `center_crop`.

    Args:
      sources: A batch of images; see `random_resized_crops`.
      size: Height and width of the results.
      resize_to: Height and width to cover; (256, 256) for 224 pixels of ImageNet.
      maps: None, or uint8 (batch, rows, columns), spread over the whole images as a fourth channel.

    Returns:
      uint8 (batch, *size, 3), or 4 with maps; bilinear with antialiasing.
    """
    return _for_each(functools.partial(_resized_center_crop, size, resize_to), sources, None, maps, size)


def squeezed_images(sources, size: Size) -> tf.Tensor:
    """Whole images, resized to one size whatever their shape: uint8 (batch, *size, 3)."""
    return _for_each(lambda source: _resize(_pixels(source), size), sources, None, None, size)


def with_map_channel(images, maps) -> tf.Tensor:
    """Images and, as a last channel, their maps, spread over the pixels: (batch, height, width, channels + 1)."""
    _, height, width, _ = tf.unstack(tf.shape(images))
    return tf.concat([images, tf.expand_dims(spread_cells(maps, height, width), 3)], axis=3)


def _for_each(function: Callable, sources, seeds, maps, size: Size) -> tf.Tensor:
    """A batch, made example by example from the parts that are there."""
    parts = tuple(tf.convert_to_tensor(part) for part in (sources, seeds, maps) if part is not None)
    pixels = tf.TensorSpec((*size, 3 if maps is None else 4), tf.uint8)
    return tf.map_fn(lambda example: function(*example), parts, fn_output_signature=pixels)


def _pixels(source: tf.Tensor) -> tf.Tensor:
    return decode(source) if source.dtype == tf.string else source


def _random_resized_crop(size: Size, source: tf.Tensor, seed: tf.Tensor, cells=None) -> tf.Tensor:
    def from_pixels(image):
        box = sample_crop_box(tf.shape(image)[:2], seed)
        return _crop(_with_cells(image, cells), box)

    def from_jpeg():  # decodes the crop alone
        sides = tf.image.extract_jpeg_shape(source)[:2]
        box = sample_crop_box(sides, seed)
        pixels = decode_part(source, box)
        if cells is None:
            return pixels
        whole = tf.expand_dims(spread_cells(cells[None], *tf.unstack(sides))[0], 2)
        return tf.concat([pixels, _crop(whole, box)], axis=2)

    if source.dtype == tf.string:
        return _resize(tf.cond(tf.io.is_jpeg(source), from_jpeg, lambda: from_pixels(decode(source))), size)
    return _resize(from_pixels(source), size)


def _with_cells(image: tf.Tensor, cells: tf.Tensor | None) -> tf.Tensor:
    return image if cells is None else with_map_channel(image[None], cells[None])[0]


def _crop(image: tf.Tensor, box: tf.Tensor) -> tf.Tensor:
    top, left, height, width = tf.unstack(box)
    return image[top : top + height, left : left + width]


def _resized_center_crop(size: Size, resize_to: Size, source: tf.Tensor, cells=None) -> tf.Tensor:
    image = _with_cells(_pixels(source), cells)
    resized, offset = center_crop(tf.shape(image)[:2], size, resize_to)
    return _crop(_resize(image, resized), tf.concat([offset, size], 0))


def _resize(image: tf.Tensor, size) -> tf.Tensor:
    """The image resized: uint8 (*size, channels), bilinear with antialiasing.

    Gives the bits of `tf.image.resize`, which adds up whole rows fast, but single pixels across a row slowly. So both
    sides are resized as rows, the second one of the transposed image.
    """
    rows = _resize_rows(image, size[0])
    columns = _resize_rows(tf.transpose(rows, [1, 0, 2]), size[1])
    return tf.transpose(tf.cast(tf.round(columns), tf.uint8), [1, 0, 2])


def _resize_rows(image: tf.Tensor, count) -> tf.Tensor:
    """The image with so many rows, all others as they are; each row is one pixel of many channels to TensorFlow."""
    height, width, channels = tf.unstack(tf.shape(image))
    rows = tf.reshape(image, [height, 1, width * channels])
    return tf.reshape(tf.image.resize(rows, [count, 1], antialias=True), [count, width, channels])


def sample_crop_box(sides, seed) -> tf.Tensor:
    """Draws the part of an image that a random resized crop shows.

    Args:
      sides: int32 (2,), the image's height and width.
      seed: Two integers.

    Returns:
      int32 (4,): top, left, height, width; inside the image.
    """
    size_seed, place_seed = child_seeds(seed, 2)
    shares, log_ratios = tf.unstack(random_bits(size_seed, [2, TRIES]))
    area = uniform(shares, *AREAS) * tf.cast(tf.reduce_prod(sides), tf.float32)
    ratio = tf.exp(uniform(log_ratios, *map(math.log, RATIOS)))
    tries = tf.cast(tf.round(tf.stack([tf.sqrt(area / ratio), tf.sqrt(area * ratio)], 1)), tf.int32)
    tries = tf.concat([tries, [_largest_crop(sides)]], 0)
    fits = tf.reduce_all((tries > 0) & (tries <= sides), axis=1)
    crop = tries[tf.argmax(fits)]
    free = sides - crop
    place = tf.where(tf.reduce_any(fits[:TRIES]), uniform_integers(random_bits(place_seed, [2]), free + 1), free // 2)
    return tf.concat([place, crop], 0)


def _largest_crop(sides: tf.Tensor) -> tf.Tensor:
    """Height and width of the largest part of an allowed shape: int32 (2,)."""
    height, width = tf.unstack(tf.cast(sides, tf.float32))
    allowed = tf.stack([tf.minimum(height, width / RATIOS[0]), tf.minimum(width, height * RATIOS[1])])
    return tf.maximum(tf.cast(tf.round(allowed), tf.int32), 1)
