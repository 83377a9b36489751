"""Images with a hole in the center, and images of which only the center is left."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf._checks import check_choice, check_number
from cutmix_tf.evaluation._model import EvaluatedModel
from cutmix_tf.evaluation.metrics import top_k_error

SHARES = tuple(eighth / 8 for eighth in range(9))
PLACES = ("center", "boundary")


def centered_square(height: int, width: int, share: float) -> np.ndarray:
    """Which pixels lie in the centered rectangle whose sides are this share of the image's: bool (height, width)."""
    check_number("share", share, low=0, high=1)
    rows, columns = (_centered_run(side, share) for side in (height, width))
    return rows[:, None] & columns[None, :]


def _centered_run(side: int, share: float) -> np.ndarray:
    """The middle of a side; where it can't be centered exactly, it lies half a pixel towards the start."""
    length = round(share * side)
    start = (side - length) // 2
    return (np.arange(side) >= start) & (np.arange(side) < start + length)


def occlude(images: np.ndarray, share: float, place: str = "center", fill: float | Sequence[float] = 0) -> np.ndarray:
    """Images with a hole (CutMix paper, section 4.4 and appendix E.1).

    Args:
      images: (n, height, width, 3), pixels in [0, 255].
      share: The side of the centered square as a fraction of the image's, s / 224 in the paper. "center" leaves the
        whole image at 0 and nothing at 1, "boundary" the other way round.
      place: "center": the hole is the centered square; "boundary": it is everything else.
      fill: What fills the hole, for all channels or one value each; black by default. The paper fills with zeros and
        doesn't say whether before normalization, which is black, or after it, which is the mean color.

    Returns:
      Images of the same shape and dtype.

    Raises:
      ValueError, TypeError: if the share is not in [0, 1], or there is no such place.
    """
    check_choice("place", place, PLACES)
    inside = centered_square(images.shape[1], images.shape[2], share)
    hole = inside if place == "center" else ~inside
    return np.where(hole[:, :, None], np.asarray(fill, images.dtype), images)


def occlusion_errors(
    model: EvaluatedModel, images: np.ndarray, labels: np.ndarray, place: str = "center", shares=SHARES, fill=0
) -> list[float]:
    """The top-1 error in percent at each share. Arguments as for `occlude`."""
    return [top_k_error(model.logits(occlude(images, share, place, fill)), labels) for share in shares]
