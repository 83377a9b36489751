"""The center crop of test images.

224 of 256 pixels: the size after Resize and the place of the crop, for all pairs of sides from 224 to 399 and every
eleventh from 400 to 1200; and the pixels of noise images. PIL resizes one axis after the other and rounds to whole
numbers in between, TensorFlow rounds once: values from 0 to 255 differ by at most one.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from PIL import Image  # noqa: E402
from torchvision.transforms import CenterCrop, Resize  # noqa: E402

from cutmix_tf.pipeline._center_crop import center_crop  # noqa: E402
from cutmix_tf.pipeline._resize import resized_center_crops  # noqa: E402

pytestmark = pytest.mark.slow

CROP, SHORTER = 224, 256
REFERENCE = "torchvision Resize(256), CenterCrop(224)"


def torchvision_geometry(height, width):
    """Height and width after Resize, then the row and column where CenterCrop begins, from images without pixels."""
    height, width = Resize(SHORTER)(torch.empty(3, height, width, device="meta")).shape[1:]
    rows, columns = torch.arange(height)[:, None].expand(height, width), torch.arange(width).expand(height, width)
    return height, width, *(int(CenterCrop(CROP)(places)[0, 0]) for places in (rows, columns))


def test_geometry(agree):
    sides = [*range(CROP, 400), *range(400, 1200, 11)]
    sizes = np.array([(height, width) for height in sides for width in sides])
    theirs = [torchvision_geometry(height, width) for height, width in sizes.tolist()]
    ours = np.concatenate(center_crop(sizes, (CROP, CROP), (SHORTER, SHORTER)), axis=1)
    agree(f"{len(sizes):,} sizes", REFERENCE, "size and place", ours, theirs, within=0)


@pytest.mark.parametrize("size", [(300, 457), (601, 400), (240, 225)], ids=str)
def test_pixels(size, record):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    theirs = np.asarray(CenterCrop(CROP)(Resize(SHORTER)(Image.fromarray(image))))
    ours = resized_center_crops(image[None], (CROP, CROP), (SHORTER, SHORTER))[0]
    difference = np.abs(ours.numpy().astype(int) - theirs)
    compared = f"pixels, {size[0]} × {size[1]}"
    record(compared, REFERENCE, "largest difference", difference.max(), within=1)
    record(compared, REFERENCE, "share of other values", np.mean(difference > 0), within=0.3)
