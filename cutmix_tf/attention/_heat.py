"""From an image to a heat map, as one Keras model that runs on any backend."""

import keras
import numpy as np
from keras import ops

from cutmix_tf._checks import did_you_mean
from cutmix_tf.attention._source import Prepare
from cutmix_tf.models import class_activation_maps, feature_maps, find_head

OPEN_SIZE = 224  # for models that take images of any size


class HeatMap(keras.Model):
    """Images (batch, height, width, 3) from 0 to 255 -> heat maps float32 (batch, rows, columns), at least 0.

    Args and raises: As `Teacher`; see there.
    """

    def __init__(self, model: keras.Model, prepare: Prepare, *, layer, size, reading, grid):
        super().__init__(trainable=False, dtype="float32")
        self.model, self.prepare = model, prepare
        if not getattr(model, "inputs", None):
            raise TypeError(f"A teacher must be a functional or Sequential model, whose graph is known; got {model!r}.")
        find = _find_cam if reading == "cam" else _find_last
        self.layer, features, self._kernel = find(model, layer)
        height, width = model.input_shape[1:3]
        self.size: tuple[int, int] = size or (height or OPEN_SIZE, width or OPEN_SIZE)
        self.body = keras.Model(model.inputs[0], [features, model.outputs[0]])
        rows, columns = _grid_at(self.body, self.size)
        self.grid = grid or (rows, columns)
        self._row_shares, self._column_shares = area_shares(rows, self.grid[0]), area_shares(columns, self.grid[1])

    def call(self, images):
        """The heat maps."""
        images = ops.cast(images, "float32")
        if tuple(images.shape[1:3]) != self.size:
            images = ops.image.resize(images, self.size, interpolation="bilinear", antialias=True)
        features, scores = self.body(self.prepare.function(images), training=False)
        if self._kernel is None:
            heat = ops.mean(ops.cast(features, "float32"), axis=-1)
        else:
            heat = class_activation_maps(features, self._kernel, ops.argmax(scores, axis=-1))
        return ops.einsum("bhw,rh,cw->brc", ops.relu(heat), self._row_shares, self._column_shares)


def area_shares(pixels: int, cells: int) -> np.ndarray:
    """How much of each cell lies in each pixel of a side: float32 (cells, pixels), rows summing to 1."""
    edges, ends = np.arange(cells)[:, None] / cells, np.arange(1, cells + 1)[:, None] / cells
    first, last = np.arange(pixels) / pixels, np.arange(1, pixels + 1) / pixels
    overlap = np.maximum(np.minimum(ends, last) - np.maximum(edges, first), 0)
    return (overlap * cells).astype(np.float32)


def _find_last(model: keras.Model, layer: str | None) -> tuple[str, keras.KerasTensor, None]:
    """The layer that was asked for, or the last one with a feature map, and its map."""
    maps = feature_maps(model)
    if layer is not None and layer in maps:
        return layer, maps[layer], None
    nested = [each.name for each in model.layers if isinstance(each, keras.Model)]
    if nested:
        raise ValueError(
            f"A teacher's feature map must be the output of a layer; {model.name!r} contains the model {nested[-1]!r} "
            "as one layer. Use that model itself as the teacher, or build the teacher from layers."
        )
    if layer is not None:
        raise ValueError(
            f"layer must be one of the teacher's layers with a feature map; got {layer!r}.{did_you_mean(layer, maps)} "
            f"The last ones are {', '.join([*maps][-5:])}."
        )
    if not maps:
        raise ValueError(f"A teacher needs a layer with a feature map; {model.name!r} has none.")
    last = [*maps][-1]
    return last, maps[last], None


def _find_cam(model: keras.Model, layer: str | None) -> tuple[str, keras.KerasTensor, np.ndarray]:
    """The layer before global average pooling, its map, and the kernel of the dense layer behind it."""
    try:
        head = find_head(model)
    except ValueError as error:
        raise ValueError(f'{error} Use reading="mean".') from None
    name = next((name for name, features in feature_maps(model).items() if features is head.features), "head")
    if layer not in (None, name):
        raise ValueError(
            f'reading="cam" reads the feature map before global average pooling, which is that of {name!r}; got '
            f'layer={layer!r}. Leave layer out, or use reading="mean".'
        )
    return name, head.features, head.kernel


def _grid_at(body: keras.Model, size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the feature map at an input size."""
    try:
        return body.compute_output_shape((1, *size, 3))[0][1:3]
    except ValueError as error:
        raise ValueError(f"The teacher {body.name!r} does not take images of {size} pixels: {error}") from None
