"""The outlines of the `shapes` set's ten classes, as signed distances.

Distances are negative inside; y runs down and x to the right, and the outline fills about [-1, 1] of both. `form` in
[0, 1) varies the proportions. Like the whole set, outlines use only operations that every machine rounds alike.
"""

import math
from collections.abc import Callable

import numpy as np

Field = np.ndarray  # float32 (n, height, width), 1 for an axis along which nothing changes
Outline = Callable[[Field, Field, Field], Field]

# A tenth of a turn apart, clockwise from the top; rounded, as cosines differ in the last bit between machines.
_TENTHS = [(-round(math.cos(math.tau * k / 10), 6), round(math.sin(math.tau * k / 10), 6)) for k in range(10)]


def circle(y: Field, x: Field, radius: Field | float) -> Field:
    return np.sqrt(y * y + x * x) - radius


def polygon(y: Field, x: Field, corners: list) -> Field:
    nearest, inside = math.inf, False
    for (y0, x0), (y1, x1) in zip(corners, corners[1:] + corners[:1], strict=True):
        edge_y, edge_x, from_y, from_x = y1 - y0, x1 - x0, y - y0, x - x0
        along = np.clip((from_y * edge_y + from_x * edge_x) / (edge_y * edge_y + edge_x * edge_x), 0.0, 1.0)
        off_y, off_x = from_y - along * edge_y, from_x - along * edge_x
        nearest = np.minimum(nearest, off_y * off_y + off_x * off_x)
        beyond = (edge_x * from_y > edge_y * from_x) == (y1 > y0)
        inside = inside ^ (beyond & ((y < y0) != (y < y1)))  # a level ray from the point meets this edge
    return np.where(inside, -np.sqrt(nearest), np.sqrt(nearest))


def disk(y: Field, x: Field, form: Field) -> Field:
    return circle(y, x, 0.85 + 0.05 * form)


def ring(y: Field, x: Field, form: Field) -> Field:
    return np.abs(circle(y, x, 0.7)) - (0.17 + 0.08 * form)


def crescent(y: Field, x: Field, form: Field) -> Field:
    return np.maximum(circle(y, x - 0.2, 0.95), -circle(y, x - 0.75 + 0.15 * form, 0.8))


def square(y: Field, x: Field, form: Field) -> Field:
    return np.maximum(np.abs(y), np.abs(x)) - (0.72 + 0.06 * form)


def triangle(y: Field, x: Field, form: Field) -> Field:
    half = 0.75 + 0.15 * form
    return polygon(y, x, [(-0.95, 0.0), (0.7, half), (0.7, -half)])


def cross(y: Field, x: Field, form: Field) -> Field:
    y, x, half = np.abs(y), np.abs(x), 0.24 + 0.1 * form
    return np.minimum(np.maximum(y - 0.92, x - half), np.maximum(y - half, x - 0.92))


def star(y: Field, x: Field, form: Field) -> Field:
    reaches = [1.0, 0.42 + 0.1 * form] * 5
    corners = [(reach * down, reach * right) for reach, (down, right) in zip(reaches, _TENTHS, strict=True)]
    return polygon(y, x, corners)


def heart(y: Field, x: Field, form: Field) -> Field:
    y, x, half = y - 0.2, np.abs(x), 0.7 + 0.06 * form
    diamond = (np.abs(y) + x - half) * math.sqrt(0.5)
    return np.minimum(diamond, circle(y + half / 2.0, x - half / 2.0, half * math.sqrt(0.5)))


def arrow(y: Field, x: Field, form: Field) -> Field:
    half = 0.2 + 0.1 * form
    side = [(-0.95, 0.0), (0.05, 0.8), (0.05, half), (0.9, half)]
    return polygon(y, x, side + [(down, -right) for down, right in side[:0:-1]])


def flower(y: Field, x: Field, form: Field) -> Field:
    petals = [circle(y - 0.55 * down, x - 0.55 * right, 0.33 + 0.06 * form) for down, right in _TENTHS[::2]]
    return np.minimum.reduce([circle(y, x, 0.45), *petals])


OUTLINES = (disk, ring, crescent, square, triangle, cross, star, heart, arrow, flower)
CLASS_NAMES = tuple(outline.__name__ for outline in OUTLINES)
