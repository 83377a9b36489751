"""Average precision of detections, by the rules of PASCAL VOC and of COCO."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf.transfer._objects import Found, Objects, check_objects

COCO_OVERLAPS = tuple(np.linspace(0.5, 0.95, 10))
COCO_RECALLS = np.linspace(0, 1, 101)
VOC_OVERLAP = 0.5
VOC_RECALLS = np.arange(11) / 10


def average_precisions(known: Sequence[Objects], found: Sequence[Found], num_classes: int) -> dict[str, float]:
    """The usual scores of a detector, each the mean over the classes that occur, in percent.

    Args:
      known: The objects of each image; labels in [0, num_classes), boxes with an area.
      found: What was found in the same images. COCO's rules allow 100 boxes an image; more are all counted here.
      num_classes: Number of classes. Those without a counted object are left out of the means.

    Returns:
      "voc11", VOC 2007's mean of the precision at 11 recalls; "voc_area", the area below the precision curve, as VOC
      uses since 2010, both at an overlap (intersection over union) of 0.5; "coco", the mean over ten overlaps from
      0.5 to 0.95 of COCO's mean at 101 recalls; and "coco50" and "coco75", the latter at one overlap.

    Raises:
      ValueError: if the lengths differ, an object is invalid, or no object is counted.

    Reference:
      Everingham et al., "The PASCAL Visual Object Classes Challenge", IJCV 2010, section 4.2; Lin et al., "Microsoft
      COCO", ECCV 2014, and its evaluation code.
    """
    if len(known) != len(found):
        raise ValueError(f"known and found must be of the same images; got {len(known)} and {len(found)}.")
    for number, objects in enumerate(known):
        check_objects(objects, num_classes, f"image {number}")
    scores = [_of_class(known, found, label) for label in range(num_classes)]
    counted = [each for each in scores if each is not None]
    if not counted:
        raise ValueError("Average precision needs at least one object that is not ignored; there is none.")
    return {name: 100 * float(np.mean([each[name] for each in counted])) for name in counted[0]}


def _of_class(known: Sequence[Objects], found: Sequence[Found], label: int) -> dict[str, float] | None:
    """The scores of one class, in [0, 1]; None if it has no counted object."""
    images = [_Image(objects, boxes, label) for objects, boxes in zip(known, found, strict=True)]
    total = sum(int(np.sum(~image.ignored)) for image in images)
    if total == 0:
        return None
    voc = _curve(images, [image.matched_voc(VOC_OVERLAP) for image in images], total)
    coco = [
        mean_at_recalls(*_curve(images, [image.matched_coco(overlap) for image in images], total), COCO_RECALLS)
        for overlap in COCO_OVERLAPS
    ]
    return {
        "voc11": mean_at_recalls(*voc, VOC_RECALLS),
        "voc_area": area_below(*voc),
        "coco": float(np.mean(coco)),
        "coco50": coco[0],
        "coco75": coco[5],
    }


class _Image:
    """One image's objects and detections of one class, the detections by falling score."""

    def __init__(self, objects: Objects, found: Found, label: int):
        mine = objects.labels == label
        # Counted objects first, so that COCO's rules prefer them.
        ignored = np.asarray(objects.ignored, bool)[mine]
        order = np.argsort(ignored, kind="stable")
        self.ignored = ignored[order]
        theirs = np.flatnonzero(found.labels == label)
        theirs = theirs[np.argsort(-found.scores[theirs], kind="stable")]
        self.scores = np.asarray(found.scores)[theirs]
        boxes = found.boxes[theirs], objects.boxes[mine][order]
        self.overlaps = overlaps_of(*boxes)
        self.coco_overlaps = overlaps_of(*boxes, crowds=self.ignored)

    def matched_voc(self, least: float) -> np.ndarray:
        """For each detection: 1 for a hit, 0 for a miss, -1 for what is not counted.

        A detection belongs to the object that it overlaps most, and misses if that has a better one already.
        """
        results, taken = np.zeros(len(self.scores), int), np.zeros(len(self.ignored), bool)
        for row, overlaps in enumerate(self.overlaps):
            best = int(np.argmax(overlaps)) if overlaps.size else -1
            if best >= 0 and overlaps[best] >= least:
                results[row] = -1 if self.ignored[best] else int(not taken[best])
                taken[best] = True
        return results

    def matched_coco(self, least: float) -> np.ndarray:
        """The same by COCO's rules: a detection belongs to the object that it overlaps most of those still free.

        An ignored object is taken only if no counted one fits, and any number of detections may belong to it.
        """
        results, taken = np.zeros(len(self.scores), int), np.zeros(len(self.ignored), bool)
        for row, overlaps in enumerate(self.coco_overlaps):
            fits = (overlaps >= min(least, 1 - 1e-10)) & (~taken | self.ignored)
            for ignored in (False, True):
                candidates = np.flatnonzero(fits & (self.ignored == ignored))
                if candidates.size:
                    # The last of equals, as in COCO's code.
                    best = candidates[::-1][np.argmax(overlaps[candidates[::-1]])]
                    results[row], taken[best] = (-1 if ignored else 1), True
                    break
        return results


def _curve(images: Sequence[_Image], matches: Sequence[np.ndarray], total: int) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision after each counted detection, over all images by falling score."""
    hits, scores = np.concatenate(matches), np.concatenate([image.scores for image in images])
    hits = hits[np.argsort(-scores, kind="stable")]
    hits = hits[hits >= 0]
    found = np.cumsum(hits)
    return found / total, found / np.arange(1, len(hits) + 1)


def mean_at_recalls(recall: np.ndarray, precision: np.ndarray, recalls: np.ndarray) -> float:
    """The mean, over some recalls, of the best precision at that recall or a higher one."""
    best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)  # 0 where the recall is never reached
    return float(np.mean(best[np.searchsorted(recall, recalls, side="left")]))


def area_below(recall: np.ndarray, precision: np.ndarray) -> float:
    """The area below the curve of the best precision at a recall or a higher one."""
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * best))


def overlaps_of(first: np.ndarray, second: np.ndarray, crowds: np.ndarray | None = None) -> np.ndarray:
    """Intersection over union of each of n boxes with each of m: float64 (n, m).

    With `crowds`, bool (m,), those of the second boxes are as large as needed: COCO divides by the first box's area.
    """
    first, second = np.asarray(first, np.float64).reshape(-1, 1, 4), np.asarray(second, np.float64).reshape(1, -1, 4)
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    common = np.prod(np.maximum(sides, 0.0), axis=-1)
    own, other = (np.prod(each[..., 2:] - each[..., :2], axis=-1) for each in (first, second))
    union = own + other - common
    if crowds is not None:
        union = np.where(crowds, own, union)
    return common / np.maximum(union, np.finfo(float).tiny)
