"""How a classifier bears missing parts: holes in the middle, and pictures of which only the middle is left."""

from collections.abc import Sequence

import numpy as np

from cutmix_tf._checks import check_choice, check_number
from cutmix_tf.evaluation._accuracy import top_k_error
from cutmix_tf.evaluation._network import Network

SHARES = tuple(eighth / 8 for eighth in range(9))
PLACES = ("center", "boundary")


def centerd_square(height: int, width: int, share: float) -> np.ndarray:
    """Which pixels lie in the centerd rectangle of that share of each side: bool (height, width)."""
    check_number("share", share, low=0, high=1)
    rows, columns = (_centerd_run(side, share) for side in (height, width))
    return rows[:, None] & columns[None, :]


def _centerd_run(side: int, share: float) -> np.ndarray:
    """The middle of a side; the pixel that can't be halved lies at its end."""
    length = round(share * side)
    start = (side - length) // 2
    return (np.arange(side) >= start) & (np.arange(side) < start + length)


def occlude(images: np.ndarray, share: float, place: str = "center", fill: float | Sequence[float] = 0) -> np.ndarray:
    """Pictures with a hole (CutMix paper, section 4.4 and appendix E.1).

    Args:
      images: (n, height, width, 3), pixels from 0 to 255.
      share: Of each side, s / 224 in the paper. "center" goes from whole pictures at 0 to none at 1, "boundary" the
        other way round.
      place: "center": the hole is the centerd square; "boundary": it is all around that.
      fill: What the hole is filled with, for all channels or each; black unless told. The paper fills with zeros, and
        doesn't say whether before normalization, which is black, or after, which is the mean color.

    Returns:
      Pictures of the same shape and dtype.

    Raises:
      ValueError, TypeError: if the share is not in [0, 1], or there is no such place.
    """
    check_choice("place", place, PLACES)
    inside = centerd_square(images.shape[1], images.shape[2], share)
    hole = inside if place == "center" else ~inside
    return np.where(hole[:, :, None], np.asarray(fill, images.dtype), images)


def occlusion_errors(
    network: Network, images: np.ndarray, labels: np.ndarray, place: str = "center", shares=SHARES, fill=0
) -> list[float]:
    """Top-1 error in percent at each share. Arguments as for `occlude`."""
    return [top_k_error(network.logits(occlude(images, share, place, fill)), labels) for share in shares]
