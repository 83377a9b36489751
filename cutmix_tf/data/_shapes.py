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
BEHIND, BEFORE = 4, 1
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
    dark = (dice.uniform(0.0, 1.0, n) < 0.5).astype(np.float32)  # 1: a bright object before a dark backdrop
    hue = dice.uniform(0.0, 1.0, n)
    hues = hue - 0.35 * dark * hue + 0.37 * dark, hue + dice.uniform(0.3, 0.7, n)
    canvas = _backdrop(dice, n, hues[0], dark)
    for _ in range(BEHIND):
        cover, paint = _clutter(dice, n, hues, dark)
        canvas += cover * (paint - canvas)
    radius = dice.uniform(7.5, 13.5, n)
    y, x, v, u = _object_coordinates(dice, n, radius)
    distance = outline(v, u, dice.uniform(0.0, 1.0, n)) * radius
    cover = _cover(distance, FINE)
    paint = _object_paint(dice, n, y, x, distance, hues[1], dark)
    soft = _shrink(np.clip(0.5 - distance / 4.0, 0.0, 1.0))
    canvas[..., 2:, 2:] *= 1.0 - (0.5 - 0.2 * dark) * soft[:, :-2, :-2]
    visible = _shrink(cover)
    canvas = canvas * (1.0 - visible) + _shrink(cover * paint)
    for _ in range(BEFORE):
        cover, paint = _clutter(dice, n, hues, dark)
        canvas += cover * (paint - canvas)
        visible *= 1.0 - cover
    levels = np.floor(np.clip(canvas, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return np.moveaxis(levels, 0, -1), visible >= 0.5


def _grid(samples: int) -> tuple[Field, Field]:
    """Rows and columns, in pixels, of a grid with that many samples along a pixel's side."""
    places = (np.arange(SIZE * samples, dtype=np.float32) + 0.5) / samples
    return places[None, :, None], places[None, None, :]


def _cover(distance: Field, samples: int) -> Field:
    """How much of each sample lies inside, [0, 1], from its signed distance to the edge in pixels."""
    return np.clip(0.5 - samples * distance, 0.0, 1.0)


def _shrink(fine: np.ndarray) -> np.ndarray:
    """Means over the samples of each pixel, `(..., 64, 64)` to `(..., 32, 32)`."""
    rows = fine[..., ::2, :] + fine[..., 1::2, :]
    return (rows[..., ::2] + rows[..., 1::2]) / FINE**2


def _object_coordinates(dice: _Dice, n: int, radius: Field) -> tuple[Field, Field, Field, Field]:
    """Pixels from the object's centre, and coordinates in which it is upright and about one unit in radius."""
    y, x = _grid(FINE)
    y = y - (radius + (SIZE - 2.0 * radius) * dice.uniform(-0.05, 1.05, n))
    x = x - (radius + (SIZE - 2.0 * radius) * dice.uniform(-0.05, 1.05, n))
    cos, sin = _cos_sin(dice.uniform(-0.1, 0.1, n))
    v, u = (y * cos + x * sin) / radius, (x * cos - y * sin) / radius
    u = np.where(dice.uniform(0.0, 1.0, n) < 0.5, u, -u)
    stretch = dice.uniform(0.87, 1.15, n)
    return y, x, v / stretch, u * stretch + v * dice.uniform(-0.2, 0.2, n)


def _object_paint(dice: _Dice, n: int, y: Field, x: Field, distance: Field, hue: Field, dark: Field) -> Paint:
    """A texture of two colours, lit from the upper left, with a rim."""
    lightness = 0.52 + 0.3 * dark + dice.uniform(-0.05, 0.05, n)
    first = _colour(lightness, dice.uniform(0.12, 0.18, n), hue)
    lightness = lightness + (1.0 - 2.0 * dark) * dice.uniform(0.05, 0.15, n)
    second = _colour(lightness, dice.uniform(0.1, 0.16, n), hue + dice.uniform(-0.15, 0.15, n))
    paint = first + _texture(dice, n, y, x) * (second - first)
    paint += 0.08 * np.clip((-y - x) / 8.0, -1.0, 1.0)
    rim = dice.uniform(0.1, 0.6, n) * _cover(-1.0 - distance, 1)
    return paint + rim * (0.9 * dark + 0.08 - paint)


def _backdrop(dice: _Dice, n: int, hue: Field, dark: Field) -> Paint:
    """A gradient between two neighbouring colours, with a faint pattern, clouds and grain."""
    y, x = _grid(1)
    lightness = 0.88 - 0.46 * dark + dice.uniform(-0.05, 0.05, n)
    first = _colour(lightness, dice.uniform(0.04, 0.1, n), hue)
    second = _colour(lightness - 0.12, dice.uniform(0.04, 0.1, n), hue + dice.uniform(-0.2, 0.2, n))
    cos, sin = _cos_sin(dice.uniform(0.0, 1.0, n))
    mix = 0.1 + 0.5 * ((y - SIZE / 2) * sin + (x - SIZE / 2) * cos) / SIZE
    mix = mix + 0.4 * _clouds(dice, n, 5, SIZE) + 0.2 * _clouds(dice, n, 17, SIZE)
    mix += dice.uniform(0.0, 0.7, n) * _texture(dice, n, y, x)
    return first + mix * (second - first)


def _clutter(dice: _Dice, n: int, hues: tuple[Field, Field], dark: Field) -> tuple[Field, Paint]:
    """Cover and paint of one piece in each picture: a stroke, or a part of a disk or ring."""
    y, x = _grid(1)
    cos, sin = _cos_sin(dice.uniform(0.0, 1.0, n))
    y, x = y - dice.uniform(0.0, SIZE, n), x - dice.uniform(0.0, SIZE, n)
    v, u = y * cos + x * sin, x * cos - y * sin
    length, width = dice.uniform(0.0, 9.0, n), dice.uniform(0.8, 2.5, n)
    stroke = np.sqrt(v * v + np.square(u - np.clip(u, -length, length))) - width
    arc = np.maximum(np.abs(np.sqrt(v * v + u * u) - length) - width, v)
    distance = np.where(dice.uniform(0.0, 1.0, n) < 0.5, stroke, arc)
    hue = np.where(dice.uniform(0.0, 1.0, n) < 0.5, *hues) + dice.uniform(-0.1, 0.1, n)
    lightness = dice.uniform(0.45, 0.85, n)
    first = _colour(lightness, dice.uniform(0.05, 0.15, n), hue)
    second = _colour(lightness - 0.1, dice.uniform(0.05, 0.15, n), hue)
    paint = first + _texture(dice, n, y, x) * (second - first)
    return _cover(distance, 1), paint


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
    linear = np.clip(np.stack([red, green, blue]), 0.0, 1.0)
    return 1.139 * np.sqrt(linear) - 0.139 * linear  # the sRGB curve within 0.03


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
        0.5 + 1.5 * _clouds(dice, n, 9, v.shape[1]),
        0.5 + 0.4 * v,
    )
    kind = dice.uniform(0, len(choices), n).astype(np.int32)
    return np.clip(np.choose(kind, choices), 0.0, 1.0)


def _wave(turns: Field) -> Field:
    """A triangle wave of period 1 between -1/2 and 1/2."""
    return np.abs(2.0 * (turns - np.floor(turns)) - 1.0) - 0.5


def _clouds(dice: _Dice, n: int, side: int, size: int) -> Field:
    """Value noise in [-1/2, 1/2]: a coarse lattice of random numbers, interpolated smoothly."""
    place = np.arange(size, dtype=np.float32) * ((side - 1) / size)
    cell = place.astype(np.int32)
    weight = place - np.floor(place)
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
