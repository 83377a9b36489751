"""An independent NumPy version of the official CutMix, one image at a time, with flaws on demand.

Written from the algorithm's description (Yun et al. 2019, Algorithm A1, and the order of operations in the authors'
training code), without using any function of the package, so that agreement means something.
"""

import math

import numpy as np


def official_box(share, center_row, center_column, height, width):
    """The clipped box for a drawn λ: top, left, bottom, right, half-open."""
    side = math.sqrt(1.0 - share)
    cut_height, cut_width = int(height * side), int(width * side)
    top = min(max(center_row - cut_height // 2, 0), height)
    bottom = min(max(center_row + cut_height // 2, 0), height)
    left = min(max(center_column - cut_width // 2, 0), width)
    right = min(max(center_column + cut_width // 2, 0), width)
    return top, left, bottom, right


def official_cutmix(images, partner, share, center_row, center_column):
    """A whole batch with one λ and one box: the mixed images, the box, and λ as counted from its pixels."""
    height, width = images.shape[1:3]
    box = official_box(share, center_row, center_column, height, width)
    top, left, bottom, right = box
    mixed = images.copy()
    for index, other in enumerate(partner):
        mixed[index, top:bottom, left:right] = images[other, top:bottom, left:right]
    return mixed, box, 1.0 - (bottom - top) * (right - left) / (height * width)


FLAWS = (
    "identity",
    "unclipped area",
    "height and width swapped",
    "partner ignored in the label",
    "fractional corners",
    "through float16",
    "one box for all",
    "self-pairs",
    "prob applied twice",
    "pixels of a third image",
)


class NumpyCutMix:
    """CutMix with loops, returning pair targets; `flaw` breaks it in one of the ways listed in `FLAWS`."""

    def __init__(self, flaw=None, prob=1.0):
        self.flaw, self.prob = flaw, prob

    def __call__(self, images, labels, *, seed):
        images, labels = np.asarray(images), np.asarray(labels)
        draw = np.random.default_rng(tuple(int(part) % 2**31 for part in seed))
        count = len(images)
        shift = draw.integers(1, count) if count > 1 else 0
        partner = draw.permutation(count) if self.flaw == "self-pairs" else (np.arange(count) + shift) % count
        mixed, targets = images.copy(), np.zeros((count, 2, 2), np.float32)
        shared = self._draw_box(draw, images.shape)
        for index, other in enumerate(partner):
            box, share = shared if self.flaw == "one box for all" else self._draw_box(draw, images.shape)
            if not self._coin(draw):
                box, share = (0, 0, 0, 0), 1.0
            top, left, bottom, right = box
            if self.flaw != "identity":
                source = other if self.flaw != "pixels of a third image" else (other + 1) % count
                mixed[index, top:bottom, left:right] = images[source, top:bottom, left:right]
            other_label = labels[index] if self.flaw == "partner ignored in the label" else labels[other]
            targets[index] = [[labels[index], share], [other_label, 1 - share]]
        if self.flaw == "through float16":
            mixed = mixed.astype(np.float16).astype(images.dtype)
        return mixed, targets

    def _coin(self, draw):
        tosses = 2 if self.flaw == "prob applied twice" else 1
        return all(draw.random() < self.prob for _ in range(tosses))

    def _draw_box(self, draw, shape):
        height, width = shape[1:3]
        share = draw.random()
        if self.flaw == "height and width swapped":
            row, column = draw.integers(width), draw.integers(height)
            box = official_box(share, row, column, width, height)
            box = tuple(np.minimum(box, (height, width, height, width)).tolist())
        else:
            box = official_box(share, draw.integers(height), draw.integers(width), height, width)
        top, left, bottom, right = box
        kept = 1.0 - (bottom - top) * (right - left) / (height * width)
        if self.flaw == "unclipped area":
            kept = share
        if self.flaw == "fractional corners" and bottom > top and right > left:
            kept = 1.0 - (bottom - top - draw.random()) * (right - left - draw.random()) / (height * width)
        return box, kept


def object_weights(kept, own, partners, rule):
    """The two labels' weights by what is visible of two objects, one image at a time, in float64.

    Args:
      kept: bool (height, width): where the image keeps its own pixels.
      own: The own object's map on the image's pixels.
      partners: The partner's.
      rule: "area" or "semantic".
    """
    own, partners = (np.asarray(part, np.float64) / max(part.max(), 1e-30) for part in (own, partners))
    seen, pasted = own[kept].sum(), partners[~kept].sum()
    if rule == "area":
        return (seen, pasted) / (seen + pasted) if seen + pasted else np.array([kept.mean(), 1 - kept.mean()])
    return np.array(
        [
            seen / own.sum() if own.any() else kept.mean(),
            pasted / partners.sum() if partners.any() else 1 - kept.mean(),
        ]
    )


OBJECT_FLAWS = ("label by area", "own object inside the box", "partner's object outside the box", "the other's map")


class NumpyObjectAware:
    """Object-aware CutMix of a dict with segmentation masks; `flaw` breaks its labels in one of `OBJECT_FLAWS`."""

    def __init__(self, rule="area", flaw=None):
        self.rule, self.flaw = rule, flaw

    def __call__(self, element, *, seed):
        images, labels, masks = (np.asarray(element[key]) for key in ("images", "labels", "segmentation_masks"))
        mixed, targets = NumpyCutMix()(images, labels, seed=seed)
        others = targets[:, 1, 0].astype(int)
        kept = (mixed == images).all(axis=3)
        if self.flaw != "label by area":
            for index, other in enumerate(others):
                targets[index, :, 1] = self._weights(kept[index], masks[index] != 0, masks[other] != 0)
        followed = np.where(kept, masks, masks[others])
        return {"images": mixed, "labels": targets, "segmentation_masks": followed}

    def _weights(self, kept, own, partners):
        if self.flaw == "the other's map":
            own, partners = partners, own
        own_kept = ~kept if self.flaw == "own object inside the box" else kept
        other_kept = ~kept if self.flaw == "partner's object outside the box" else kept
        seen = object_weights(own_kept, own, partners, "semantic")[0] * own.sum()
        pasted = object_weights(other_kept, own, partners, "semantic")[1] * partners.sum()
        parts = np.array([seen, pasted])
        if self.rule == "semantic":
            return parts / [own.sum(), partners.sum()]
        return parts / parts.sum() if parts.any() else object_weights(kept, 0 * own, 0 * partners, "area")


def shrunk(image, height, width):
    """An image (rows, columns, channels) shrunk to that size: each pixel is the mean of what it covers, in float64."""
    rows, columns, channels = image.shape
    fine = np.repeat(np.repeat(image.astype(np.float64), height, axis=0), width, axis=1)
    return fine.reshape(height, rows, width, columns, channels).mean(axis=(1, 3))


def picked(values, height, width):
    """Values (rows, columns, …) at that size: each pixel takes the value below its center."""
    rows = np.floor((np.arange(height) + 0.5) * values.shape[0] / height).astype(int)
    columns = np.floor((np.arange(width) + 0.5) * values.shape[1] / width).astype(int)
    return values[rows[:, None], columns]


def _paired(images, labels, seed):
    """Images and labels as arrays, a generator of that seed, and each image's partner, the same number of places on."""
    images, labels = np.asarray(images), np.asarray(labels)
    draw = np.random.default_rng(tuple(int(part) % 2**31 for part in seed))
    count = len(images)
    return images, labels, draw, (np.arange(count) + draw.integers(1, count)) % count


RESIZE_FLAWS = (
    "nearest pixels",
    "cropped instead of shrunk",
    "flipped",
    "half a pixel off",
    "label by the partner's area",
)


class NumpyResizeMix:
    """ResizeMix with loops; `flaw` breaks it in one of the ways listed in `RESIZE_FLAWS`."""

    def __init__(self, flaw=None):
        self.flaw = flaw

    def __call__(self, images, labels, *, seed):
        images, labels, draw, others = _paired(images, labels, seed)
        count, rows, columns, _ = images.shape
        mixed, targets = images.copy(), np.zeros((count, 2, 2), np.float32)
        for index, other in enumerate(others):
            scale = draw.uniform(0.1, 0.8)
            height, width = max(int(scale * rows), 1), max(int(scale * columns), 1)
            top, left = draw.integers(rows - height + 1), draw.integers(columns - width + 1)
            mixed[index, top : top + height, left : left + width] = self._pasted(images[other], height, width)
            share = 1 - height * width / (rows * columns)
            share = 0 if self.flaw == "label by the partner's area" else share  # all of the partner is shown
            targets[index] = [[labels[index], share], [labels[other], 1 - share]]
        return mixed, targets

    def _pasted(self, image, height, width):
        if self.flaw == "nearest pixels":
            return picked(image, height, width)
        if self.flaw == "cropped instead of shrunk":
            return image[:height, :width]
        if self.flaw == "half a pixel off":
            image = (image + np.roll(image, 1, axis=1)) / 2
        return shrunk(image, height, width)[:: -1 if self.flaw == "flipped" else 1]


def published_fields(draw, count, height, width, decay=3.0):
    """Low-frequency images as the authors of FMix draw them: (count, height, width).

    Their code pairs neighboring columns of a real spectrum, as the two parts of a complex one that are never joined.
    """
    down, across = np.fft.fftfreq(height)[:, None], np.arange(width // 2 + 1) // 2 / width
    scale = np.maximum(np.hypot(down, across), 1 / max(height, width)) ** -decay
    return np.fft.irfft2(draw.normal(size=(count, *scale.shape)) * scale, (height, width))


GRID_FLAWS = ("one cell less in a row", "a pixel off", "a corner stays", "label by the number of cells")


class NumpyGridMix:
    """GridMix with loops; `flaw` breaks it in one of the ways listed in `GRID_FLAWS`."""

    def __init__(self, cells, flaw=None):
        self.cells, self.flaw = cells, flaw

    def __call__(self, images, labels, *, seed):
        images, labels, draw, others = _paired(images, labels, seed)
        count, height, width, _ = images.shape
        mixed, targets = images.copy(), np.zeros((count, 2, 2), np.float32)
        for index, other in enumerate(others):
            chosen = draw.permutation(self.cells**2) < round(draw.random() * self.cells**2)
            chosen = chosen.reshape(self.cells, self.cells)
            pasted = np.zeros((height, width), bool)
            for y, x in np.ndindex(height, width):
                pasted[y, x] = chosen[self._cell(y, height, self.cells), self._cell(x, width, self._across())]
            if self.flaw == "a corner stays":
                pasted[-1, -1] = False
            mixed[index][pasted] = images[other][pasted]
            share = chosen.mean() if self.flaw == "label by the number of cells" else pasted.mean()
            targets[index] = [[labels[index], 1 - share], [labels[other], share]]
        return mixed, targets

    def _across(self):
        return self.cells - (self.flaw == "one cell less in a row")

    def _cell(self, place, size, cells):
        off = 1 if self.flaw == "a pixel off" else 0
        return min(place + off, size - 1) * cells // size


SHAPE_FLAWS = ("noise instead of a shape", "label by the drawn share")


class NumpyFMix:
    """FMix with loops; `flaw` breaks it in one of the ways listed in `SHAPE_FLAWS`."""

    def __init__(self, flaw=None):
        self.flaw = flaw

    def __call__(self, images, labels, *, seed):
        images, labels, draw, others = _paired(images, labels, seed)
        count, height, width, _ = images.shape
        mixed, targets = images.copy(), np.zeros((count, 2, 2), np.float32)
        for index, (other, field) in enumerate(zip(others, published_fields(draw, count, height, width), strict=True)):
            field = draw.random(field.shape) if self.flaw == "noise instead of a shape" else field
            share, order = draw.random(), np.argsort(field, axis=None)
            kept = round(share * field.size)
            pasted = np.unravel_index(order[: field.size - kept], field.shape)
            mixed[index][pasted] = images[other][pasted]
            share = share if self.flaw == "label by the drawn share" else kept / field.size
            targets[index] = [[labels[index], share], [labels[other], 1 - share]]
        return mixed, targets


def fine_grained_saliency(image):
    """The saliency of one image (height, width, 3) of bytes, pixel by pixel, from OpenCV's description."""
    gray = np.floor(image.astype(float) @ [0.299, 0.587, 0.114] + 0.5).astype(int)
    height, width = gray.shape
    parts = np.zeros((2, height, width))
    for y, x in np.ndindex(height, width):
        for reach in (12, 24, 28, 48, 56, 112):
            around = gray[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
            if around.size > 1:
                difference = gray[y, x] - (around.sum() - gray[y, x]) / (around.size - 1)
                parts[int(difference < 0), y, x] += math.floor(abs(difference) + 1e-9)
    return sum(np.floor(255 * part / max(part.max(), 1) + 1e-9) for part in parts)


MOSAIC_FLAWS = (
    "corners of the images outside",
    "labels in another order",
    "label by the drawn center",
    "the same image twice",
    "a column off",
)


class NumpyMosaic:
    """Mosaic with loops; `flaw` breaks it in one of the ways listed in `MOSAIC_FLAWS`."""

    def __init__(self, flaw=None):
        self.flaw = flaw

    def __call__(self, images, labels, *, seed):
        images, labels = np.asarray(images), np.asarray(labels)
        draw = np.random.default_rng(tuple(int(part) % 2**31 for part in seed))
        count, height, width, _ = images.shape
        mixed, targets = np.empty_like(images), np.zeros((count, 4, 2), np.float32)
        shifts = [0, *draw.permutation(np.arange(1, count))[:3]]
        if self.flaw == "the same image twice":
            shifts[3] = shifts[1]
        for index in range(count):
            share = draw.uniform(0.25, 0.75, 2)
            row, column = (share * [height, width]).astype(int)
            members = (index + np.array(shifts)) % count
            mixed[index] = self._tiled(images[members], row, column)
            if self.flaw == "label by the drawn center":
                row, column = share * [height, width]
            areas = [row * column, row * (width - column), (height - row) * column, (height - row) * (width - column)]
            if self.flaw == "labels in another order":
                members = members[[0, 2, 1, 3]]
            targets[index] = np.stack([labels[members], np.array(areas) / (height * width)], axis=1)
        return mixed, targets

    def _tiled(self, four, row, column):
        height, width = four.shape[1:3]
        if self.flaw == "corners of the images outside":  # each quadrant shows its own place
            four = np.roll(four, (row, column), axis=(1, 2))
        off = 1 if self.flaw == "a column off" else 0
        canvas = np.empty_like(four[0])
        canvas[:row, :column] = np.roll(four[0], off, axis=1)[height - row :, width - column :]
        canvas[:row, column:] = four[1][height - row :, : width - column]
        canvas[row:, :column] = four[2][: height - row, width - column :]
        canvas[row:, column:] = four[3][: height - row, : width - column]
        return canvas


BOX_FLAWS = (
    "boxes stay as they are",
    "covered boxes stay",
    "own boxes are not cut",
    "partners' boxes are not clipped",
    "the share of the mixed image",
    "another object's label",
)


class NumpyBoxes:
    """CutMix of a dict with boxes and masks, whose boxes are found pixel by pixel; `flaw` is one of `BOX_FLAWS`."""

    def __init__(self, flaw=None, min_visible=0.1):
        self.flaw, self.min_visible = flaw, min_visible

    def __call__(self, element, *, seed):
        images = np.asarray(element["images"])
        mixed, targets = NumpyCutMix()(images, element["labels"], seed=seed)
        numbers = np.broadcast_to(np.arange(len(images)).reshape(-1, 1, 1, 1), (*images.shape[:3], 1))
        kept = NumpyCutMix()(numbers, element["labels"], seed=seed)[0][..., 0] == numbers[..., 0]
        found = [self._found(element["bounding_boxes"], kept, i, int(targets[i, 1, 0])) for i in range(len(images))]
        boxes = {key: np.stack([each[key] for each in found]) for key in ("boxes", "labels")}
        return {"images": mixed, "labels": targets, "segmentation_masks": mixed, "bounding_boxes": boxes}

    def _found(self, given, kept, index, other):
        """The boxes of one image, its own first; rows of -1 last."""
        boxes, labels = (np.asarray(given[key]) for key in ("boxes", "labels"))
        found = []
        for example, part in ((index, kept[index]), (other, ~kept[index])):
            for box, label in zip(boxes[example], labels[example], strict=True):
                left, top, right, bottom = np.maximum(box, 0).astype(int)
                whole = np.zeros(part.shape, bool)
                whole[top:bottom, left:right] = label >= 0
                cut = self._cut(box, whole, whole & part, example == index)
                if cut is not None:
                    found.append((cut, label))
        labels = [label for _, label in found]
        labels = labels[::-1] if self.flaw == "another object's label" else labels
        rows = 2 * boxes.shape[1] - len(found)
        return {
            "boxes": np.array([*(cut for cut, _ in found), *[[-1] * 4] * rows], np.float32),
            "labels": np.array(labels + [-1] * rows),
        }

    def _cut(self, box, whole, seen, is_own):
        """The box around what is seen of an object; None if it is dropped."""
        if not whole.any():
            return None
        area = whole.size if self.flaw == "the share of the mixed image" else whole.sum()
        if self.flaw != "covered boxes stay" and not (seen.any() and seen.sum() >= self.min_visible * area):
            return None
        if self.flaw == "boxes stay as they are":
            return np.asarray(box)
        if self.flaw == ("own boxes are not cut" if is_own else "partners' boxes are not clipped") or not seen.any():
            seen = whole
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def seen_boxes(boxes, labels, shown, min_visible=0.1):
    """Rows (left, top, right, bottom, label) of the boxes of one image that are seen in another, pixel by pixel.

    Args:
      boxes: Whole pixels, (n, 4).
      labels: (n,), -1 in rows without a box.
      shown: int (height, width, 2), the row and column of the image that is shown at each pixel; -1 if it is another's.
    """
    found = []
    for (left, top, right, bottom), label in zip(boxes.tolist(), labels.tolist(), strict=True):
        rows, columns = shown[..., 0], shown[..., 1]
        inside = (rows >= max(top, 0)) & (rows < bottom) & (columns >= max(left, 0)) & (columns < right)
        height, width = shown.shape[:2]
        whole = max(min(bottom, height) - max(top, 0), 0) * max(min(right, width) - max(left, 0), 0)
        if label >= 0 and inside.any() and inside.sum() >= min_visible * whole:
            y, x = np.nonzero(inside)
            found.append([x.min(), y.min(), x.max() + 1, y.max() + 1, label])
    return found


def tiled(maps, height, width, row, column):
    """What a window shows of four maps (height, width, …) that are laid out two by two and meet at (row, column)."""
    grid = np.concatenate([np.concatenate(maps[:2], axis=1), np.concatenate(maps[2:], axis=1)], axis=0)
    return grid[height - row : 2 * height - row, width - column : 2 * width - column]
