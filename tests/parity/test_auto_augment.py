"""Operations of AutoAugment.

All magnitudes from −9 to 9, each on a noise image of 96 × 128 pixels with values from 0 to 255. Our operations compute
in integers, without rounding errors. PIL and torchvision compute some of them in floats: values can then be lower by
one, and where a point falls exactly between two pixels, either may be taken, which in noise can make any difference. On
tensors, torchvision truncates grays that PIL rounds, and doesn't round the mean gray: more values are then off by one.

The magnitudes are the paper's. Those of torchvision's own policies differ: factors of 1 ± m / 10 instead of
0.1 + 0.2 m, Solarize from 255 − 255 m / 9 instead of 256 − 256 m / 9, and shifts by whole pixels.
"""

import math

import numpy as np
import pytest
import tensorflow as tf

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from PIL import Image  # noqa: E402
from torchvision.transforms import functional  # noqa: E402

from cutmix_tf.pipeline._auto_augment import Operations, apply_policy  # noqa: E402
from cutmix_tf.pipeline._policies import OPERATIONS  # noqa: E402

pytestmark = pytest.mark.slow

AMOUNTS = np.arange(-9, 10)
SIZE = 96, 128
MOVING = {
    "ShearX": lambda share: {"shear": [math.degrees(math.atan(0.3 * share)), 0.0], "center": [0, 0]},
    "ShearY": lambda share: {"shear": [0.0, math.degrees(math.atan(0.3 * share))], "center": [0, 0]},
    "TranslateX": lambda share: {"translate": [-share * 150 / 331 * SIZE[1], 0]},
    "TranslateY": lambda share: {"translate": [0, -share * 150 / 331 * SIZE[0]]},
}
BLENDING = {
    "Brightness": functional.adjust_brightness,
    "Contrast": functional.adjust_contrast,
    "Color": functional.adjust_saturation,
    "Sharpness": functional.adjust_sharpness,
}


def noise():
    """An image for each amount, in which every channel misses the lowest and the highest values."""
    draw = np.random.default_rng(0)
    low, high = draw.integers(0, 100, (len(AMOUNTS), 1, 1, 3)), draw.integers(120, 256, (len(AMOUNTS), 1, 1, 3))
    return draw.integers(low, high, (len(AMOUNTS), *SIZE, 3)).astype(np.uint8)


def with_ours(images, kind):
    """The operation with each of the amounts, then none."""
    kinds = np.array([[OPERATIONS.index(kind), OPERATIONS.index("Identity")]] * len(AMOUNTS), np.int32)
    amounts = np.stack([AMOUNTS, np.zeros_like(AMOUNTS)], axis=1).astype(np.int32)
    return apply_policy(tf.constant(images), Operations(tf.constant(kinds), tf.constant(amounts))).numpy()


def with_torchvision(image, kind, amount):
    """The operation on a PIL image or a tensor, with the paper's magnitudes, which differ from torchvision's."""
    share, fill = amount / 9, [128, 128, 128]
    if kind in MOVING:
        still = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0], "fill": fill}
        return functional.affine(image, **(still | MOVING[kind](share)))
    if kind == "Rotate":
        return functional.rotate(image, 30 * share, fill=fill)
    if kind in BLENDING:
        return BLENDING[kind](image, 0.1 + 1.8 * abs(share))
    if kind == "Posterize":
        return functional.posterize(image, round(8 - 4 * abs(share)))
    if kind == "Solarize":
        # Tensors refuse 256, and 255 does the same here: all values of the images are below.
        return functional.solarize(image, min(256 - 256 * abs(share), 255))
    return getattr(functional, kind.lower())(image)


def on_pil(image, kind, amount):
    return np.asarray(with_torchvision(Image.fromarray(image), kind, amount))


def on_tensor(image, kind, amount):
    pixels = torch.from_numpy(image).permute(2, 0, 1)
    return with_torchvision(pixels, kind, amount).permute(1, 2, 0).numpy()


def bounds(kind, form):
    """The largest difference that is allowed, and the share of values that may differ."""
    if kind in (*MOVING, "Rotate"):
        return 255, 0.02
    if kind in ("Invert", "Solarize", "Posterize", "Equalize"):
        return 0, 0
    return 1, 0.01 if form == "PIL images" else 0.3


@pytest.mark.parametrize("kind", OPERATIONS[1:])
@pytest.mark.parametrize(
    ("form", "function"), [("PIL images", on_pil), ("uint8 tensors", on_tensor)], ids=["pil", "tensor"]
)
def test_operation(form, function, kind, record):
    images = noise()
    theirs = np.stack([function(image, kind, amount) for image, amount in zip(images, AMOUNTS, strict=True)])
    difference = np.abs(with_ours(images, kind).astype(int) - theirs)
    largest, share = bounds(kind, form)
    reference = f"torchvision, {form}"
    record(kind, reference, "largest difference", difference.max(), within=largest)
    record(kind, reference, "share of other values", np.mean(difference > 0), within=share)
