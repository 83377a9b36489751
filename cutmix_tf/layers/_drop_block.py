"""DropBlock: square regions of a feature map are dropped together."""

import keras
import numpy as np
from keras import ops

from cutmix_tf._checks import check_number, check_whole
from cutmix_tf.layers._random_layer import RandomLayer

_KNOTS = 65  # of the table from drop rates to seed rates, whose interpolation is exact to half a percent


@keras.saving.register_keras_serializable(package="cutmix_tf")
class DropBlock(RandomLayer):
    """Sets blocks of a feature map to zero in training and scales up the rest; does nothing in inference.

    Blocks lie entirely inside the map; each possible position holds one independently, with the same probability. The
    remaining values are multiplied by (all cells / kept cells), counted over the batch. Labels are not affected.

    The expected share of dropped cells is `drop_rate`, whatever the map's size. The paper's probability of a position,
    drop_rate / block_size² · size² / (size − block_size + 1)², counts cells twice where blocks overlap and therefore
    drops less: 9.3 % for a rate of 10 %, 36 % for 50 %, with blocks of 7 in maps of 14 × 14. Here the probability
    solves the exact equation, drop_rate = mean over the cells of 1 − (1 − probability)^(positions covering the cell).

    Args:
      drop_rate: Expected share of dropped cells, in [0, 1]; 1 − keep_prob in the papers.
      block_size: Side of a block in cells, at least 1; cut to the map's side if that is shorter.
      per_channel: Whether each channel has blocks of its own, as in the paper's results; False drops the same
        cells in all channels.
      seed: An integer for reproducible blocks; None for different ones each time.
      **options: As for every Keras layer.

    Call arguments:
      x: Feature maps (batch, height, width, channels) of known height and width; the result has the same shape and
        dtype.
      training: Whether to drop anything.

    Weights:
      rate_factor: A factor of `drop_rate` in [0, 1], initially 1; not trained. See `LinearDropSchedule`.

    Raises:
      ValueError, TypeError: if an argument is out of range; when built, if the maps' height or width is unknown.

    Reference:
      Ghiasi et al., "DropBlock", NeurIPS 2018, https://arxiv.org/abs/1810.12890, Algorithm 1.
    """

    def __init__(self, drop_rate: float, block_size: int, per_channel: bool = True, seed: int | None = None, **options):
        super().__init__(seed, **options)
        check_number("drop_rate", drop_rate, low=0, high=1)
        check_whole("block_size", block_size, low=1)
        if not isinstance(per_channel, bool):
            raise TypeError(f"per_channel must be True or False; got {per_channel!r}.")
        self.drop_rate, self.block_size, self.per_channel = drop_rate, block_size, per_channel

    def build(self, input_shape):
        """Tabulates the probability of a position for rates from 0 to `drop_rate`."""
        if len(input_shape) != 4 or None in input_shape[1:3]:
            raise ValueError(
                "DropBlock needs feature maps (batch, height, width, channels) of known height and width, which "
                f"determine the probability of a block; got {tuple(input_shape)}. Give keras.Input the images' size."
            )
        height, width = input_shape[1:3]
        self.block = min(self.block_size, height), min(self.block_size, width)
        self._seed_rates = seed_rates(np.linspace(0, self.drop_rate, _KNOTS), (height, width), self.block)
        self.rate_factor = self.add_weight(
            name="rate_factor", shape=(), initializer="ones", trainable=False, autocast=False, dtype="float32"
        )

    def call(self, x, training=False):
        """The maps without the drawn blocks."""
        if not training:
            return x
        kept = 1 - self._draw_blocks(x)
        scale = ops.divide_no_nan(1.0, ops.mean(kept))
        return x * ops.cast(kept * scale, x.dtype)

    def _draw_blocks(self, x):
        """1 where a cell is dropped, 0 elsewhere: float32 (batch, height, width, channels or 1)."""
        (rows, columns), (height, width) = self.block, x.shape[1:3]
        positions = (ops.shape(x)[0], height - rows + 1, width - columns + 1, x.shape[3] if self.per_channel else 1)
        seeds = ops.cast(keras.random.uniform(positions, seed=self.seed_generator) < self._seed_rate(), "float32")
        # A cell is dropped if a block starts at most a block's side before it.
        seeds = ops.pad(seeds, ((0, 0), (rows - 1, rows - 1), (columns - 1, columns - 1), (0, 0)))
        return ops.max_pool(seeds, self.block, strides=1, padding="valid", data_format="channels_last")

    def _seed_rate(self):
        """The probability of a position at the current rate, between two entries of the table."""
        table = ops.convert_to_tensor(self._seed_rates, "float32")
        position = ops.clip(self.rate_factor, 0, 1) * (_KNOTS - 1)
        below = ops.clip(ops.floor(position), 0, _KNOTS - 2)
        index = ops.cast(below, "int32")
        low, high = ops.take(table, index), ops.take(table, index + 1)
        return low + (position - below) * (high - low)

    def get_config(self):
        """The constructor's arguments."""
        names = "drop_rate", "block_size", "per_channel"
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def seed_rates(drop_rates: np.ndarray, size: tuple[int, int], block: tuple[int, int]) -> np.ndarray:
    """The probabilities of a position that drop these shares of the cells: float64 of their shape.

    The share grows with the probability, so that bisection finds it.
    """
    covers = np.multiply.outer(*(_covers(*sides) for sides in zip(size, block, strict=True)))
    counts, cells = np.unique(covers, return_counts=True)
    low, high = np.zeros(len(drop_rates)), np.ones(len(drop_rates))
    for _ in range(60):
        middle = (low + high) / 2
        share = (1 - (1 - middle[:, None]) ** counts) @ cells / cells.sum()
        low, high = np.where(share < drop_rates, middle, low), np.where(share < drop_rates, high, middle)
    return high


def _covers(size: int, block: int) -> np.ndarray:
    """The number of positions of a block along a side that cover each of its cells."""
    return np.convolve(np.ones(size - block + 1, int), np.ones(block, int))
