"""Rectangles of Random Erasing.

Areas and places of squares in images of 96 × 128 pixels, 100,000 drawn by each library; the bound of the
Kolmogorov-Smirnov test is that of a significance of 0.001. Only squares are compared, because shapes differ by design:
torchvision draws the logarithm of height / width uniformly, we draw the ratio itself, as the paper and its code do.
"""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from torchvision import transforms  # noqa: E402

import cutmix_tf as cm  # noqa: E402
from cutmix_tf.mixing import Canvas  # noqa: E402

pytestmark = pytest.mark.slow

COUNT = 100_000
HEIGHT, WIDTH = 96, 128
AREA, ASPECT = (0.02, 0.4), (1.0, 1.0)


def torchvision_boxes():
    """Top, left, height and width: int (COUNT, 4)."""
    torch.manual_seed(0)
    image = torch.zeros(3, HEIGHT, WIDTH)
    drawn = [transforms.RandomErasing.get_params(image, AREA, ASPECT, value=[0.0])[:4] for _ in range(COUNT)]
    return np.array(drawn)


def our_boxes():
    """The same from our plan."""
    mixer = cm.RandomErasing(area=AREA, aspect=ASPECT, fill=0, prob=1.0)
    box = mixer.plan(Canvas(tf.constant(COUNT), tf.constant(HEIGHT), tf.constant(WIDTH)), (0, 1)).box.numpy()
    return np.concatenate([box[:, :2], box[:, 2:] - box[:, :2]], axis=1)


def measures(boxes):
    """What to compare of rectangles: their area, and their place among all that are possible."""
    top, left, height, width = boxes.T.astype(float)
    return {
        "share of the area": height * width / (HEIGHT * WIDTH),
        "vertical place": top / (HEIGHT - height),
        "horizontal place": left / (WIDTH - width),
    }


def test_distribution(record):
    ours, theirs = measures(our_boxes()), measures(torchvision_boxes())
    bound = stats.kstwobign.isf(0.001) * np.sqrt(2 / COUNT)
    for what, values in ours.items():
        distance = stats.ks_2samp(values, theirs[what]).statistic
        record(what, "torchvision RandomErasing", "Kolmogorov-Smirnov distance", distance, within=bound)
