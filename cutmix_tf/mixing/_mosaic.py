"""Mosaic: four images around a point, and the label shared by area."""

import dataclasses

import tensorflow as tf

from cutmix_tf._checks import as_tuple, check_number
from cutmix_tf._random import uniform_integers
from cutmix_tf.mixing._mixer import Mixer
from cutmix_tf.mixing._plan import Canvas, Plan
from cutmix_tf.mixing._planner import Per, check_common, draw
from cutmix_tf.mixing._tiles import Tiles


@dataclasses.dataclass(frozen=True)
class Mosaic(Mixer):
    """Puts parts of four images of the batch around a point, and shares the label by the number of pixels.

    Lays each image and three others out two by two, itself at the top left, and keeps a window of the image's own size:
    the four images meet in the window at a point whose row and column are drawn uniformly from `center`, as a share of
    height and width, rounded down. So the top left of the result is the lower right part of the image itself, and so
    on. Nothing is resized: pixels are copied bit for bit in any dtype. Class ids become targets (batch, 4, 2), the four
    class ids with the shares of their pixels: the image's own, then top right, bottom left and bottom right. Soft
    labels are mixed in the same shares. Segmentation masks and bounding boxes move with their images.

    Partners are three different random cyclic shifts of the batch, so that each image is shown once in each quadrant of
    all mixed images together. In a batch of three, one image fills two quadrants, and in a batch of two, the partner
    fills three. A batch of one stays as it is.

    Args:
      center: The range from which the point is drawn, as a share of height and width, both in [0, 1]. (0.5, 0.5) makes
        four parts of the same size.
      prob: Probability that an example (or a batch) is mixed, in [0, 1].
      per: "example" draws point and coin for each example; "batch" draws them once for the whole batch.
      **options: What labels and inputs are like, and a seed: see `Mixer`.

    Raises:
      ValueError, TypeError: if an argument is outside its range.

    Example:
      >>> images, targets = Mosaic()(tf.zeros([8, 32, 32, 3], tf.uint8), tf.range(8), seed=(0, 1))
      >>> images.shape, targets.shape
      (TensorShape([8, 32, 32, 3]), TensorShape([8, 4, 2]))

    docs/methods/mosaic.md says how this differs from published code.

    Reference:
      Bochkovskiy, Wang and Liao, "YOLOv4: Optimal Speed and Accuracy of Object Detection", 2020,
      https://arxiv.org/abs/2004.10934, Section 3.3.
    """

    center: tuple[float, float] = (0.25, 0.75)
    prob: float = 1.0
    per: Per = "example"

    def __post_init__(self):
        object.__setattr__(self, "center", as_tuple("center", self.center))  # lists are welcome, but not hashable
        for share in self.center:
            check_number("center", share, low=0, high=1)
        if len(self.center) != 2 or self.center[0] > self.center[1]:
            raise ValueError(f"center must be the smallest and the largest share; got {self.center}.")
        check_common(self.prob, self.per)

    @property
    def num_images(self) -> int:
        """Four."""
        return 4

    def plan(self, canvas: Canvas, seed) -> Plan:
        """Draws centers and partners."""
        draws = draw(seed, canvas.batch, 4, prob=self.prob, per=self.per)
        row_bits, column_bits, *shift_bits = draws.bits
        low, high = self.center
        share = low + (high - low) * tf.cast(tf.stack([row_bits, column_bits], axis=1), tf.float64) / 2**32
        size = tf.cast(tf.stack([canvas.height, canvas.width]), tf.float64)
        center = draws.per_example(tf.cast(tf.floor(share * size), tf.int32))
        partners = _three_partners(draws.partner, shift_bits, canvas.batch)
        return Plan(box=draws.box(canvas.whole), partner=draws.partner, tiles=Tiles(center, partners))


def _three_partners(first: tf.Tensor, bits: list[tf.Tensor], batch) -> tf.Tensor:
    """The partner and two more, by two further shifts of the batch: int32 (batch, 3).

    Shifts differ from each other and from 0, as far as there are enough examples. The second shift is drawn from those
    that are left, counted on from the first, and the third likewise.
    """
    others = tf.maximum(batch - 1, 1)  # the shifts that are not 0
    place = tf.range(batch)
    shift = (first - place) % tf.maximum(batch, 1) - 1
    second = uniform_integers(bits[0][:1], tf.maximum(others - 1, 1))
    third = uniform_integers(bits[1][:1], tf.maximum(others - 2, 1))
    third += tf.cast(third >= second, tf.int32)
    further = [(place + (shift + 1 + step) % others + 1) % tf.maximum(batch, 1) for step in (second, third)]
    return tf.stack([first, *further], axis=1)
