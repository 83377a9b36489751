"""From a config to what its training reads: the dataset, and batches as a function of the step."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from cutmix_tf import pipeline
from cutmix_tf.attention import cached_maps
from cutmix_tf.datasets import ImageSet, Split, load
from cutmix_tf.mixing import MixSchedule
from cutmix_tf.pipeline import Preprocessing
from cutmix_tf.training._config import TrainConfig


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
    """A checked config with its data: everything that decides what a training's batches are.

    Attributes:
      config: The run's settings.
      images: The dataset.
      preprocessing: How images are resized, augmented and normalized.
      mixer: What mixes training batches: the config's mixer, bound to the model's feature maps if it mixes those.
      train_split: The training examples, with attention maps if they are cached.
      limit: How many batches of each epoch, and of each evaluation, are used at most; None for all.
    """

    config: TrainConfig
    images: ImageSet
    preprocessing: Preprocessing
    mixer: Any
    train_split: Split
    limit: int | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Training batches in an epoch."""
        config = self.config
        steps = self.train_split.steps_per_epoch(config.batch_size, static_shapes=config.static_shapes)
        return steps if self.limit is None else min(steps, self.limit)

    @property
    def images_per_epoch(self) -> int:
        """Training images in an epoch."""
        return min(self.steps_per_epoch * self.config.batch_size, len(self.train_split))

    def train_batches(self, first_step: int = 0, source: Any = None) -> tf.data.Dataset:
        """The mixed batches from that step on, without end; from a data service's `source`, to the end of the epoch."""
        config = self.config
        total_steps = config.epochs * self.steps_per_epoch
        erase: Any = config.erase  # a mixer that can be called, as the config has checked
        return pipeline.train_batches(
            self.train_split,
            self.preprocessing,
            batch_size=config.batch_size,
            erase=erase,
            mix=self.mixer,
            strength=MixSchedule(config.mix_schedule, total_steps) if config.mix_schedule else None,
            attend=config.teacher.attend if config.teacher and config.attention == "live" else None,
            seed=config.seed,
            first_step=first_step,
            static_shapes=config.static_shapes,
            source=source,
        )

    def eval_batches(self, split: str) -> tf.data.Dataset:
        """The examples of "validation" or "test", each once and in order."""
        config = self.config
        batches = pipeline.eval_batches(
            self.images.splits[split],
            self.preprocessing,
            batch_size=config.batch_size,
            static_shapes=config.static_shapes,
        )
        return batches if self.limit is None else batches.take(self.limit)

    def with_attention(self) -> "Prepared":
        """The same with the maps of a teacher that is asked once for each image; cached, and computed if necessary."""
        config = self.config
        if config.teacher is None or config.attention == "live":
            return self
        return self.with_maps(cached_maps(config.cache_path, self.train_split, config.teacher))

    def with_maps(self, maps: np.ndarray) -> "Prepared":
        """The same with these attention maps, uint8 (examples, rows, columns)."""
        return dataclasses.replace(self, train_split=self.train_split.with_attention(maps))


def prepare(config: TrainConfig, *, images: ImageSet | None = None) -> Prepared:
    """Loads a config's data and checks that it can be trained on.

    Nothing else happens: no global seed is set, no folder is made, no attention map is computed, no device is touched.

    Args:
      config: The run's settings.
      images: A loaded dataset to use instead of the one that the config names.

    Raises:
      ValueError, TypeError, OSError, ImportError, RuntimeError: if the dataset is unknown, missing or damaged.
      ValueError: if its images have many sizes and the config gives none, or examples don't fill a batch; if the mixer
        reads attention maps and there is no teacher, and the images have none of their own, or if there are both.
    """
    _check_maps(config, images)
    images = load_images(config) if images is None else images
    prepared = Prepared(config, images, preprocessing_of(config, images), config.mix, images.train)
    _ = prepared.steps_per_epoch, images.test, getattr(images, config.judged_on)  # raises if one is missing
    return prepared


def _check_maps(config: TrainConfig, images: ImageSet | None) -> None:
    """Raises ValueError unless there is one source of attention maps, if the mixer reads them."""
    has_maps = images is not None and images.train.attention is not None
    uses_maps = config.mix is not None and config.mix.uses_attention
    if uses_maps and config.teacher is None and not has_maps:
        raise ValueError(
            f"{config.mix} needs a teacher; got None. Set teacher, for example to 'resnet50', or train on images with "
            "maps of your own, images.with_attention(maps)."
        )
    if config.teacher is not None and has_maps:
        raise ValueError("The images have attention maps of their own, so leave out the teacher, or the maps.")


def load_images(config: TrainConfig) -> ImageSet:
    """The dataset that a config names."""
    return load(
        config.dataset,
        data_dir=config.data_dir,
        download=config.download,
        bad_examples=config.bad_examples,
        train_split=config.train_split,
        validation_split=config.validation_split,
        test_split=config.test_split,
        classes=config.classes,
    )


def preprocessing_of(config: TrainConfig, images: ImageSet) -> Preprocessing:
    """The config's augmentation at its image size, or at the dataset's own.

    Raises:
      ValueError: if images have many sizes and the config gives none.
    """
    size = images.train.image_size if config.image_size is None else (config.image_size, config.image_size)
    if size is None:
        raise ValueError(f"Images of {images.name} have many sizes, so image_size is needed; got None. Try 224.")
    return Preprocessing(size, images.mean, images.std, config.augment, auto_augment=config.auto_augment)
