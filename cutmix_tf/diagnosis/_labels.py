"""What can be wrong with labels: their form, their order, and how often they were mixed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from cutmix_tf.diagnosis._batches import Batch
from cutmix_tf.diagnosis._report import Finding
from cutmix_tf.targets import is_pair

Kind = Literal["pair", "ids", "soft", "other"]

_ENOUGH = 8  # examples in a batch, for its classes to say something about its order
_BATCH_FIRST = "Batch before mixing: dataset.batch(128).map(mixer)."


def kind_of_labels(labels: np.ndarray) -> Kind:
    """The form of a batch of labels; "other" for those that are no targets of a classifier, such as masks."""
    if is_pair(labels.shape):
        return "pair"
    whole = np.issubdtype(labels.dtype, np.integer)
    if labels.ndim == 1 or (labels.ndim == 2 and labels.shape[1] == 1):
        return "ids" if whole else "other"
    return "soft" if labels.ndim == 2 else "other"


def batching_findings(batches: Sequence[Batch]) -> Iterator[Finding]:
    """Examples that are not batched, or alone in their batch."""
    images, labels = batches[0].images, batches[0].labels
    if not labels:
        yield Finding("error", "The dataset gives no labels.", "Give (images, labels).")
    elif any(each.ndim == 0 for each in labels.values()) or (images is not None and _is_one(images, labels)):
        yield Finding("error", "The dataset gives single examples, not batches.", _BATCH_FIRST)
    elif all(len(each) == 1 and kind_of_labels(each) != "ids" for batch in batches for each in batch.labels.values()):
        yield Finding("error", "Every batch has one example, so that there is nothing to mix it with.", _BATCH_FIRST)


def _is_one(images: np.ndarray, labels: Mapping[str, np.ndarray]) -> bool:
    """Whether these are a single image and its label, one-hot or mixed."""
    return images.ndim == 3 and not any(each.ndim > 0 and len(each) == len(images) for each in labels.values())


def order_findings(name: str, labels: Sequence[np.ndarray], num_classes: int | None) -> Iterator[Finding]:
    """Batches of one or two classes each, as of a dataset that is sorted by class.

    Args:
      name: Of the output.
      labels: Of each batch.
      num_classes: How many there are; None if it is not known.
    """
    present = [_classes(each) for each in labels if len(each) >= _ENOUGH]
    if not present:
        return
    together = set().union(*present)
    many = num_classes > 2 if num_classes else len(together) > 2 or len(together) == 1
    if many and max(map(len, present)) <= 2:
        most = max(map(len, present))
        yield Finding(
            "warning",
            f"The {len(present)} batches looked at have {most} class{'es' if most > 1 else ''} each{_of(name)}: the "
            "data seems to be sorted by class, so images are mixed only with others of their own class.",
            "Shuffle before batching: dataset.shuffle(10_000).batch(128), or the whole set if it is in files.",
        )


def _classes(labels: np.ndarray) -> set[int]:
    """The classes that a batch of labels names."""
    kind = kind_of_labels(labels)
    if kind == "soft":
        return {*np.flatnonzero(labels.max(axis=0) > 1 / labels.shape[1] + 1e-3).tolist()}
    ids = labels[..., 0] if kind == "pair" else labels
    return {*np.unique(ids).astype(int).tolist()}


def mixing_findings(name: str, labels: np.ndarray) -> Iterator[Finding]:
    """Soft targets that were mixed twice."""
    if kind_of_labels(labels) == "soft" and _parts(labels).max(initial=0) > 2:
        yield Finding(
            "warning",
            f"Targets have up to {_parts(labels).max()} classes with a weight{_of(name)}: they may have been mixed "
            "twice.",
            "Map one mixer over the dataset; OneOf([CutMix(), MixUp()]) draws one of several.",
        )


def validation_findings(batches: Sequence[Batch]) -> Iterator[Finding]:
    """Validation data that is mixed."""
    for name in batches[0].labels:
        labels = [batch.labels[name] for batch in batches]
        if any(kind_of_labels(each) == "pair" or (_parts(each) == 2).any() for each in labels):
            yield Finding(
                "error",
                f"The validation data is mixed{_of(name)}, so that its scores say nothing about real images.",
                "Map the mixer over the training data only.",
            )


def _parts(labels: np.ndarray) -> np.ndarray:
    """How many classes of each soft target stand out; zeros for labels that don't sum to one, as of several classes."""
    if kind_of_labels(labels) != "soft" or labels.shape[1] < 3 or np.abs(labels.sum(axis=1) - 1).max() > 1e-2:
        return np.zeros(len(labels), int)
    return (labels > labels.min(axis=1, keepdims=True) + 1e-6).sum(axis=1)


def _of(name: str) -> str:
    return f" (output {name!r})" if name else ""
