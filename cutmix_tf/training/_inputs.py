"""What a config reads: its dataset, and how pictures are brought to the network."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from cutmix_tf import datasets, pipeline
from cutmix_tf.training._config import TrainConfig


def load_images(config: TrainConfig) -> datasets.ImageSet:
    """The config's dataset."""
    return datasets.load(
        config.dataset,
        data_dir=config.data_dir,
        download=config.download,
        bad_examples=config.bad_examples,
        train_split=config.train_split,
        validation_split=config.validation_split,
        test_split=config.test_split,
    )


@contextlib.contextmanager
def told_when_input_fails(config: TrainConfig) -> Iterator[None]:
    """Turns the errors of TensorFlow's reading, which know no file, into one that says what to do.

    Raises:
      ValueError: if an example could not be read.
      ConnectionError: if a data service delivers nothing.
    """
    try:
        yield
    except (tf.errors.InvalidArgumentError, tf.errors.DataLossError, tf.errors.NotFoundError) as error:
        raise ValueError(
            f"Training stopped at what could not be read or computed: {error.message.strip()} To look for bad "
            f"examples: python -m cutmix_tf.data.check {config.dataset}. To train without them: --bad-examples skip."
        ) from error
    except tf.errors.UnknownError as error:
        if config.data_service is None:
            raise
        raise ConnectionError(
            f"The data service failed: {error.message.strip().splitlines()[0]} Its workers must run, and must find the "
            "data and the run's folder under the same paths."
        ) from error


def preprocessing_of(config: TrainConfig, images: datasets.ImageSet) -> pipeline.Preprocessing:
    """The config's augmentation at its image size, or at the data set's own."""
    if config.image_size is not None:
        size = (config.image_size, config.image_size)
    elif isinstance(images.train, datasets.ArraySplit):
        size = images.train.images.shape[1:3]
    else:
        raise ValueError(f"Images of {images.name} have many sizes, so image_size is needed; got None. Try 224.")
    return pipeline.Preprocessing(size, images.mean, images.std, config.augment, auto_augment=config.auto_augment)
