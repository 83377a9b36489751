"""Two steps of SGD on a CutMix batch.

Nesterov momentum 0.9, learning rate 0.1 and weight decay 0.01, in torch as the official code writes it: weighted
cross-entropies of both labels, and `weight_decay` of the optimizer. What is compared of each weight is its change, as a
share of the largest change in its tensor; the gradients pass through normalizations of a dozen values.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from torch.nn import functional  # noqa: E402

import cutmix_tf as cm  # noqa: E402
from cutmix_tf.training._optimizer import CoupledSGD  # noqa: E402
from parity import copying  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:CUDA initialization")]

RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.01


def cutmix_batch():
    """Two mixed images (2, 96, 64, 3), and their pair targets for 10 classes."""
    images = np.random.default_rng(0).normal(size=(2, 96, 64, 3)).astype("float32")
    mixed, targets = cm.CutMix()(images, np.array([3, 7]), seed=(0, 1))
    assert 0.1 < targets[0, 0, 1] < 0.9
    return mixed.numpy(), targets.numpy()


def torch_steps(model, images, targets, steps):
    """The losses of that many steps."""
    optimizer = torch.optim.SGD(model.parameters(), RATE, MOMENTUM, weight_decay=DECAY, nesterov=True)
    images = torch.from_numpy(images).permute(0, 3, 1, 2)
    ids, weights = torch.from_numpy(targets[:, :, 0]).long(), torch.from_numpy(targets[:, :, 1])
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model.train()(images)
        own, other = (functional.cross_entropy(logits, ids[:, k], reduction="none") for k in range(2))
        loss = torch.mean(weights[:, 0] * own + weights[:, 1] * other)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_two_steps(agree):
    torch.manual_seed(0)
    reference = torchvision.models.resnet18(num_classes=10)
    ours = cm.models.build("resnet18", num_classes=10, input_shape=(96, 64, 3), stem="imagenet")
    copying.copy_weights(reference, ours)
    ours.compile(CoupledSGD(l2=DECAY, learning_rate=RATE, momentum=MOMENTUM, nesterov=True), cm.MixedCrossentropy())
    before = [weight.numpy() for weight in ours.trainable_variables]

    images, targets = cutmix_batch()
    losses = torch_steps(reference, images, targets, steps=2)
    ours_losses = [ours.train_on_batch(images, targets) for _ in range(2)]
    agree("resnet18", "torch.optim.SGD", "losses", ours_losses, losses, within=1e-5)

    after = [weight.numpy() for weight in ours.trainable_variables]
    copying.copy_weights(reference, ours)
    expected = [weight.numpy() for weight in ours.trainable_variables]
    changes = ((new - old, wanted - old) for new, wanted, old in zip(after, expected, before, strict=True))
    pairs = [(change / abs(wanted).max(), wanted / abs(wanted).max()) for change, wanted in changes]
    joined = (np.concatenate([each.ravel() for each in side]) for side in zip(*pairs, strict=True))
    agree("resnet18", "torch.optim.SGD", "changes of all weights", *joined, within=1e-3)
