"""Where the center crop of a test image lies: one geometry for images, and for boxes in them."""

import numpy as np
import tensorflow as tf

from cutmix_tf.pipeline._preprocessing import Preprocessing, Size


def center_crop(sizes, size: Size, resize_to: Size) -> tuple[tf.Tensor, tf.Tensor]:
    """How an image is resized, and where its crop then begins; in integers, so the same on every device.

    As Resize and CenterCrop in torchvision: the image is resized until it just covers `resize_to`, its longer side
    rounded down; the crop is in the middle, halves of a pixel rounded to even.

    Args:
      sizes: int32 (..., 2), height and width of images.
      size: Height and width of the crop.
      resize_to: Height and width to cover, at least those of the crop.

    Returns:
      The height and width of the resized image, and the row and column where the crop begins: int32 (..., 2) each.
    """
    sizes = tf.convert_to_tensor(sizes, tf.int32)
    height, width = resize_to
    covering = tf.constant([width, height]) * sizes // tf.reverse(sizes, [-1])  # each side, if the other decides
    resized = tf.maximum(tf.constant([height, width]), covering)
    free = resized - tf.constant(size)
    return resized, free // 2 + free % 4 // 3  # 1.5 becomes 2, and 0.5 and 2.5 become 0 and 2


def move_boxes(boxes: np.ndarray, image_sizes: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """Where boxes end up when test images are resized and cropped at the center.

    Args:
      boxes: (n, 4), top, left, bottom, right in pixels of the stored images, half-open.
      image_sizes: int (n, 2), height and width of the stored images; or (2,) if they are all alike.
      preprocessing: How the images are resized and cropped.

    Returns:
      int32 (n, 4), rounded and clipped to the crop; of area 0 where nothing of the box is left.
    """
    size = preprocessing.image_size
    resized, offsets = (part.numpy() for part in center_crop(image_sizes, size, preprocessing.resize_to))
    moved = boxes * np.tile(resized / np.asarray(image_sizes), 2) - np.tile(offsets, 2)
    return np.rint(np.clip(moved, 0, np.tile(size, 2))).astype(np.int32)
