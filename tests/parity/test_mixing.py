"""CutMix and MixUp, given the same draws.

Boxes from the same λ and centers; images and soft targets from the same box or λ, and the same partners. MixUp's λ is
rounded to float32 before 1 − λ is taken from it, in torchvision after.
"""

import numpy as np
import pytest
import tensorflow as tf

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from torchvision.transforms import v2  # noqa: E402

from cutmix_tf import targets  # noqa: E402
from cutmix_tf.mixing import Plan, apply_plan, own_weight  # noqa: E402
from cutmix_tf.mixing._boxes import clipped_boxes, sides_for_share  # noqa: E402
from cutmix_tf.mixing._labels import mix_labels  # noqa: E402

pytestmark = pytest.mark.slow

CLASSES, LABELS = 10, np.array([3, 1, 4, 1, 5, 9])
SIZES = (33, 48), (32, 32)
PREVIOUS = tf.constant(np.roll(np.arange(len(LABELS)), 1), tf.int32)  # torchvision's partner


def some_images(size, dtype):
    values = np.random.default_rng(0).uniform(0, 256, (len(LABELS), *size, 3))
    return np.floor(values).astype(dtype) if dtype == "uint8" else values.astype(dtype)


def with_torchvision(mixer, images, params):
    """Images and soft targets as torchvision mixes them, given what it drew."""
    pixels, labels = torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(LABELS)
    params = params | {"labels": labels, "batch_size": len(labels)}
    return mixer.transform(pixels, params).permute(0, 2, 3, 1).numpy(), mixer.transform(labels, params).numpy()


def with_ours(plan, images):
    """Images and soft targets as our plan mixes them."""
    weight = own_weight(plan, *images.shape[1:3])
    pairs, _ = mix_labels(tf.constant(LABELS), plan.partner, weight)
    return apply_plan(plan, tf.constant(images)).numpy(), targets.to_soft(pairs, CLASSES).numpy()


def for_all(rows):
    """The same for every example."""
    return tf.constant([rows] * len(LABELS))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_boxes(size, agree):
    """What torchvision drew is drawn again from its seed, in its order: λ, column, row."""
    beta = torch.distributions.Beta(torch.tensor([1.0]), torch.tensor([1.0]))
    height, width = size
    drawn, theirs = [], []
    for seed in range(2000):
        torch.manual_seed(seed)
        theirs.append(v2.CutMix(alpha=1.0).make_params([torch.zeros(1, 3, *size)])["box"])
        torch.manual_seed(seed)
        share = float(beta.sample(()))
        drawn.append((share, *(int(torch.randint(side, (1,))) for side in (width, height))))
    shares, columns, rows = map(np.array, zip(*drawn, strict=True))
    centers = tf.constant(np.stack([rows, columns], axis=1), tf.int32)
    ours = clipped_boxes(centers, sides_for_share(shares, height, width), height, width)
    ours = tf.gather(ours, [1, 0, 3, 2], axis=1)
    agree(f"2000 boxes, {height} × {width}", "torchvision v2.CutMix", "boxes", ours, theirs, within=0)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_cutmix(size, dtype, agree):
    images, mixer = some_images(size, dtype), v2.CutMix(alpha=1.0, num_classes=CLASSES)
    torch.manual_seed(0)
    params = mixer.make_params([torch.zeros(1, 3, *size)])
    left, top, right, bottom = params["box"]
    assert 0 < params["lam_adjusted"] < 1
    ours = with_ours(Plan(for_all([top, left, bottom, right]), PREVIOUS), images)
    theirs = with_torchvision(mixer, images, params)
    compared = f"CutMix, {size[0]} × {size[1]}, {dtype}", "torchvision v2.CutMix"
    agree(*compared, "pixels", ours[0], theirs[0], within=0)
    agree(*compared, "targets", ours[1], theirs[1], within=1e-7)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999, 1.0])
def test_mixup(share, agree):
    size = SIZES[0]
    images, mixer = some_images(size, "float32"), v2.MixUp(num_classes=CLASSES)
    ours = with_ours(Plan(for_all([0, 0, *size]), PREVIOUS, own_share=for_all(share)), images)
    theirs = with_torchvision(mixer, images, {"lam": share})
    compared = f"MixUp, λ = {share}", "torchvision v2.MixUp"
    agree(*compared, "pixels", ours[0], theirs[0], within=2e-7)
    agree(*compared, "targets", ours[1], theirs[1], within=2e-7)
