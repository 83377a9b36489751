"""Class-activation maps at the size of their images, and scaled."""

import numpy as np
from keras import ops


def resize_maps(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Maps (n, rows, columns), resized by bicubic interpolation: float32 (n, *size)."""
    resized = ops.image.resize(np.asarray(maps, np.float32)[..., None], size, interpolation="bicubic")
    return np.asarray(ops.convert_to_numpy(resized))[..., 0]


def scale_maps(maps: np.ndarray) -> np.ndarray:
    """Each map scaled to [0, 1] by its own minimum and maximum; a constant map becomes 0.

    Args:
      maps: (n, height, width).

    Returns:
      float32 (n, height, width).

    Raises:
      ValueError: if a value is not finite.
    """
    maps = np.asarray(maps, np.float32)
    if not np.isfinite(maps).all():
        raise ValueError("Maps must be finite; some values are NaN or infinite. Check whether training diverged.")
    least, most = (pick(maps, axis=(1, 2), keepdims=True) for pick in (np.min, np.max))
    return np.divide(maps - least, most - least, out=np.zeros_like(maps), where=most > least)
