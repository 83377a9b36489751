"""Common corruptions at five severities: a small set of our own, not CIFAR-10-C or ImageNet-C.

It follows the idea of Hendrycks & Dietterich (2019), but the numbers can't be compared with theirs. Where their
CIFAR-10-C is prepared (TFDS's cifar10_corrupted), `load_examples` reads it by name.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_whole, look_up
from cutmix_tf.evaluation._model import EvaluatedModel
from cutmix_tf.evaluation.metrics import top_k_error

SEVERITIES = (1, 2, 3, 4, 5)
PART = 1024  # images that are floats at once


def corrupt(images: np.ndarray, name: str, severity: int, seed: int = 0) -> np.ndarray:
    """Corrupted images: uint8 of the same shape.

    Args:
      images: uint8 (n, height, width, 3).
      name: A key of `CORRUPTIONS`.
      severity: From 1 to 5.
      seed: Of the noise, at least 0.

    Raises:
      ValueError, TypeError: if there is no such corruption, severity or seed is out of range, or the images have
        another dtype.
    """
    function, strengths = look_up(name, CORRUPTIONS, "corruption")
    check_whole("severity", severity, low=1, high=len(SEVERITIES))
    check_whole("seed", seed, low=0)
    if images.dtype != np.uint8:
        raise ValueError(f"Images to corrupt must be uint8; got {images.dtype.name}. Round them first.")
    draw = np.random.Generator(np.random.Philox(int(seed)))
    corrupted = np.empty_like(images)
    for first in range(0, len(images), PART):
        part = function(images[first : first + PART], strengths[severity - 1], draw)
        corrupted[first : first + PART] = np.rint(np.clip(part, 0, 255))
    return corrupted


def corruption_errors(model: EvaluatedModel, images: np.ndarray, labels: np.ndarray, name: str, seed=0) -> list[float]:
    """The top-1 error in percent at each of the five severities. See `corrupt`."""
    return [top_k_error(model.logits(corrupt(images, name, severity, seed)), labels) for severity in SEVERITIES]


Corruption = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def _gaussian_noise(images, deviation, draw):
    return images + np.float32(deviation) * draw.standard_normal(images.shape, np.float32)


def _blur(images, share, draw):
    from scipy import ndimage

    sigma = share * min(images.shape[1:3])
    return ndimage.gaussian_filter(images.astype(np.float32), (0, sigma, sigma, 0), mode="nearest")


def _brightness(images, shift, draw):
    return images + np.float32(shift)


def _contrast(images, factor, draw):
    mean = images.mean(axis=(1, 2), keepdims=True, dtype=np.float32)
    return mean + np.float32(factor) * (images - mean)


def _pixelate(images, share, draw):
    size = images.shape[1:3]
    few = [max(1, round(share * side)) for side in size]
    small = tf.image.resize(images, few, method="area")
    return tf.image.resize(small, size, method="nearest").numpy()


def _jpeg(images, quality, draw):
    coded = (tf.io.encode_jpeg(image, quality=int(quality)) for image in images)
    return np.stack([tf.io.decode_jpeg(image, dct_method="INTEGER_ACCURATE").numpy() for image in coded])


CORRUPTIONS: dict[str, tuple[Corruption, tuple[float, ...]]] = {
    "gaussian_noise": (_gaussian_noise, (8, 16, 24, 36, 48)),  # standard deviation in pixel units
    "blur": (_blur, (0.015, 0.02, 0.03, 0.04, 0.05)),  # standard deviation as a fraction of the shorter side
    "brightness": (_brightness, (25, 50, 75, 100, 125)),  # added pixel units
    "contrast": (_contrast, (0.75, 0.6, 0.45, 0.3, 0.15)),  # around the mean of each channel in the image
    "pixelate": (_pixelate, (0.85, 0.7, 0.55, 0.45, 0.35)),  # cells on a side as a fraction of its pixels
    "jpeg": (_jpeg, (80, 60, 40, 20, 10)),  # quality
}
