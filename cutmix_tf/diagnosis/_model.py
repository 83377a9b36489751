"""What can be wrong between batches and a compiled model."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from cutmix_tf.diagnosis._batches import ALONE, Batch, as_array
from cutmix_tf.diagnosis._judges import Judge, judges_of
from cutmix_tf.diagnosis._labels import kind_of_labels
from cutmix_tf.diagnosis._report import Finding
from cutmix_tf.models import TappedModel

_FEW = 8  # examples that the model is called on

_FORMS = {"pair": "pair targets (batch, 2, 2)", "ids": "integer class ids", "soft": "one-hot or soft targets"}


def outputs_on(model: keras.Model, batch: Batch) -> dict[str, np.ndarray]:
    """What the model returns for a few examples in inference, by the names that labels have.

    Raises:
      Whatever calling the model raises.
    """
    inputs: Any = batch.inputs
    if batch.plan and isinstance(inputs, Mapping):
        inputs = inputs["images"]
    few = keras.tree.map_structure(lambda values: values[:_FEW], inputs)
    returned = model(few, training=False)
    if isinstance(returned, Mapping):
        return {name: as_array(values) for name, values in returned.items()}
    if isinstance(returned, list | tuple):
        names = getattr(model, "output_names", None) or [f"output_{place}" for place in range(len(returned))]
        return {name: as_array(values) for name, values in zip(names, returned, strict=True)}
    return {ALONE: as_array(returned)}


def reason_of(error: Exception) -> str:
    """A model's error as one line, without the place and the bold type that Keras adds."""
    lines = re.sub(r"\x1b\[\d+m", "", str(error)).strip().splitlines()
    messages = [line for line in lines if line.strip() and not line.startswith("Exception encountered")]
    return messages[0].strip().rstrip(".") + "." if messages else f"{type(error).__name__}."


def model_findings(model: keras.Model, batches: Sequence[Batch], outputs: Mapping[str, np.ndarray]):
    """Findings about the model as a whole, then about each output, as an iterator."""
    yield from _plan_findings(model, batches[0])
    if not model.compiled:
        yield Finding(
            "warning",
            "The model is not compiled, so its loss and metrics were not checked.",
            "Call model.compile(...) first.",
        )
        return
    try:
        judged = judges_of(model, [name for name in batches[0].labels if name in outputs])
    except (OSError, TypeError, ValueError) as error:
        yield Finding(
            "warning",
            f"Keras can't describe how the model was compiled: {error}",
            "Write named functions, not lambdas.",
        )
        return
    for name, judges in judged.items():
        labels, predictions = [batch.labels[name] for batch in batches], outputs[name]
        for judge in judges:
            yield from _reading_findings(judge, labels[0], predictions.shape[-1])
            yield from _logits_findings(judge, predictions)
        yield from _class_findings(labels, predictions, judges)


def _plan_findings(model: keras.Model, batch: Batch) -> Iterator[Finding]:
    if batch.plan and not isinstance(model, TappedModel):
        yield Finding(
            "error",
            "The batches carry a plan for feature maps, but the model can't follow it.",
            "Train the TappedModel that the mixer was bound to.",
        )
    if isinstance(model, TappedModel) and not batch.plan:
        yield Finding(
            "warning",
            "The model can mix its feature maps, but the batches carry no plan for it.",
            "Map model.bind(FeatureCutMix()) over the dataset.",
        )


def _reading_findings(judge: Judge, labels: np.ndarray, width: int) -> Iterator[Finding]:
    """A loss or metric of Keras that can't read the labels."""
    kind = kind_of_labels(labels)
    single = width == 1 and judge.name.startswith("binary")
    if judge.reads in ("any", "unknown") or kind in ("other", *judge.reads.split(" or ")) or single:
        return
    if judge.role == "loss":
        ours = "cm.MixedBinaryCrossentropy()" if judge.name.startswith("binary") else "cm.MixedCrossentropy()"
        fix = f"Write loss={ours}" + (", or mix one-hot labels." if kind == "pair" else ", which reads both.")
    else:
        fix = "Write metrics=[cm.MixedAccuracy()]" + (", or mix one-hot labels." if kind == "pair" else ".")
    role = "loss" if judge.role == "loss" else "metric"
    yield Finding("error", f"The {role} {judge.text} can't read {_FORMS[kind]}.", fix)


def _logits_findings(judge: Judge, predictions: np.ndarray) -> Iterator[Finding]:
    """A loss that takes logits for probabilities, or the other way around."""
    if judge.from_logits is None or predictions.ndim != 2 or not np.isfinite(predictions).all():
        return
    binary = judge.name in ("binarycrossentropy", "binaryfocalcrossentropy", "mixedbinarycrossentropy")
    function = "sigmoid" if binary else "softmax"
    inside = bool(((predictions >= 0) & (predictions <= 1)).all())
    are_shares = inside and (binary or (predictions.shape[1] > 1 and _sums_to_one(predictions)))
    if judge.from_logits and are_shares:
        yield Finding(
            "error",
            f"The model ends in a {function}, but the {judge.role} {judge.text} has from_logits=True and applies "
            "another.",
            "Remove the model's last activation, or write from_logits=False.",
        )
    if not judge.from_logits and not inside:
        yield Finding(
            "error",
            f"The model returns logits, but the {judge.role} {judge.text} has from_logits=False and takes them for "
            "probabilities.",
            f"Write from_logits=True, or end the model in a {function}.",
        )


def _sums_to_one(predictions: np.ndarray) -> bool:
    return bool(np.abs(predictions.sum(axis=1) - 1).max() < 1e-2)


def _class_findings(labels: Sequence[np.ndarray], predictions: np.ndarray, judges: list[Judge]) -> Iterator[Finding]:
    """Classes that the model has no output for."""
    width, kind = predictions.shape[-1], kind_of_labels(labels[0])
    if kind == "soft" and labels[0].shape[1] != width and not any(judge.reads == "ids" for judge in judges):
        wanted = labels[0].shape[1]
        yield Finding(
            "error",
            f"Targets have {wanted} classes, but the model has {width} output{'s' if width > 1 else ''}.",
            f"End the model in Dense({wanted}).",
        )
    if kind not in ("ids", "pair") or width == 1:
        return
    ids = np.concatenate([(each[..., 0] if kind == "pair" else each).reshape(-1) for each in labels])
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= width:
        count_from_one = low >= 1 and high == width
        yield Finding(
            "error",
            f"Labels go from {low} to {high}, but the model has {width} outputs, for the classes 0 to {width - 1}.",
            "Subtract 1 from the labels." if count_from_one else f"End the model in Dense({max(high + 1, width)}).",
        )
