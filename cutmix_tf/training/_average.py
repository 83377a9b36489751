"""An average of the weights of all steps, which is evaluated and saved in place of the last weights.

Keras' own (`use_ema`) leaves out the statistics of batch normalization, which then don't fit the averaged weights;
it changes bits whenever it exchanges weights; and at the end of each `fit` it overwrites the weights with their
average, so that a run that was stopped would continue differently.
"""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np

from cutmix_tf.runs import Progress

SAMPLES = 100  # within 1 / (1 - ema) steps, the time in which the average forgets


class WeightAverage(keras.callbacks.Callback):
    """Averages all weights during training, and puts the average in their place while the model is evaluated.

    After step n the average is Σ ema^(n-k) · w_k / Σ ema^(n-k) over steps k: an exponential moving average without the
    bias towards initial weights. For an ema above 0.99 it samples every few steps, a hundred times within 1 / (1 - ema)
    steps, which costs nothing and changes little. Integer weights are not averaged; the last ones are taken.

    Comes before callbacks that save or count steps.

    Args:
      model: The model that is trained.
      ema: The decay per step, in [0, 1).
      progress: Of the run so far, which holds the average and so carries it into checkpoints.
    """

    def __init__(self, model: keras.Model, ema: float, progress: Progress):
        super().__init__()
        self.trained, self.progress = model, progress
        self.every = max(1, round(1 / (SAMPLES * (1 - ema))))
        self.decay = ema**self.every
        self._evaluation = contextlib.ExitStack()

    def on_train_batch_end(self, batch, logs=None):
        """Adds the weights, if it is time."""
        step = self.progress.step + 1  # which is counted after this
        if step % self.every == 0:
            self._add(self.model.get_weights(), step // self.every)

    def _add(self, weights: list[np.ndarray], count: int) -> None:
        """Adds weights as those of sample `count`, counted from 1."""
        rate = np.float32((1 - self.decay) / (1 - self.decay**count))
        averages = self.progress.averages or weights
        self.progress.averages = [
            average + rate * (weight - average) if weight.dtype.kind == "f" else weight
            for average, weight in zip(averages, weights, strict=True)
        ]

    def on_test_begin(self, logs=None):
        """Puts the average in place."""
        self._evaluation.enter_context(self.in_place())

    def on_test_end(self, logs=None):
        """Puts the weights back."""
        self._evaluation.close()

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Gives the model the averaged weights inside the context, if there are any yet."""
        weights = self.trained.get_weights()
        self.trained.set_weights(self.progress.averages or weights)
        try:
            yield
        finally:
            self.trained.set_weights(weights)
