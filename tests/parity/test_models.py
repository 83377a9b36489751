"""Models with copied weights.

Batches of two images of 96 × 64 or 65 × 97 pixels, 10 classes. The weights are those that the reference starts with;
its normalizations get random values. Differences are shares of the largest value. Logits may differ by five times as
much as the reference in float32 differs from itself in float64. In training mode the last normalizations see a dozen
values per channel, which makes rounding errors larger in all libraries alike.

Three differences are known and corrected here. The variance of n values that goes into a moving variance is divided by
n − 1 in torch, by n in Keras. Our EfficientNets normalize as the paper does (epsilon 0.001, momentum 0.99), which
torchvision does from B5 on and timm with options. They pad strided convolutions as TensorFlow does; so do timm's `tf_`
models, while torchvision pads both sides alike, which is the same only for maps of odd sides, such as those of 65 × 97
pixels.

The CIFAR models (ResNet-20 to 110, wide ResNets, PyramidNets) are in neither library.
"""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import pytest

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")
timm = pytest.importorskip("timm")

from torch import nn  # noqa: E402

import cutmix_tf as cm  # noqa: E402
from parity import copying  # noqa: E402

pytestmark = pytest.mark.slow

CLASSES = 10
BATCH = 2


@dataclasses.dataclass(frozen=True)
class Case:
    """One of our models, its counterpart and how to make that, and the height and width of the images."""

    name: str
    source: str
    make: Callable
    size: tuple[int, int] = (96, 64)

    def __str__(self):
        return f"{self.name}-{self.source.partition(' ')[0]}"

    def reference(self):
        """The counterpart, with the same random weights at each call."""
        torch.manual_seed(0)
        return copying.randomize_normalizations(self.make())


def torchvision_model(name, **options):
    return lambda: getattr(torchvision.models, name)(num_classes=CLASSES, **options)


def timm_model(name, **options):
    return lambda: timm.create_model(name, num_classes=CLASSES, **options)


def torchvision_efficientnet():
    """With the paper's settings of normalizations, and without dropout."""
    model = torchvision.models.efficientnet_b0(num_classes=CLASSES, dropout=0.0, stochastic_depth_prob=0.0)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps, module.momentum = 1e-3, 0.01
    return model


def vgg_gap():
    """torchvision's features without the last max pool, and the head for class activation maps."""
    head = (
        nn.Conv2d(512, 1024, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(1024, CLASSES),
    )
    return nn.Sequential(*torchvision.models.vgg16().features[:-1], *head)


CASES = (
    Case("resnet18", "torchvision resnet18", torchvision_model("resnet18")),
    Case("resnet34", "torchvision resnet34", torchvision_model("resnet34"), size=(65, 97)),
    Case("resnet50", "torchvision resnet50", torchvision_model("resnet50")),
    Case("resnext50_32x4d", "torchvision resnext50_32x4d", torchvision_model("resnext50_32x4d")),
    Case("se_resnet50", "timm seresnet50", timm_model("seresnet50")),
    Case("densenet121", "torchvision densenet121", torchvision_model("densenet121")),
    Case("efficientnet_b0", "timm tf_efficientnet_b0", timm_model("tf_efficientnet_b0", bn_momentum=0.01)),
    Case("efficientnet_b0", "torchvision efficientnet_b0", torchvision_efficientnet, size=(65, 97)),
    Case("vgg16_gap", "torchvision vgg16.features", vgg_gap),
)


def build(case):
    """Our model, without anything random in training."""
    images = keras.Input((*case.size, 3))
    row = cm.models.MODELS[case.name]
    calm = {"dropout": 0.0, "drop_connect": 0.0} if case.name.startswith("efficientnet") else {}
    logits = row.builder(images, num_classes=CLASSES, stem="imagenet", sync_batch_norm=True, **calm)
    return keras.Model(images, logits)


def some_images(case):
    return np.random.default_rng(0).normal(size=(BATCH, *case.size, 3)).astype("float32")


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def ours(case):
    return build(case)


def test_inference(case, ours, agree):
    reference, images = case.reference(), some_images(case)
    copying.copy_weights(reference, ours)
    theirs, bound = logits(reference, images, training=False), 5 * rounding_error(case, images, training=False)
    agree(case.name, case.source, "logits, inference", ours(images, training=False), theirs, within=bound)


def test_training_mode(case, ours, agree):
    """Logits, and the statistics of the batch that normalizations add to their moving ones."""
    reference, images = case.reference(), some_images(case)
    copying.copy_weights(reference, ours)
    counts = count_normalized_values(reference)
    theirs, bound = logits(reference, images, training=True), 5 * rounding_error(case, images, training=True)
    agree(case.name, case.source, "logits, training", ours(images, training=True), theirs, within=bound)
    if counts:
        means, variances = batch_statistics(copying.pairs(ours, reference), case.reference(), counts)
        agree(case.name, case.source, "means of the batch", *means, within=3e-4)
        agree(case.name, case.source, "variances of the batch", *variances, within=3e-4)


def logits(model, images, training):
    """A torch model's logits in that mode, in the model's precision."""
    images = torch.from_numpy(images).permute(0, 3, 1, 2).to(next(model.parameters()).dtype)
    return model.train(training)(images).detach().numpy()


def rounding_error(case, images, training):
    """How far the counterpart in float32 is from itself in float64, as a share of the largest logit."""
    single, double = (logits(case.reference().to(dtype), images, training) for dtype in (torch.float32, torch.float64))
    return np.max(np.abs(single - double)) / np.max(np.abs(double))


def count_normalized_values(reference):
    """For each normalization, once the model was called: the number of values of a channel in the batch."""
    counts = {}

    def count(module, inputs, _):
        counts[module] = inputs[0].numel() // inputs[0].shape[1]

    for module in reference.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(count)
    return counts


def batch_statistics(pairs, before, counts):
    """What the batch added to the moving means and variances of all layers: ((ours, theirs), (ours, theirs)).

    torch divides the variance of n values by n − 1 and Keras by n, which is corrected here.
    """
    initial = [module for module in before.modules() if isinstance(module, nn.BatchNorm2d)]
    layers = [(layer, module) for layer, module in pairs if module in counts]
    means, variances = [], []
    for (layer, module), old in zip(layers, initial, strict=True):
        *_, ours_mean, ours_variance = layer.get_weights()
        *_, mean, variance = copying.weights_for(layer, module)
        kept_mean, kept_variance = (
            np.float32(1 - module.momentum) * part for part in copying.weights_for(layer, old)[2:]
        )
        n = counts[module]
        means.append((ours_mean - kept_mean, mean - kept_mean))
        variances.append((ours_variance - kept_variance, (variance - kept_variance) * (n - 1) / n))
    return tuple([np.concatenate(each) for each in zip(*both, strict=True)] for both in (means, variances))
