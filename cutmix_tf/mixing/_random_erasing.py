"""Random Erasing: a rectangle of random area and shape is filled; labels stay."""

import dataclasses
from typing import Any, Literal

import tensorflow as tf

from cutmix_tf._checks import as_tuple, check_choice, check_number
from cutmix_tf._random import hashed_bits, uniform_integers
from cutmix_tf.mixing._eraser import Eraser, check_fill, check_fill_suits
from cutmix_tf.mixing._plan import Canvas, Erase, Plan
from cutmix_tf.mixing._planner import Draws, Per, check_common, draw

_TRIES = 10
_BYTES = (0, 255)


@dataclasses.dataclass(frozen=True)
class RandomErasing(Eraser):
    """Fills a rectangle inside each image; labels, sample weights and segmentation masks stay.

    Area is drawn uniformly from `area`, as a share of the image, and height divided by width uniformly from `aspect`.
    As in the paper, the rectangle is less high and less wide than the image: pairs that don't fit are drawn again, up
    to ten times; if none fits, the last one is cut to one pixel less than the image. The place is uniform over all
    places where the rectangle fits. An image that is one pixel high or wide has no room for it and stays as it is.

    Args:
      area: Smallest and largest share of the image, in (0, 1].
      aspect: Smallest and largest height divided by width, above 0.
      fill: What fills the rectangle: a number or one for each channel, in the images' own range, as in `Cutout`;
        "color" for one random color, of RGB images; "noise" for a random value of each pixel and channel.
      prob: Probability that an image (or a batch) is treated, in [0, 1]. The paper uses 0.5.
      per: "example" draws rectangle, fill and coin for each example; "batch" draws them once for the whole batch.
      value_range: For "color" and "noise", the smallest and largest random value, such as (0, 255) or (0, 1); there are
        256 of them, evenly spaced. Floating images need it, since their range can't be known. Integer images are filled
        with whole numbers from 0 to 255 and take no other range.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range, or `value_range` is given for a constant fill; when
        called, as for `Cutout`, and if floating images are filled at random without a `value_range`.

    Differs from the paper: ten tries rather than as many as it takes, which bounds the work.

    Reference:
      Zhong et al., "Random Erasing Data Augmentation", AAAI 2020, https://arxiv.org/abs/1708.04896, Algorithm 1.
    """

    area: tuple[float, float] = (0.02, 0.4)
    aspect: tuple[float, float] = (0.3, 1 / 0.3)
    fill: float | tuple[float, ...] | Literal["color", "noise"] = "noise"
    prob: float = 0.5
    per: Per = "example"
    value_range: tuple[float, float] | None = None

    def __post_init__(self):
        self._check_pair("area", low=0, high=1, above=True)
        self._check_pair("aspect", low=0, above=True)
        if isinstance(self.fill, str):
            check_choice("fill", self.fill, ("color", "noise"))
        else:
            check_fill(self.fill)
        if self.value_range is not None:
            self._check_pair("value_range", low=-3.4e38, high=3.4e38)
            if not isinstance(self.fill, str):
                raise ValueError(f'value_range is for fill="color" and fill="noise"; got fill={self.fill}. Remove it.')
        check_common(self.prob, self.per)

    def _check_pair(self, name: str, **bounds: Any) -> None:
        """Makes the setting a tuple. Raises unless it is a smallest and a largest number inside the bounds."""
        pair = as_tuple(name, getattr(self, name))
        object.__setattr__(self, name, pair)  # lists are welcome, but not hashable
        for value in pair:
            check_number(name, value, **bounds)
        if len(pair) != 2 or pair[0] > pair[1]:
            raise ValueError(f"{name} must be its smallest and its largest value; got {pair}.")

    def check_images(self, images: tf.Tensor) -> None:
        """Raises ValueError unless what fills the rectangles suits the images' dtype, channels and range."""
        dtype, value_range = images.dtype, self.value_range
        if not isinstance(self.fill, str):
            check_fill_suits(self.fill, images)
            return
        if dtype.is_floating and value_range is None:
            raise ValueError(
                f"To fill {dtype.name} images at random, their range must be known; got value_range=None. Pass "
                "value_range=(0, 255) or (0, 1), erase uint8 images before they are scaled, or choose a number as fill."
            )
        if dtype.is_integer and value_range not in (None, _BYTES):
            raise ValueError(
                f"Integer images are filled with whole numbers from 0 to 255; got value_range={value_range}. Leave it "
                "out, or convert the images to float32 first."
            )
        for value in value_range or _BYTES:
            check_fill_suits((value,) * (3 if self.fill == "color" else 1), images)

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws rectangles and what fills them."""
        draws = draw(seed, canvas.batch, 2 * _TRIES + 5, prob=self.prob, per=self.per)
        sides = self._sides(draws.bits[: 2 * _TRIES], canvas)
        free = tf.stack([canvas.height, canvas.width]) - sides
        first = uniform_integers(tf.stack(draws.bits[-5:-3], axis=1), free + 1)
        box = draws.box(tf.concat([first, first + sides], axis=1))
        return self._filled(box, draws)

    def _sides(self, bits: list[tf.Tensor], canvas: Canvas) -> tf.Tensor:
        """Height and width of each rectangle: int32 (count, 2), from the first pair of draws that fits."""
        share, ratio = (
            low + (high - low) * tf.cast(tf.stack(part, axis=1), tf.float64) / 2**32
            for part, (low, high) in ((bits[:_TRIES], self.area), (bits[_TRIES:], self.aspect))
        )
        size = tf.stack([canvas.height, canvas.width])
        area = share * tf.cast(canvas.height * canvas.width, tf.float64)
        tries = tf.round(tf.stack([tf.sqrt(area * ratio), tf.sqrt(area / ratio)], axis=2))
        tries = tf.cast(tf.minimum(tries, 2.0**30), tf.int32)
        fits = tf.reduce_all((tries >= 1) & (tries < size), axis=2)
        first = tf.where(tf.reduce_any(fits, axis=1), tf.argmax(fits, axis=1, output_type=tf.int32), _TRIES - 1)
        return tf.minimum(tf.maximum(tf.gather(tries, first, batch_dims=1), 1), size - 1)

    def _filled(self, box: tf.Tensor, draws: Draws) -> Plan:
        """The plan that fills the boxes with noise, colors or a constant."""
        (low, high), bits = self.value_range or _BYTES, draws.bits[-3:]
        step = (high - low) / 255
        if self.fill == "noise":
            seeds = draws.per_example(bits[0])
            return self.erasing(box, _EraseByNoise, fill=tf.fill([1, 1], float(low)), seeds=seeds, step=step)
        if self.fill == "color":
            colors = uniform_integers(draws.per_example(tf.stack(bits, axis=1)), 256)
            return self.erasing(box, fill=low + step * tf.cast(colors, tf.float32))
        return self.erasing(box)


@dataclasses.dataclass(frozen=True, eq=False)
class _EraseByNoise(Erase):
    """Writes a random value to each pixel and channel: `fill`, the smallest one, plus up to 255 steps.

    Attributes:
      seeds: uint32 (batch,): the seed of each image's noise.
      step: the distance of two random values.
    """

    seeds: tf.Tensor
    step: float

    def values(self, shape: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """The noise: (batch, height, width × channels)."""
        row = shape[2] * shape[3]
        places = tf.range(shape[1])[:, None] * row + tf.range(row)
        bits = hashed_bits(self.seeds[:, None, None], tf.cast(places, tf.uint32))
        levels = tf.bitwise.right_shift(bits, tf.constant(24, tf.uint32))
        if dtype.is_integer:
            return tf.cast(levels, dtype)
        return tf.cast(self.fill[:, :, None] + self.step * tf.cast(levels, tf.float32), dtype)
