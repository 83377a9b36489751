"""A trained classifier and what evaluation must know of it."""

import dataclasses
import functools
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from cutmix_tf import models, pipeline, runs
from cutmix_tf.evaluation._batches import SILENT, Progress, in_batches


@dataclasses.dataclass(frozen=True, eq=False)
class EvaluatedModel:
    """A trained classifier, and how test images are prepared for it. Nothing here changes the model.

    Args:
      keras_model: A functional model from pixels in [0, 255], (batch, height, width, 3), to logits (batch, classes).
      name: What reports call it.
      dataset: The dataset it was trained on, by its name in the catalogue; None if unknown.
      classes: The first of the dataset's classes that it was trained on and the one after the last; None for all.
      mix: The mixing method it was trained with, as text such as "CutMix(alpha=1.0)" or "none"; None if unknown. It
        decides the color in figures.
      image_size: Height and width of its images; None for those of the model's input.
      augment: The augmentation it was trained with, which decides how test images are cropped; see
        `pipeline.Preprocessing`.
      progress: Counts the images as they are computed.

    Raises:
      ValueError: if the model doesn't take images of that size, or doesn't return one row of logits for each.
    """

    keras_model: keras.Model
    name: str = "model"
    dataset: str | None = None
    classes: tuple[int, int] | None = None
    mix: str | None = None
    image_size: tuple[int, int] | None = None
    augment: str = "none"
    progress: Progress = SILENT

    def __post_init__(self):
        outputs, inputs = self.keras_model.output_shape, self.keras_model.input_shape
        if not isinstance(outputs, tuple) or len(outputs) != 2:
            raise ValueError(f"A classifier returns logits (batch, classes); {self.name} returns {outputs}.")
        if len(inputs) != 4 or inputs[3] != 3:
            raise ValueError(f"A classifier takes images (batch, height, width, 3); {self.name} takes {inputs}.")
        size = self.image_size or inputs[1:3]
        if None in size:
            raise ValueError(f"{self.name} takes images of any size, so image_size must say which to use.")
        if any(side not in (None, wanted) for side, wanted in zip(inputs[1:3], size, strict=True)):
            raise ValueError(f"{self.name} takes images of {inputs[1:3]} pixels; got image_size={size}.")
        object.__setattr__(self, "image_size", tuple(size))

    @property
    def num_classes(self) -> int:
        """The number of classes."""
        return self.keras_model.output_shape[1]

    @property
    def preprocessing(self) -> pipeline.Preprocessing:
        """How test images get their size; their pixels stay in [0, 255]."""
        size: Any = self.image_size
        augment: Any = self.augment
        return pipeline.Preprocessing(size, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), augment=augment)

    def check_images(self, images: np.ndarray) -> None:
        """Raises ValueError unless there is at least one image, and all have the model's size."""
        wanted = (*(self.image_size or ()), 3)
        if len(images) == 0 or images.shape[1:] != wanted:
            raise ValueError(
                f"{self.name} needs at least one image of shape {wanted}; got an array of shape {images.shape}."
            )

    def logits(self, images: np.ndarray) -> np.ndarray:
        """The model's logits in inference mode: float32 (n, classes).

        Args:
          images: (n, height, width, 3) of the model's size, any number dtype, pixels in [0, 255].

        Raises:
          ValueError: if there are none, or they have another shape.
        """
        self.check_images(images)
        return in_batches(on_arrays(self.keras_model), images, progress=self.progress)

    @functools.cached_property
    def head(self) -> models.Head:
        """The last feature map and the dense layer behind its average. Raises as `models.find_head`."""
        return models.find_head(self.keras_model)

    @functools.cached_property
    def to_features(self) -> keras.Model:
        """From pixels to the feature map of `head`."""
        return keras.Model(self.keras_model.inputs[0], self.head.features)

    @functools.cached_property  # compiled once for a model, and freed with it
    def loss_gradient(self) -> Callable[[Any, Any], tf.Tensor]:
        """The gradient of each image's cross-entropy with respect to its pixels. Needs Keras on TensorFlow."""

        @tf.function
        def gradient(pixels, labels):
            with tf.GradientTape() as tape:
                tape.watch(pixels)
                logits = tf.cast(self.keras_model(pixels, training=False), tf.float32)
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            return tf.convert_to_tensor(tape.gradient(loss, pixels))

        return gradient


def load_model(path: str | Path, *, dataset: str | None = None, progress: Progress = SILENT) -> EvaluatedModel:
    """Loads the model of a finished run, or of a `.keras` file. Runs no code that is stored in the file.

    Args:
      path: The folder of a run, whose last epoch's model is loaded; or a file of a model that takes pixels in [0, 255].
        If a file lies in a run's folder, its test images are cropped as in that run.
      dataset: The dataset it was trained on, where no run says so.
      progress: As for `EvaluatedModel`.

    Raises:
      FileNotFoundError: if there is no such file or folder, or the run has not finished.
      ValueError: if a file of the run is damaged, the model needs custom code, or it is not an image classifier.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no run or .keras file at {str(path)!r}.")
    if not path.is_dir() and path.suffix != ".keras":
        raise ValueError(f"path must be a run's folder or a .keras file; got {str(path)!r}.")
    file = runs.final_model(path) if path.is_dir() else path
    files = runs.RunFiles(file.parent)
    settings = runs.read_settings(files.folder) if files.config.is_file() else {}
    facts: dict[str, Any] = {name: settings.get(name) for name in ("dataset", "classes", "mix")}
    if dataset is not None:
        facts |= {"dataset": dataset, "classes": None}
    if path.is_dir() or files.preprocessing.is_file():
        facts |= _test_geometry(files)
    name = path.resolve().name if path.is_dir() else path.stem
    return EvaluatedModel(_read_model(file), name, progress=progress, **facts)


def _read_model(file: Path) -> keras.Model:
    try:
        return keras.saving.load_model(file, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"{str(file)!r} can't be read as a Keras model: {reason} Save it again.") from None


def _test_geometry(files: runs.RunFiles) -> dict[str, Any]:
    """The size of a run's images, and the augmentation that decides how they are cropped."""
    held = runs.read_preprocessing(files.folder)
    missing = [name for name in ("image_size", "augment") if name not in held]
    if missing:
        raise ValueError(f"{str(files.preprocessing)!r} lacks {' and '.join(missing)}. Train the run again.")
    return {"image_size": held["image_size"], "augment": held["augment"]}


def on_arrays(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """The model as a function of arrays, always converted to float32 so that it is compiled only once."""
    return lambda images: np.asarray(
        ops.convert_to_numpy(model.predict_on_batch(images.astype(np.float32))), np.float32
    )
