"""Errors of TensorFlow's input, which name no file, turned into ones that say what to do."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from cutmix_tf.training._config import TrainConfig


@contextlib.contextmanager
def input_errors_explained(config: TrainConfig) -> Iterator[None]:
    """Explains the errors of reading and mixing.

    Raises:
      ValueError: if an example could not be read.
      ConnectionError: if a data service failed.
    """
    try:
        yield
    except (tf.errors.InvalidArgumentError, tf.errors.DataLossError, tf.errors.NotFoundError) as error:
        raise ValueError(
            f"Training stopped at something that could not be read or computed: {error.message.strip()} To look for "
            f"bad examples, run cutmix-tf check-data {config.dataset}. To train without them, add --bad-examples skip."
        ) from error
    except tf.errors.UnknownError as error:
        if config.data_service is None:
            raise
        raise ConnectionError(
            f"The data service failed: {error.message.strip().splitlines()[0]} Its workers must be running, and must "
            "find the data and the run's folder under the same paths as this process."
        ) from error
