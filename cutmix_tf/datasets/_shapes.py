"""The built-in `shapes` set: generated images of ten shapes, with bounding boxes and segmentation masks.

An image is painted in layers: a backdrop, clutter behind the object, its shadow, the object, clutter before it.
Only the object's outline depends on the class; colors, textures, light, places and sizes have the same distribution
for all ten, so that nothing but shape distinguishes them.

Equal seeds give equal bits on every machine: randomness comes from raw Philox words, and pixels from single additions,
products, quotients and square roots, which IEEE 754 rounds in one way only. Library cosines, powers, matrix products
and float sums along an axis may differ in the last bit between processors, so they are not used.
"""

import math
from typing import NamedTuple

import numpy as np

from cutmix_tf._checks import check_whole
from cutmix_tf.datasets._outlines import CLASS_NAMES, OUTLINES, Field, Outline, circle

SIZE = 32  # pixels along a side
FINE = 2  # samples along a pixel's side where the object is painted
BEHIND, BEFORE = 4, 1  # pieces of clutter
AT_ONCE = 50  # images painted together: few enough for the processor's cache

# Of n images, channels first (the long axes last make NumPy fast); 1 for an axis along which nothing changes:
Paint = np.ndarray  # float32 (3, n, height, width): red, green, blue in [0, 1]


class Shapes(NamedTuple):
    """Labeled images of one object each.

    Attributes:
      images: uint8 `(count, 32, 32, 3)`.
      labels: int32 `(count,)`, positions in `CLASS_NAMES`.
      boxes: int32 `(count, 4)`: top, left, bottom, right in pixels, half-open, tight around the mask.
      masks: bool `(count, 32, 32)`: True where the visible part of the object covers at least half of the pixel.
    """

    images: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    masks: np.ndarray


def make_shapes(count: int, *, seed: int) -> Shapes:
    """Paints `count` images, the ten classes balanced up to one image, in random order.

    Sets of different seeds have no image in common: take one seed for training and another for testing.

    Args:
      count: Number of images, at least 1.
      seed: At least 0.

    Raises:
      TypeError: if an argument is not an integer.
      ValueError: if an argument is too small.
    """
    check_whole("count", count, low=1)
    check_whole("seed", seed, low=0)
    words = np.random.Philox(int(seed))
    labels = np.sort(np.arange(count, dtype=np.int32) % len(CLASS_NAMES))
    images = np.empty((count, SIZE, SIZE, 3), np.uint8)
    masks = np.empty((count, SIZE, SIZE), bool)
    for label, outline in enumerate(OUTLINES):
        start, stop = np.searchsorted(labels, [label, label + 1])
        for first in range(start, stop, AT_ONCE):
            some = slice(first, min(first + AT_ONCE, stop))
            images[some], masks[some] = _paint_images(_Dice(words, some.stop - some.start), outline)
    order = np.argsort(words.random_raw(count), kind="stable")
    return Shapes(images[order], labels[order], _tight_boxes(masks[order]), masks[order])


def _tight_boxes(masks: np.ndarray) -> np.ndarray:
    """The smallest half-open boxes (top, left, bottom, right) that hold the masks, int32 `(n, 4)`."""
    rows, columns = np.any(masks, axis=2), np.any(masks, axis=1)
    bottom, right = SIZE - rows[:, ::-1].argmax(axis=1), SIZE - columns[:, ::-1].argmax(axis=1)
    return np.stack([rows.argmax(axis=1), columns.argmax(axis=1), bottom, right], axis=1).astype(np.int32)


class _Dice:
    """Uniform draws for n images, from raw random words, which no release of NumPy may change."""

    def __init__(self, words: np.random.Philox, n: int):
        self._words, self._n = words, n

    def lattice(self, side: int) -> Field:
        """Numbers in [0, 1), `(n, side, side)`."""
        words = self._words.random_raw(self._n * side * side) >> np.uint64(40)
        return words.astype(np.float32).reshape(self._n, side, side) * 2.0**-24

    def uniform(self, low: float, high: float) -> Field:
        """One number in [low, high) for each image, `(n, 1, 1)`."""
        return low + (high - low) * self.lattice(1)

    def coin(self) -> Field:
        """0.0 or 1.0 for each image, `(n, 1, 1)`."""
        return np.floor(self.uniform(0.0, 2.0))


# ---- layers ----


def _paint_images(dice: _Dice, outline: Outline) -> tuple[np.ndarray, np.ndarray]:
    """Images and masks of n objects with that outline."""
    dark = dice.coin()  # 1.0: a light object before a dark backdrop; 0.0: the reverse
    hue = 0.37 * dark + (1.0 - 0.35 * dark) * dice.uniform(0.0, 1.0)  # leaves out dark browns and olives
    hues = hue, hue + dice.uniform(0.3, 0.7)
    canvas = _backdrop(dice, hues[0], dark)
    for _ in range(BEHIND):
        cover, paint = _clutter(dice, hues)
        canvas += cover * (paint - canvas)
    shadow, visible, painted = _object(dice, outline, hues[1], dark)
    canvas[..., 2:, 2:] *= 1.0 - shadow[:, :-2, :-2]
    canvas = canvas * (1.0 - visible) + painted
    for _ in range(BEFORE):
        cover, paint = _clutter(dice, hues)
        canvas += cover * (paint - canvas)
        visible *= 1.0 - cover
    levels = np.floor(np.clip(canvas, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return np.moveaxis(levels, 0, -1), visible >= 0.5


def _backdrop(dice: _Dice, hue: Field, dark: Field) -> Paint:
    """A gradient between neighboring colors, with a faint texture, clouds and grain."""
    y, x = _grid(1)
    lightness = 0.88 - 0.46 * dark + dice.uniform(-0.05, 0.05)
    first = _color(lightness, dice.uniform(0.04, 0.1), hue)
    second = _color(lightness - 0.12, dice.uniform(0.04, 0.1), hue + dice.uniform(-0.2, 0.2))
    slope, _ = _turned(y / SIZE - 0.5, x / SIZE - 0.5, dice.uniform(0.0, 1.0))
    clouds = 0.4 * _clouds(dice, 5, SIZE) + 0.2 * _clouds(dice, 17, SIZE)
    texture = dice.uniform(0.0, 0.7) * _texture(dice, y, x)
    return first + (0.1 + 0.5 * slope + clouds + texture) * (second - first)


def _clutter(dice: _Dice, hues: tuple[Field, Field]) -> tuple[Field, Paint]:
    """Cover and paint of one piece in each image: a stroke or half a ring, in either hue of the image."""
    y, x = _grid(1)
    y, x = y - dice.uniform(0.0, SIZE), x - dice.uniform(0.0, SIZE)
    v, u = _turned(y, x, dice.uniform(0.0, 1.0))
    length, width = dice.uniform(0.0, 9.0), dice.uniform(0.8, 2.5)
    stroke = circle(v, u - np.clip(u, -length, length), width)
    arc = np.maximum(np.abs(circle(v, u, length)) - width, v)
    distance = np.where(dice.coin() == 1.0, stroke, arc)
    hue = np.where(dice.coin() == 1.0, *hues) + dice.uniform(-0.1, 0.1)
    lightness = dice.uniform(0.45, 0.85)
    first = _color(lightness, dice.uniform(0.05, 0.15), hue)
    second = _color(lightness - 0.1, dice.uniform(0.05, 0.15), hue)
    return _cover(distance, 1), first + _texture(dice, y, x) * (second - first)


def _object(dice: _Dice, outline: Outline, hue: Field, dark: Field) -> tuple[Field, Field, Paint]:
    """The object's shadow, its cover, and its paint times its cover."""
    radius = dice.uniform(8.0, 14.0)
    y, x = _grid(FINE)
    y = y - (radius + (SIZE - 2.0 * radius) * dice.uniform(-0.05, 1.05))
    x = x - (radius + (SIZE - 2.0 * radius) * dice.uniform(-0.05, 1.05))
    v, u = _turned(y / radius, x / radius, dice.uniform(-0.1, 0.1))
    u = np.where(dice.coin() == 1.0, u, -u)
    stretch, shear = dice.uniform(0.87, 1.15), dice.uniform(-0.2, 0.2)
    distance = radius * outline(v / stretch, u * stretch + v * shear, dice.uniform(0.0, 1.0))
    cover = _cover(distance, FINE)
    paint = _object_paint(dice, y, x, distance, hue, dark)
    shadow = (0.5 - 0.2 * dark) * np.clip(0.5 - distance / 4.0, 0.0, 1.0)
    return _shrink(shadow), _shrink(cover), _shrink(cover * paint)


def _object_paint(dice: _Dice, y: Field, x: Field, distance: Field, hue: Field, dark: Field) -> Paint:
    """A texture of two colors, lit from the upper left, with a rim that sets it off from the backdrop."""
    lightness = 0.52 + 0.3 * dark + dice.uniform(-0.05, 0.05)
    first = _color(lightness, dice.uniform(0.12, 0.18), hue)
    lightness = lightness + (1.0 - 2.0 * dark) * dice.uniform(0.05, 0.15)
    second = _color(lightness, dice.uniform(0.1, 0.16), hue + dice.uniform(-0.15, 0.15))
    paint = first + _texture(dice, y, x) * (second - first) - 0.01 * np.clip(y + x, -8.0, 8.0)
    rim = dice.uniform(0.1, 0.6) * _cover(-1.0 - distance, 1)
    return paint + rim * (0.08 + 0.9 * dark - paint)


# ---- grids, colors and textures ----


def _grid(samples: int) -> tuple[Field, Field]:
    """Heights and widths, in pixels, of a grid with that many samples along a pixel's side."""
    places = (np.arange(SIZE * samples, dtype=np.float32) + 0.5) / samples
    return places[None, :, None], places[None, None, :]


def _cover(distance: Field, samples: int) -> Field:
    """How much of a sample is inside, in [0, 1], by its signed distance to the edge in pixels."""
    return np.clip(0.5 - samples * distance, 0.0, 1.0)


def _shrink(fine: np.ndarray) -> np.ndarray:
    """Means over the samples of each pixel, `(..., 64, 64)` to `(..., 32, 32)`."""
    rows = fine[..., ::FINE, :] + fine[..., 1::FINE, :]
    return (rows[..., ::FINE] + rows[..., 1::FINE]) / FINE**2


def _turned(y: Field, x: Field, turns: Field) -> tuple[Field, Field]:
    """Coordinates in a frame that is turned about the origin."""
    cos, sin = _cos_sin(turns)
    return y * cos + x * sin, x * cos - y * sin


def _cos_sin(turns: Field) -> tuple[Field, Field]:
    """Cosine and sine of angles in turns: polynomials of a quarter of the angle, then doubled twice."""
    angle = (turns - np.floor(turns + 0.5)) * (math.pi / 2)
    square = angle * angle
    cos = 1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0))
    sin = angle * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)))
    for _ in range(2):
        cos, sin = cos * cos - sin * sin, 2.0 * cos * sin
    return cos, sin


def _color(lightness: Field, chroma: Field, hue: Field) -> Paint:
    """Red, green and blue of an OKLCh color (Ottosson, 2020), its hue in turns; clipped to the gamut."""
    cos, sin = _cos_sin(hue)
    a, b = chroma * cos, chroma * sin
    cones = [
        lightness + 0.3963377774 * a + 0.2158037573 * b,
        lightness - 0.1055613458 * a - 0.0638541728 * b,
        lightness - 0.0894841775 * a - 1.2914855480 * b,
    ]
    long, medium, short = (cone * cone * cone for cone in cones)
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    linear = np.clip(np.stack([red, green, blue]), 0.0, 1.0)
    return 1.139 * np.sqrt(linear) - 0.139 * linear  # the sRGB curve within 0.025


def _texture(dice: _Dice, y: Field, x: Field) -> Field:
    """Stripes, checks, dots, clouds or a gradient, in [0, 1], turned and scaled at random."""
    period = dice.uniform(4.0, 8.0)
    v, u = _turned(y / period, x / period, dice.uniform(0.0, 1.0))
    waves = _wave(v + dice.uniform(0.0, 1.0)), _wave(u + dice.uniform(0.0, 1.0))
    kinds = (
        0.5 + 1.6 * waves[0],
        0.5 + 6.0 * waves[0] * waves[1],
        0.4 + 1.6 * (waves[0] + waves[1]),
        0.5 + 1.5 * _clouds(dice, 9, v.shape[1]),
        0.5 + 0.4 * v,
    )
    kind = dice.uniform(0.0, len(kinds)).astype(np.int32)
    return np.clip(np.choose(kind, kinds), 0.0, 1.0)


def _wave(turns: Field) -> Field:
    """A triangle wave of period 1 between -1/2 and 1/2."""
    return np.abs(2.0 * (turns - np.floor(turns)) - 1.0) - 0.5


def _clouds(dice: _Dice, side: int, size: int) -> Field:
    """Value noise in [-1/2, 1/2): a lattice of side × side numbers, smoothly interpolated to size × size."""
    place = np.arange(size, dtype=np.float32) * ((side - 1) / size)
    low, weight = place.astype(np.int32), place - np.floor(place)
    weight = weight * weight * (3.0 - 2.0 * weight)
    values = dice.lattice(side) - 0.5
    values = values[:, low] + weight[:, None] * (values[:, low + 1] - values[:, low])
    return values[:, :, low] + weight * (values[:, :, low + 1] - values[:, :, low])
