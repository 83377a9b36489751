"""Looks at batches and a compiled model, and says what is wrong."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from cutmix_tf._checks import check_whole
from cutmix_tf.diagnosis._batches import Batch, first_batches
from cutmix_tf.diagnosis._images import image_findings
from cutmix_tf.diagnosis._labels import batching_findings, mixing_findings, order_findings, validation_findings
from cutmix_tf.diagnosis._model import model_findings, outputs_on, reason_of
from cutmix_tf.diagnosis._report import Finding, Report


def doctor(dataset: Any, model: keras.Model | None = None, *, validation_data: Any = None, batches: int = 8) -> Report:
    """Checks an input pipeline, and how a compiled model fits it, before training: `print(cm.doctor(dataset, model))`.

    Reads a few batches, calls the model on eight examples in inference, and changes nothing. It finds what Keras does
    not notice, or explains badly:

    - Keras' losses and metrics that can't read pair targets or the labels' kind;
    - a softmax under `from_logits=True`, and logits under `from_logits=False`;
    - labels beyond the model's outputs;
    - batches sorted by class, batches of one, a dataset without batches;
    - targets that were mixed twice, and validation data that is mixed;
    - NaN in images, pixels in two units at once, images that are normalized twice.

    Args:
      dataset: What `fit` gets: a tf.data.Dataset, a PyDataset, or arrays (images, labels).
      model: The compiled model; None to check the dataset alone.
      validation_data: What `fit` gets under that name.
      batches: How many batches to read, at least 1.

    Returns:
      A report, which prints as one line for each finding.

    Raises:
      TypeError: if there is nothing to read batches from.
      ValueError: if there is no batch, or `batches` is below 1.

    Example:
      >>> cm.doctor(dataset, model, validation_data=test)
      error: The metric 'accuracy' can't read pair targets (batch, 2, 2). Write metrics=[cm.MixedAccuracy()], or mix
      one-hot labels.
    """
    check_whole("batches", batches, low=1)
    seen = first_batches(dataset, batches)
    findings = list(_findings(seen, model))
    if validation_data is not None:
        findings += validation_findings(first_batches(validation_data, batches))
    findings = sorted(dict.fromkeys(findings), key=lambda finding: finding.severity)  # "error" before "warning"
    checked = f"{len(seen)} batch{'es' if len(seen) > 1 else ''}" + ("" if model is None else " and the model")
    return Report(tuple(findings), checked)


def _findings(batches: Sequence[Batch], model: keras.Model | None) -> Iterator[Finding]:
    unusable = list(batching_findings(batches))
    yield from unusable
    yield from image_findings(batches, model)
    if any(not batch.labels or min(each.ndim for each in batch.labels.values()) == 0 for batch in batches):
        return
    outputs: dict[str, np.ndarray] = {}
    if model is not None and not unusable:
        try:
            outputs = outputs_on(model, batches[0])
        except Exception as error:  # whatever it is, it is reported
            yield Finding(
                "error",
                f"The model can't be called on these images: {reason_of(error)}",
                f"Give them the shape of its input, {getattr(model, 'input_shape', 'which it expects')}.",
            )
    for name in batches[0].labels:
        labels = [batch.labels[name] for batch in batches]
        known = outputs[name].shape[-1] if name in outputs else None
        if not unusable:
            yield from order_findings(name, labels, known)
        yield from mixing_findings(name, labels[0])
    if model is not None and outputs:
        yield from model_findings(model, batches, outputs)
