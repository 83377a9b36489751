"""What can be wrong with images."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from cutmix_tf.diagnosis._batches import Batch
from cutmix_tf.diagnosis._report import Finding

_NORMALIZED = 5.0  # within which half of the pixels lie if images are scaled or normalized
_PIXELS = 50.0  # beyond which nothing of a scaled or normalized image lies


def image_findings(batches: Sequence[Batch], model: keras.Model | None) -> Iterator[Finding]:
    """Values that no image has, or that are in other units than those around them or those the model takes."""
    images = [batch.images for batch in batches if batch.images is not None and batch.images.size]
    if not images:
        return
    bad = sum(int(image.size - np.isfinite(image).sum()) for image in images)
    if bad:
        yield Finding("error", f"The images hold {bad:,} values that are NaN or infinite.", "Leave such images out.")
        return
    low, high = float(min(map(np.min, images))), float(max(map(np.max, images)))
    if low == high:
        yield Finding("error", f"All pixels of all images are {low:g}.", "Look at how they are loaded and scaled.")
        return
    floats = np.issubdtype(images[0].dtype, np.floating)
    if floats and high > _PIXELS and _typical(images) < _NORMALIZED:
        yield Finding(
            "warning",
            f"Most pixels lie within ±{_NORMALIZED:g}, but some reach {high:g}: something was filled in pixel units "
            "after the images were normalized.",
            "Erase before normalizing, or give RandomErasing the value_range of normalized images.",
        )
    scale = _first_scale(model)
    if floats and scale is not None and max(-low, high) <= _NORMALIZED:
        yield Finding(
            "error",
            f"The model rescales pixels by {scale:.4g} itself, but the images lie in [{low:.3g}, {high:.3g}] already.",
            "Leave out the normalization in the pipeline, or that in the model.",
        )


def _typical(images: Sequence[np.ndarray]) -> float:
    """The median of the absolute pixels; zeros, which fill the surroundings of digits or of crops, don't count."""
    values = np.abs(np.concatenate([image.reshape(-1) for image in images]))
    return float(np.median(values[values > 0]))


def _first_scale(model: keras.Model | None) -> float | None:
    """The factor by which a model scales pixels down to small numbers; None if it doesn't."""
    for layer in () if model is None else _all_layers(model):
        if isinstance(layer, keras.layers.Rescaling):
            scale = float(np.max(np.abs(np.asarray(layer.scale, np.float32))))
            if scale < 0.1:
                return scale
    return None


def _all_layers(model: Any) -> Iterator[Any]:
    """All layers, those of models inside the model too."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _all_layers(layer)
