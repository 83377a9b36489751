"""The loss of mixed and smoothed labels.

The mean loss of 16 examples of 100 classes, and its gradient with respect to the logits.
"""

import numpy as np
import pytest
import tensorflow as tf

torch = pytest.importorskip("torch")
timm = pytest.importorskip("timm")

from timm.data.mixup import mixup_target  # noqa: E402
from timm.loss import SoftTargetCrossEntropy  # noqa: E402
from torch.nn import CrossEntropyLoss  # noqa: E402

import cutmix_tf as cm  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:CUDA initialization")]

CLASSES, BATCH, SHARE = 100, 16, 0.3
DRAW = np.random.default_rng(0)
LOGITS = DRAW.normal(scale=5, size=(BATCH, CLASSES)).astype("float32")
IDS = DRAW.integers(0, CLASSES, BATCH)
WEIGHTS = {each: float(weight) for each, weight in enumerate(DRAW.uniform(0.1, 3, CLASSES))}
# timm's partners: the batch from back to front
PAIRS = np.stack([np.stack([IDS, IDS[::-1]], 1), [[SHARE, 1 - SHARE]] * BATCH], axis=2).astype("float32")


def soft_targets(smoothing=0.0):
    return mixup_target(torch.from_numpy(IDS), CLASSES, SHARE, smoothing)


def theirs(loss, labels):
    """The mean loss, and its gradient on the logits."""
    logits = torch.tensor(LOGITS, requires_grad=True)
    value = loss(logits, labels)
    value.backward()
    return value.item(), logits.grad.numpy()


def ours(loss, labels):
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(labels, logits)
    return value.numpy(), tape.gradient(value, logits).numpy()


CASES = {
    "pair targets": ("timm SoftTargetCrossEntropy", SoftTargetCrossEntropy(), soft_targets(), {}, PAIRS),
    "soft targets": (
        "timm SoftTargetCrossEntropy",
        SoftTargetCrossEntropy(),
        soft_targets(),
        {},
        soft_targets().numpy(),
    ),
    "pair targets, smoothing 0.1": (
        "timm mixup_target(smoothing=0.1)",
        SoftTargetCrossEntropy(),
        soft_targets(smoothing=0.1),
        {"label_smoothing": 0.1},
        PAIRS,
    ),
    "class ids, smoothing 0.1": (
        "torch CrossEntropyLoss(label_smoothing=0.1)",
        CrossEntropyLoss(label_smoothing=0.1),
        torch.from_numpy(IDS),
        {"label_smoothing": 0.1},
        IDS,
    ),
    "pair targets, class weights": (
        "torch CrossEntropyLoss(weight=…)",
        CrossEntropyLoss(weight=torch.tensor(list(WEIGHTS.values()))),
        soft_targets(),
        {"class_weight": WEIGHTS},
        PAIRS,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_loss_and_gradient(case, agree):
    source, loss, labels, options, our_labels = CASES[case]
    value, gradient = ours(cm.MixedCrossentropy(**options), our_labels)
    expected, expected_gradient = theirs(loss, labels)
    agree(case, source, "loss", value, expected, within=1e-6)
    agree(case, source, "gradient", gradient, expected_gradient, within=1e-6)
