"""Pictures of any size, encoded or not, brought to one size: random resized crop and resized centre crop."""

import math

import tensorflow as tf

from cutmix_tf._random import child_seeds, random_bits, uniform_integers
from cutmix_tf.data._draws import uniform

AREAS = (0.08, 1.0)  # of a random crop, as shares of the picture
RATIOS = (3 / 4, 4 / 3)  # of a random crop, width to height
TRIES = 10
MARGIN = 256 / 224  # at test time, the shorter side to the crop's side

_ACCURATE = "INTEGER_ACCURATE"  # TensorFlow's default, a fast and rough transform, darkens red and blue by 1


def decode(encoded) -> tf.Tensor:
    """A JPEG, PNG or still GIF as uint8 (height, width, 3); grey becomes RGB, transparency is dropped."""
    return tf.io.decode_jpeg(encoded, channels=3, dct_method=_ACCURATE)  # decodes all three formats


def random_resized_crops(sources, size: tuple[int, int], seed) -> tf.Tensor:
    """A random part of each picture, resized: 8 to 100 % of the area, 3:4 to 4:3 in shape, log-uniformly.

    Ten parts are drawn for each picture, and the first that fits in is taken; where none does, the largest
    central part of an allowed shape.

    Args:
      sources: a batch of pictures, as string (batch,) encoded, or as uint8 (batch, height, width, 3).
      size: height and width of the results.
      seed: two integers.

    Returns:
      uint8 (batch, *size, 3); bilinear with antialiasing.
    """
    sources = tf.convert_to_tensor(sources)
    seeds = tf.bitcast(random_bits(seed, [tf.shape(sources)[0], 2]), tf.int32)
    pixels = tf.TensorSpec((*size, 3), tf.uint8)
    return tf.map_fn(
        lambda pair: _random_resized_crop(pair[0], pair[1], size), (sources, seeds), fn_output_signature=pixels
    )


def resized_centre_crops(sources, size: tuple[int, int], margin: float = 1.0) -> tf.Tensor:
    """The centre of each picture, resized so that the crop's sides and `margin` around them just fit in.

    Args:
      sources: a batch of pictures; see `random_resized_crops`.
      size: height and width of the results.
      margin: shorter side of the resized picture as a multiple of the crop's; 256 / 224 for ImageNet.

    Returns:
      uint8 (batch, *size, 3); a picture of that size is itself with margin 1.
    """
    sources, pixels = tf.convert_to_tensor(sources), tf.TensorSpec((*size, 3), tf.uint8)
    return tf.map_fn(lambda source: _resized_centre_crop(source, size, margin), sources, fn_output_signature=pixels)


def _random_resized_crop(source: tf.Tensor, seed: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    def from_pixels(image):
        top, left, height, width = tf.unstack(sample_crop_box(tf.shape(image)[:2], seed))
        return image[top : top + height, left : left + width]

    def from_jpeg():  # decodes no more than the crop
        box = sample_crop_box(tf.image.extract_jpeg_shape(source)[:2], seed)
        return tf.image.decode_and_crop_jpeg(source, box, channels=3, dct_method=_ACCURATE)

    if source.dtype == tf.string:
        return _resize(tf.cond(tf.io.is_jpeg(source), from_jpeg, lambda: from_pixels(decode(source))), size)
    return _resize(from_pixels(source), size)


def _resized_centre_crop(source: tf.Tensor, size: tuple[int, int], margin: float) -> tf.Tensor:
    image = decode(source) if source.dtype == tf.string else source
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    scale = tf.reduce_max(tf.constant(size, tf.float32) * margin / sides)
    sides = tf.maximum(tf.cast(tf.round(sides * scale), tf.int32), size)
    image = _resize(image, sides)
    top, left = tf.unstack((sides - size) // 2)
    return image[top : top + size[0], left : left + size[1]]


def _resize(image: tf.Tensor, size) -> tf.Tensor:
    return tf.cast(tf.round(tf.image.resize(image, size, antialias=True)), tf.uint8)


def sample_crop_box(sides, seed) -> tf.Tensor:
    """Draws the part of a picture that a random resized crop shows.

    Args:
      sides: int32 (2,), the picture's height and width.
      seed: two integers.

    Returns:
      int32 (4,): top, left, height, width; inside the picture.
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
