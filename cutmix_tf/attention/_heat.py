"""From a picture to a heat map, as one Keras model that runs on any backend."""

import keras
import numpy as np
from keras import ops

from cutmix_tf._checks import did_you_mean
from cutmix_tf.attention._source import Prepare

OPEN_SIZE = 224  # for networks that take any


class HeatMap(keras.Model):
    """Pictures (batch, height, width, 3) from 0 to 255 -> heat maps float32 (batch, rows, columns), at least 0.

    Args: As `Teacher`; see there.
    """

    def __init__(self, network: keras.Model, prepare: Prepare, *, layer, size, reading, grid):
        super().__init__(trainable=False, dtype="float32")
        self.network, self.prepare = network, prepare
        self.layer = _find_map(network, layer)
        feature = network.get_layer(self.layer).output
        height, width = network.input_shape[1:3]
        self.size: tuple[int, int] = size or (height or OPEN_SIZE, width or OPEN_SIZE)
        self.body = keras.Model(network.inputs[0], [feature, network.outputs[0]])
        (rows, columns, channels) = _shape_at(self.body, self.size)
        self.grid = grid or (rows, columns)
        self._row_shares, self._column_shares = area_shares(rows, self.grid[0]), area_shares(columns, self.grid[1])
        self._class_weights = _find_head(network, channels) if reading == "cam" else None

    def call(self, images):
        """The heat maps."""
        images = ops.cast(images, "float32")
        if tuple(images.shape[1:3]) != self.size:
            images = ops.image.resize(images, self.size, interpolation="bilinear", antialias=True)
        features, scores = self.body(self.prepare.function(images), training=False)
        features = ops.cast(features, "float32")
        if self._class_weights is None:
            heat = ops.mean(features, axis=-1)
        else:
            weights = ops.take(ops.transpose(self._class_weights), ops.argmax(scores, axis=-1), axis=0)
            heat = ops.einsum("bhwc,bc->bhw", features, ops.cast(weights, "float32"))
        return ops.einsum("bhw,rh,cw->brc", ops.relu(heat), self._row_shares, self._column_shares)


def area_shares(pixels: int, cells: int) -> np.ndarray:
    """How much of each cell lies in each pixel of a side: float32 (cells, pixels), rows summing to 1."""
    edges, ends = np.arange(cells)[:, None] / cells, np.arange(1, cells + 1)[:, None] / cells
    first, last = np.arange(pixels) / pixels, np.arange(1, pixels + 1) / pixels
    overlap = np.maximum(np.minimum(ends, last) - np.maximum(edges, first), 0)
    return (overlap * cells).astype(np.float32)


def _find_map(network: keras.Model, layer: str | None) -> str:
    """The name of the layer asked for, or of the last one with a map (batch, height, width, channels)."""
    maps = [each.name for each in network.layers if _is_map(each)]
    if layer is not None and layer in maps:
        return layer
    nested = [each.name for each in network.layers if isinstance(each, keras.Model)]
    if nested:
        raise ValueError(
            f"A teacher's feature map must be a layer of its own; {network.name!r} holds the model {nested[-1]!r} as "
            "one layer. Give that model itself, or build the network from layers."
        )
    if layer is not None:
        raise ValueError(
            f"layer must be one of the teacher's layers with a map; got {layer!r}.{did_you_mean(layer, maps)} "
            f"The last ones are {', '.join(maps[-5:])}."
        )
    if not maps:
        raise ValueError(f"A teacher needs a layer with a feature map; {network.name!r} has none.")
    return maps[-1]


def _is_map(layer: keras.Layer) -> bool:
    output = getattr(layer, "output", None)
    return len(getattr(output, "shape", ())) == 4 and not isinstance(layer, keras.layers.InputLayer)


def _shape_at(body: keras.Model, size: tuple[int, int]) -> tuple[int, int, int]:
    """Rows, columns and channels of the feature map at an input size."""
    try:
        return body.compute_output_shape((1, *size, 3))[0][1:]
    except ValueError as error:
        raise ValueError(f"The teacher {body.name!r} does not take pictures of {size} pixels: {error}") from None


def _find_head(network: keras.Model, channels: int):
    """The kernel (channels, classes) of the dense layer that classifies the pooled map."""
    for layer in reversed(network.layers):
        if isinstance(layer, keras.layers.Dense):
            if layer.kernel.shape[0] == channels:
                return layer.kernel
            break
    raise ValueError(
        f'reading="cam" needs a network that ends in global average pooling of {channels} channels and one dense '
        f'layer; {network.name!r} does not. Use reading="mean", or another layer.'
    )
