"""The built-in `shapes` set: generated pictures of ten shapes, with bounding boxes and segmentation masks.

A picture is painted in layers over a grid twice as fine as its pixels, many pictures at once: backdrop, clutter,
the object's shadow, the object. Only the outline of the object depends on the class; its colours, texture, light
and clutter are drawn from the same distributions for all ten.

Equal seeds give equal bits on every machine: chance comes from raw Philox words, and pixels from additions,
multiplications, divisions and square roots alone, which IEEE 754 rounds one way (cosines, powers, matrix
products and float sums over an axis may differ from one processor to the next).
"""

from typing import NamedTuple

import numpy as np

from cutmix_tf._checks import check_whole

SIZE = 32  # pixels along a side
FINE = 2  # samples along a pixel's side
AT_ONCE = 50  # pictures painted together, so that a layer stays in the processor's cache

Field = np.ndarray  # float32 (n, 64, 64): a value at each sample of n pictures; or (n, 1, 1): one value a picture
Paint = np.ndarray  # float32 (3, n, 64, 64) or (3, n, 1, 1): red, green, blue in [0, 1]


class Shapes(NamedTuple):
    """Labelled pictures with the place of their object.

    Attributes:
      images: uint8 `(count, 32, 32, 3)`.
      labels: int32 `(count,)`, positions in `CLASS_NAMES`.
      boxes: int32 `(count, 4)`: top, left, bottom, right in pixels, half-open, tight around the mask.
      masks: bool `(count, 32, 32)`: True where the object covers at least half of the pixel.
    """

    images: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    masks: np.ndarray


class _Dice:
    """Uniform draws from raw random words, whose values no release of NumPy may change."""

    def __init__(self, seed: int):
        self._words = np.random.Philox(seed)

    def order(self, count: int) -> np.ndarray:
        """A random order of `count` things."""
        return np.argsort(self._words.random_raw(count), kind="stable")

    def uniform(self, low: float, high: float, n: int) -> Field:
        """One number in [low, high) for each of n pictures, `(n, 1, 1)`."""
        return low + (high - low) * self.lattice(n, 1)

    def lattice(self, n: int, side: int) -> Field:
        """Numbers in [0, 1), `(n, side, side)`."""
        words = self._words.random_raw(n * side * side)
        return (words >> np.uint64(40)).astype(np.float32).reshape(n, side, side) * 2.0**-24


def make_shapes(count: int, *, seed: int) -> Shapes:
    """Paints `count` pictures, the ten classes balanced up to one picture, in random order.

    Sets of different seeds share no picture: use one seed for training and another one for testing.

    Args:
      count: number of pictures, at least 1.
      seed: whole number from 0.

    Raises:
      TypeError: if an argument is no whole number.
      ValueError: if `count` is below 1 or `seed` below 0.
    """
    check_whole("count", count, low=1)
    check_whole("seed", seed, low=0)
    dice = _Dice(int(seed))
    labels = np.sort(np.arange(count, dtype=np.int32) % len(CLASS_NAMES))
    images = np.empty((count, SIZE, SIZE, 3), np.uint8)
    masks = np.empty((count, SIZE, SIZE), bool)
    for label, outline in enumerate(_OUTLINES.values()):
        start, stop = np.searchsorted(labels, [label, label + 1])
        for first in range(start, stop, AT_ONCE):
            some = slice(first, min(first + AT_ONCE, stop))
            images[some], masks[some] = _paint_pictures(dice, some.stop - some.start, outline)
    order = dice.order(count)
    return Shapes(images[order], labels[order], _tight_boxes(masks[order]), masks[order])


def _tight_boxes(masks: np.ndarray) -> np.ndarray:
    """The smallest half-open boxes (top, left, bottom, right) that hold the masks, int32 `(n, 4)`."""
    rows, columns = masks.any(axis=2), masks.any(axis=1)
    edges = [rows.argmax(1), columns.argmax(1), SIZE - rows[:, ::-1].argmax(1), SIZE - columns[:, ::-1].argmax(1)]
    return np.stack(edges, axis=1).astype(np.int32)


# ---- painting ----


def _paint_pictures(dice: _Dice, n: int, outline) -> tuple[np.ndarray, np.ndarray]:
    """Images and masks of n objects with that outline."""
    rows = (np.arange(SIZE * FINE, dtype=np.float32)[:, None] + 0.5) / FINE
    y, x = rows[None], rows.T[None]
    hue = dice.uniform(0.0, 1.0, n)
    dark = (dice.uniform(0.0, 1.0, n) < 0.5).astype(np.float32)  # is the backdrop the darker one?
    canvas = _backdrop(dice, n, y, x, hue, dark)
    for _ in range(5):
        _paint_clutter(dice, n, canvas, y, x, hue)

    radius = dice.uniform(6.5, 12.0, n)
    v, u = _object_coordinates(dice, n, y, x, radius)
    distance = outline(v, u, dice.uniform(0.0, 1.0, n)) * radius
    hue = hue + dice.uniform(0.25, 0.75, n)
    lightness = 0.50 + 0.30 * dark + dice.uniform(-0.06, 0.06, n)
    first = _colour(lightness, dice.uniform(0.09, 0.17, n), hue)
    second = _colour(lightness - dice.uniform(0.10, 0.2, n), dice.uniform(0.08, 0.15, n), hue + dice.uniform(-0.15, 0.15, n))
    shadow = 0.5 * np.clip(0.4 - distance[:, :-4, :-4] / 3.0, 0.0, 1.0)
    canvas[:, :, 4:, 4:] *= 1.0 - shadow

    paint = first + _texture(dice, n, v * radius, u * radius) * (second - first)
    paint += 0.10 * np.clip(-v - 0.5 * u, -1, 1)
    rim = dice.uniform(0.2, 0.6, n) * np.clip(0.5 + FINE * (distance + 0.9), 0.0, 1.0)
    paint *= 1.0 - rim
    cover = _cover(distance)
    canvas += cover * (paint - canvas)
    return _to_pixels(canvas), _shrink(cover) >= 0.5


def _cover(distance: Field) -> Field:
    """How much of each sample lies inside, [0, 1], from its signed distance to the edge in pixels."""
    return np.clip(0.5 - FINE * distance, 0.0, 1.0)


def _shrink(fine: np.ndarray) -> np.ndarray:
    """Means over the samples of each pixel, `(..., 64, 64)` to `(..., 32, 32)`."""
    rows = fine[..., ::2, :] + fine[..., 1::2, :]
    return (rows[..., ::2] + rows[..., 1::2]) / FINE**2


def _to_pixels(canvas: Paint) -> np.ndarray:
    """uint8 `(n, 32, 32, 3)`."""
    levels = np.floor(np.clip(_shrink(canvas), 0.0, 1.0) * 255.0 + 0.5)
    return np.moveaxis(levels.astype(np.uint8), 0, -1)


def _object_coordinates(dice: _Dice, n: int, y: Field, x: Field, radius: Field) -> tuple[Field, Field]:
    """Coordinates in which the object is upright, at the origin, and about one unit in radius."""
    v = y - (radius + (SIZE - 2.0 * radius) * dice.uniform(-0.05, 1.05, n))
    u = x - (radius + (SIZE - 2.0 * radius) * dice.uniform(-0.05, 1.05, n))
    cos, sin = _cos_sin(dice.uniform(-0.1, 0.1, n))
    mirror = 1.0 - 2.0 * (dice.uniform(0.0, 1.0, n) < 0.5)
    v, u = (v * cos + u * sin) / radius, (u * cos - v * sin) / radius * mirror.astype(np.float32)
    stretch = dice.uniform(0.87, 1.15, n)
    return v / stretch, u * stretch + v * dice.uniform(-0.2, 0.2, n)


def _backdrop(dice: _Dice, n: int, y: Field, x: Field, hue: Field, dark: Field) -> Paint:
    """A gradient between two neighbouring colours, with clouds and grain."""
    lightness = 0.80 - 0.38 * dark + dice.uniform(-0.06, 0.06, n)
    first = _colour(lightness, dice.uniform(0.03, 0.1, n), hue)
    second = _colour(lightness - 0.12, dice.uniform(0.03, 0.1, n), hue + dice.uniform(-0.2, 0.2, n))
    cos, sin = _cos_sin(dice.uniform(0.0, 1.0, n))
    slope = ((y - SIZE / 2) * sin + (x - SIZE / 2) * cos) / SIZE
    mix = 0.1 + 0.5 * slope + 0.5 * _clouds(dice, n, 5) + 0.3 * _clouds(dice, n, 17)
    return first + mix * (second - first)


def _paint_clutter(dice: _Dice, n: int, canvas: Paint, y: Field, x: Field, hue: Field) -> None:
    """Paints one piece onto each canvas: a blob, a stroke, an arc or a half-disk."""
    cos, sin = _cos_sin(dice.uniform(0.0, 1.0, n))
    v, u = y - dice.uniform(0.0, SIZE, n), x - dice.uniform(0.0, SIZE, n)
    v, u = v * cos + u * sin, u * cos - v * sin
    length = dice.uniform(0.0, 8.0, n)
    bow = dice.uniform(0.0, 8.0, n)
    width = dice.uniform(0.8, 2.5, n)
    stroke = np.sqrt(v * v + np.square(u - np.clip(u, -length, length))) - width
    arc = np.maximum(np.abs(np.sqrt(v * v + u * u) - bow) - width, v)
    distance = np.where(dice.uniform(0.0, 1.0, n) < 0.5, stroke, arc)
    first = _colour(dice.uniform(0.35, 0.85, n), dice.uniform(0.05, 0.14, n), hue + dice.uniform(0, 1, n))
    canvas += _cover(distance) * (first - canvas)


# ---- colour and texture ----


def _colour(lightness: Field, chroma: Field, hue: Field) -> Paint:
    """Red, green and blue of an OKLCh colour (Ottosson 2020), hue in turns; `(3, n, 1, 1)`, clipped to the gamut."""
    cos, sin = _cos_sin(hue)
    a, b = chroma * cos, chroma * sin
    long = lightness + 0.3963377774 * a + 0.2158037573 * b
    medium = lightness - 0.1055613458 * a - 0.0638541728 * b
    short = lightness - 0.0894841775 * a - 1.2914855480 * b
    long, medium, short = long * long * long, medium * medium * medium, short * short * short
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    root = np.sqrt(np.clip(np.stack([red, green, blue]), 0.0, 1.0))
    root4 = np.sqrt(root)  # the three roots add up to the sRGB curve within 0.003
    return 0.662002687 * root + 0.684122060 * root4 - 0.323583601 * np.sqrt(root4) - 0.0225411470 * root * root


def _texture(dice: _Dice, n: int, v: Field, u: Field) -> Field:
    """Stripes, checks, dots, clouds or a gradient, in [0, 1], turned and scaled at random."""
    cos, sin = _cos_sin(dice.uniform(0.0, 1.0, n))
    period = dice.uniform(4.0, 8.0, n)
    v, u = (v * cos + u * sin) / period, (u * cos - v * sin) / period
    wave_v, wave_u = _wave(v + dice.uniform(0, 1, n)), _wave(u + dice.uniform(0, 1, n))
    choices = (
        0.5 + 1.6 * wave_v,
        0.5 + 6.0 * wave_v * wave_u,
        0.4 + 1.6 * (wave_v + wave_u),
        0.5 + 1.5 * _clouds(dice, n, 9),
        0.5 + 0.4 * v,
    )
    kind = dice.uniform(0, len(choices), n).astype(np.int32)
    return np.clip(np.choose(kind, choices), 0.0, 1.0)


def _wave(turns: Field) -> Field:
    """A triangle wave of period 1 between -1/2 and 1/2."""
    return np.abs(2.0 * (turns - np.floor(turns)) - 1.0) - 0.5


def _clouds(dice: _Dice, n: int, side: int) -> Field:
    """Value noise in [-1/2, 1/2]: a coarse lattice of random numbers, interpolated smoothly."""
    place = np.arange(SIZE * FINE, dtype=np.float32) * ((side - 1) / (SIZE * FINE))
    cell = place.astype(np.int32)
    weight = place - cell
    weight = weight * weight * (3.0 - 2.0 * weight)
    values = dice.lattice(n, side) - 0.5
    values = values[:, cell] + weight[:, None] * (values[:, cell + 1] - values[:, cell])
    return values[:, :, cell] + weight * (values[:, :, cell + 1] - values[:, :, cell])


def _cos_sin(turns: Field) -> tuple[Field, Field]:
    """Cosine and sine of angles in turns: Taylor polynomials of a quarter of the angle, doubled twice."""
    angle = (turns - np.floor(turns + 0.5)) * 1.5707963267948966
    square = angle * angle
    sin = angle * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)))
    cos = 1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0))
    for _ in range(2):
        cos, sin = cos * cos - sin * sin, 2.0 * cos * sin
    return cos, sin


# ---- outlines: signed distances (negative inside) for y downwards, x to the right; `form` in [0, 1) varies them ----


def _circle(y: Field, x: Field, top, left, radius) -> Field:
    return np.sqrt((y - top) * (y - top) + (x - left) * (x - left)) - radius


def _polygon(y: Field, x: Field, corners) -> Field:
    """Signed distance to the polygon with those (y, x) corners."""
    nearest, inside = np.inf, False
    for (y0, x0), (y1, x1) in zip(corners, corners[1:] + corners[:1], strict=True):
        edge_y, edge_x = y1 - y0, x1 - x0
        from_y, from_x = y - y0, x - x0
        along = np.clip((from_y * edge_y + from_x * edge_x) / (edge_y * edge_y + edge_x * edge_x), 0.0, 1.0)
        off_y, off_x = from_y - along * edge_y, from_x - along * edge_x
        nearest = np.minimum(nearest, off_y * off_y + off_x * off_x)
        crosses = ((y < y0) != (y < y1)) & ((edge_x * from_y > edge_y * from_x) == (y1 > y0))
        inside = inside ^ crosses
    return np.where(inside, -1.0, 1.0).astype(np.float32) * np.sqrt(nearest)


def _disk(y, x, form):
    return _circle(y, x, 0.0, 0.0, 0.85 + 0.05 * form)


def _ring(y, x, form):
    return np.abs(_circle(y, x, 0.0, 0.0, 0.7)) - (0.17 + 0.08 * form)


def _crescent(y, x, form):
    return np.maximum(_circle(y, x, 0.0, 0.2, 0.95), -_circle(y, x, 0.0, 0.75 - 0.15 * form, 0.8))


def _square(y, x, form):
    side = 0.72 + 0.06 * form
    return np.maximum(np.abs(y), np.abs(x)) - side


def _triangle(y, x, form):
    base = 0.75 + 0.15 * form
    return _polygon(y, x, [(-0.95, 0.0), (0.7, base), (0.7, -base)])


def _cross(y, x, form):
    y, x, arm = np.abs(y), np.abs(x), 0.24 + 0.1 * form
    return np.minimum(np.maximum(y - 0.92, x - arm), np.maximum(y - arm, x - 0.92))


def _star(y, x, form):
    inner = 0.42 + 0.1 * form
    corners = []
    for k in range(5):
        c, s = _cos_sin(np.float32(k / 5))
        c2, s2 = _cos_sin(np.float32(k / 5 + 0.1))
        corners += [(-c, s), (-c2 * inner, s2 * inner)]
    return _polygon(y, x, corners)


def _heart(y, x, form):
    wide = 0.7 + 0.06 * form
    diamond = np.abs(y - 0.2) / wide
    diamond = (np.abs(x) + np.abs(y - 0.2) - wide) * 0.70710678
    lobes = _circle(y, np.abs(x), 0.2 - wide / 2, wide / 2, wide * 0.70710678)
    return np.minimum(diamond, lobes)


def _arrow(y, x, form):
    stem, neck = 0.2 + 0.1 * form, 0.05
    corners = [(-0.95, 0.0), (neck, 0.8), (neck, stem), (0.9, stem), (0.9, -stem), (neck, -stem), (neck, -0.8)]
    return _polygon(y, x, corners)


def _flower(y, x, form):
    petals = _circle(y, x, 0.0, 0.0, 0.45)
    for k in range(5):
        c, s = _cos_sin(np.float32(k / 5))
        petals = np.minimum(petals, _circle(y, x, -0.55 * c, 0.55 * s, 0.33 + 0.06 * form))
    return petals


_OUTLINES = {
    "disk": _disk,
    "ring": _ring,
    "crescent": _crescent,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "star": _star,
    "heart": _heart,
    "arrow": _arrow,
    "flower": _flower,
}
CLASS_NAMES = tuple(_OUTLINES)
