"""How far labels are from what mixed images show: image i is painted with the value i and labeled i."""

from collections.abc import Callable

import numpy as np

Mixed = tuple[np.ndarray, np.ndarray]


def painted(batch: int, height: int, width: int, dtype: str) -> Mixed:
    """Images (batch, height, width, 3) and labels int32 (batch,), all with the image's place in the batch."""
    places = np.arange(batch)
    images = np.broadcast_to(places[:, None, None, None], (batch, height, width, 3))
    return np.ascontiguousarray(images.astype(dtype)), places.astype(np.int32)


def label_errors(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """For each example, the share of the own label minus that of the own values: float64 (batch,).

    A mixture of i and j, pasted or blended, has the mean λ·i + (1 − λ)·j, which gives λ. The partner j is the other
    class of the label; where there is none, λ is the share of values that equal i, up to rounding.

    Args:
      images: Painted images after mixing, of any dtype, (batch, height, width, channels) in any order of the last axes.
      labels: Their soft labels, (batch, batch).
    """
    labels, own = np.asarray(labels, np.float64), np.arange(len(labels))
    own_weight = labels[own, own]
    others = labels.copy()
    others[own, own] = 0
    partner = others.argmax(axis=1)
    values = np.asarray(images, np.float64).reshape(len(labels), -1)
    alone = others.max(axis=1) == 0
    blended = (values.mean(axis=1) - partner) / np.where(partner == own, 1, own - partner)
    unmixed = np.isclose(values, own[:, None], rtol=1e-5, atol=0).mean(axis=1)
    return own_weight - np.where(alone, unmixed, blended)


def summary_of_errors(mix: Callable[[np.ndarray, np.ndarray], Mixed], painted_batch: Mixed, batches: int) -> dict:
    """Mean and largest error of a mixer over some batches, and the share of labels that are right to 0.0001.

    Args:
      mix: Images and class ids in, images and soft labels of as many classes as the batch has examples out.
      painted_batch: From `painted`.
      batches: How many to mix.
    """
    errors = np.abs(np.concatenate([label_errors(*mix(*painted_batch)) for _ in range(batches)]))
    return {
        "label error, mean": round(float(errors.mean()), 5),
        "label error, largest": round(float(errors.max()), 5),
        "labels right": f"{100 * (errors < 1e-4).mean():.1f} %",
    }
