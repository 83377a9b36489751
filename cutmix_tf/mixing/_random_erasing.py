"""Random Erasing: a rectangle of random area and shape is filled; labels stay."""

import dataclasses
import math
from typing import Literal

import tensorflow as tf

from cutmix_tf._checks import as_tuple, check_choice, check_number
from cutmix_tf._random import uniform_integers
from cutmix_tf.mixing._eraser import Eraser, Fill, check_fill
from cutmix_tf.mixing._mixer import Per, check_common, draw
from cutmix_tf.mixing._plan import Canvas, Plan

_TRIES = 10


@dataclasses.dataclass(frozen=True)
class RandomErasing(Eraser):
    """Fills a rectangle that lies wholly inside each picture; labels, weights and segmentation masks stay.

    Area is drawn uniformly from `area`, as a share of the picture, and height to width uniformly from `aspect`; pairs
    that don't fit inside are drawn again, up to ten times; where none fits, the last one is cut to the picture's sides.
    The place is uniform over all at which the rectangle fits.

    Args:
      area: Smallest and largest share of the picture, in (0, 1].
      aspect: Smallest and largest height divided by width, above 0.
      fill: What fills it: a number or one for each channel, in the images' own range, as in `Cutout`; "color" for
        a random color of each RGB picture; "noise" for a random value of each pixel. Random values are whole numbers
        from 0 to 255.
      prob: Chance of a picture (or of a batch) to be treated, in [0, 1]. The paper uses 0.5.
      per: "example" draws rectangle, fill and coin for each example; "batch" once for the whole batch.

    Raises:
      ValueError, TypeError: if an argument is outside its range; when called, as `Cutout`.

    Differs from the paper: ten tries rather than as many as it takes, so that the work is bounded.

    Reference:
      Zhong et al., "Random Erasing Data Augmentation", AAAI 2020, https://arxiv.org/abs/1708.04896, Algorithm 1.
    """

    area: tuple[float, float] = (0.02, 0.4)
    aspect: tuple[float, float] = (0.3, 1 / 0.3)
    fill: float | tuple[float, ...] | Literal["color", "noise"] = "noise"
    prob: float = 0.5
    per: Per = "example"

    def __post_init__(self):
        for name, high in (("area", 1.0), ("aspect", math.inf)):
            pair = as_tuple(name, getattr(self, name))
            object.__setattr__(self, name, pair)
            for value in pair:
                check_number(name, value, low=0, high=high, above=True)
            if len(pair) != 2 or pair[0] > pair[1]:
                raise ValueError(f"{name} must be its smallest and its largest value; got {pair}.")
        if isinstance(self.fill, str):
            check_choice("fill", self.fill, ("color", "noise"))
        else:
            check_fill(self.fill)
        check_common(self.prob, self.per)

    @property
    def fill_values(self) -> Fill:
        """The largest values that erased parts may take."""
        if isinstance(self.fill, str):
            return 255.0 if self.fill == "noise" else (255.0, 255.0, 255.0)
        return self.fill

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws rectangles and their filling."""
        draws = draw(seed, canvas.batch, 2 * _TRIES + 5, prob=self.prob, per=self.per)
        sides = self._sides(draws.bits[: 2 * _TRIES], canvas)
        place_bits, (noise_bits, *color_bits) = tf.stack(draws.bits[-5:-3], axis=1), draws.bits[-3:]
        free = tf.stack([canvas.height, canvas.width]) - sides
        first = uniform_integers(place_bits, free + 1)
        box = draws.box(tf.concat([first, first + sides], axis=1))
        if self.fill == "noise":
            seeds = tf.maximum(draws.spread(noise_bits), 1)
            return self.erasing(box, canvas.batch, fill=tf.zeros([1, 1]), noise=seeds)
        if self.fill == "color":
            colors = uniform_integers(draws.spread(tf.stack([noise_bits, *color_bits], axis=1)), 256)
            return self.erasing(box, canvas.batch, fill=tf.cast(colors, tf.float32))
        return self.erasing(box, canvas.batch)

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
        fits = tf.reduce_all((tries >= 1) & (tries <= size), axis=2)
        first = tf.where(tf.reduce_any(fits, axis=1), tf.argmax(fits, axis=1, output_type=tf.int32), _TRIES - 1)
        return tf.clip_by_value(tf.gather(tries, first, batch_dims=1), 1, size)
