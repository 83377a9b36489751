"""The test-time geometry as part of a model: images of any size are resized, and their center is cut out.

The resize is linear in the pixels and works on rows and columns separately, so that it is two products with matrices.
They are computed from the size of the images, inside the graph, by Keras' own operations: the model loads without this
package, and every runtime that can multiply matrices gives the same result. Keras' `Resizing` can't take its place: it
crops before it resizes, and its antialiasing exists neither in ONNX nor in LiteRT.
"""

import keras
import numpy as np
from keras import ops

Size = tuple[int, int]


def center_crops(images: keras.KerasTensor, size: Size, resize_to: Size) -> keras.KerasTensor:
    """The center of images that are first resized to just cover `resize_to`.

    The geometry is that of the pipeline's test images: Resize and CenterCrop in torchvision, bilinear with
    antialiasing, rounded to whole pixels. Images that have the size already, with `resize_to` equal to it, keep their
    bits. For others, sums that end near one half may round differently: by one of 255 steps, in well below 1 % of the
    values.

    Args:
      images: Symbolic float32 (batch, height, width, channels), of unknown height and width.
      size: Height and width of the crop.
      resize_to: Height and width to cover, at least those of the crop.

    Returns:
      Symbolic float32 (batch, *size, channels), whole numbers.
    """
    places = [ops.ones_like(ops.max(images, axis=axes)) for axes in ((0, 2, 3), (0, 1, 3))]  # 1 for each row, column
    rows = _to_crop(places[0], ops.sum(places[1]), size[0], resize_to)
    columns = _to_crop(places[1], ops.sum(places[0]), size[1], (resize_to[1], resize_to[0]))
    channels_first = ops.transpose(images, (0, 3, 1, 2))
    crops = ops.matmul(ops.matmul(rows, channels_first), ops.transpose(columns))
    return ops.round(ops.transpose(crops, (0, 2, 3, 1)))


def _to_crop(places: keras.KerasTensor, other_side, size: int, cover: Size) -> keras.KerasTensor:
    """The matrix (size, side) from one side of an image to that side of its crop; see `pipeline.center_crop`.

    Args:
      places: A 1 for each pixel along the side, (side,).
      other_side: Length of the image's other side.
      size: Length of this side of the crop.
      cover: Lengths that the resized image must cover: of this side, and of the other one.
    """
    side = ops.sum(places)
    resized = ops.maximum(float(cover[0]), ops.floor_divide(cover[1] * side, other_side))
    free = resized - float(size)
    offset = ops.floor_divide(free, 2.0) + ops.floor_divide(ops.mod(free, 4.0), 3.0)  # half, rounded to even
    scale = side / resized
    centers = (ops.add(np.arange(size, dtype=np.float32) + 0.5, offset)) * scale
    pixels = ops.cumsum(places) - 0.5
    distances = ops.abs(ops.expand_dims(centers, 1) - ops.expand_dims(pixels, 0))
    weights = ops.relu(1.0 - distances / ops.maximum(scale, 1.0))  # a triangle, as wide as a pixel of the result
    return weights / ops.sum(weights, axis=1, keepdims=True)
