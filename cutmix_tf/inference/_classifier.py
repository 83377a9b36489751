"""A trained classifier: its model, the names of its classes, and the file that holds both."""

import dataclasses
import functools
import json
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from cutmix_tf._checks import check_whole
from cutmix_tf.inference._geometry import center_crops
from cutmix_tf.inference._images import as_sources, read
from cutmix_tf.inference._plain import logits_of
from cutmix_tf.inference._predictions import Predictions, most_probable
from cutmix_tf.runs import RunFiles

NAMES = "class_names.json"  # in the .keras file, which is a zip file; Keras leaves it alone
BATCH = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Classifier:
    """A model from raw images to probabilities, and the names of its classes.

    Attributes:
      model: From images, float32 or uint8 (batch, height, width, 3) of any size with pixels from 0 to 255, to
        probabilities, float32 (batch, classes), as `from_logits` makes it. An ordinary Keras model, to be exported or
        served: as long as the layers that it was made of are Keras' own, so are all its parts.
      class_names: A name for each class.

    Raises:
      ValueError: if the model doesn't return a probability for each of the names.

    Example:
      >>> classifier = cm.Classifier.load("runs/first")
      >>> print(classifier.predict(["cat.png", "dog.jpg"], top=2))
      cat 93.1 %, dog 4.0 %
      dog 88.5 %, fox 6.2 %
    """

    model: keras.Model
    class_names: tuple[str, ...]

    def __post_init__(self):
        object.__setattr__(self, "class_names", tuple(self.class_names))
        outputs = self.model.output_shape
        if not isinstance(outputs, tuple) or len(outputs) != 2 or outputs[1] != len(self.class_names):
            raise ValueError(
                f"A classifier of {len(self.class_names)} classes returns (batch, {len(self.class_names)}); this model "
                f"returns {outputs}. Give class_names a name for each output."
            )

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Classifier":
        """The classifier of a finished run, or in a file that `save` wrote. Runs no code that is stored in the file.

        Args:
          path: The run's folder, which holds classifier.keras, the model after the last epoch; or such a file.

        Raises:
          FileNotFoundError: if there is no such file, or the run has not finished.
          ValueError: if the file is damaged, or holds no names of classes.
        """
        file = RunFiles(Path(path)).classifier if Path(path).is_dir() else Path(path)
        if not file.is_file():
            hint = f"{file.name} is missing. Train it to the end." if Path(path).is_dir() else "There is no such file."
            raise FileNotFoundError(f"{str(path)!r} holds no classifier: {hint}")
        try:
            with zipfile.ZipFile(file) as content:
                names = json.loads(content.read(NAMES)) if NAMES in content.namelist() else None
        except (zipfile.BadZipFile, ValueError) as error:
            raise ValueError(f"{str(file)!r} can't be read as a .keras file: {error}.") from None
        if names is None:
            raise ValueError(
                f"{str(file)!r} holds no names of classes, as classifier.keras of a run does. Load it with "
                "keras.saving.load_model, and give it names with Classifier.from_logits."
            )
        return cls(keras.saving.load_model(file, compile=False), tuple(names))

    @classmethod
    def from_logits(
        cls, model: keras.Model, class_names: Sequence[str], *, resize_to: tuple[int, int] | None = None
    ) -> "Classifier":
        """A classifier from a trained model of one image size.

        Args:
          model: A functional model from pixels from 0 to 255, (batch, height, width, 3), to logits (batch, classes);
            shares its weights. `models.with_normalization` puts the normalization into a model that lacks it.
          class_names: A name for each class.
          resize_to: Height and width that images are resized to cover before their center is cut out; None for the
            model's own size.

        Raises:
          ValueError: if the model takes something else, or doesn't return a logit for each of the names.
        """
        shape = model.input_shape
        if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:3] or shape[3] != 3:
            raise ValueError(f"The model must take images (batch, height, width, 3) of a known size; it takes {shape}.")
        size = (shape[1], shape[2])
        images = keras.Input((None, None, 3), dtype="float32", name="images")
        crops = keras.layers.Identity(dtype="float32", name="crops")(center_crops(images, size, resize_to or size))
        logits = logits_of(model, images, crops)
        probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits)
        return cls(keras.Model(images, probabilities, name=model.name), tuple(class_names))

    def save(self, file: str | os.PathLike) -> None:
        """Writes a .keras file, whole or not at all. `keras.saving.load_model` reads the model from it.

        The names are in the file as class_names.json; a copy that Keras saves lacks them.
        """
        file = Path(file)
        temporary = file.with_name(f".tmp.{file.name}")
        self.model.save(temporary)
        with zipfile.ZipFile(temporary, "a") as content:
            content.writestr(NAMES, json.dumps(self.class_names))
        os.replace(temporary, file)

    def predict(self, images: Any, *, top: int = 5) -> Predictions:
        """The names and probabilities of the most probable classes.

        Args:
          images: A file (JPEG, PNG, still GIF), an array, or a list of files and arrays, whose sizes may differ. An
            array is one image (height, width, 3) or, in gray, (height, width); or a batch (batch, height, width, 3).
            Of any number dtype, with pixels from 0 to 255: floats up to 1 are rejected. Gray becomes RGB; the
            transparency of a file is dropped, and CMYK becomes RGB, as in training.
          top: How many classes for each image; all if there are fewer.

        Raises:
          TypeError, ValueError: if something is not an image with pixels from 0 to 255, or can't be read.
          FileNotFoundError: if a file is missing.
        """
        check_whole("top", top, low=1)
        return most_probable(self.probabilities(images), self.class_names, top)

    def probabilities(self, images: Any) -> np.ndarray:
        """The probabilities of all classes, float32 (images, classes); images and errors as for `predict`."""
        sources = as_sources(images)
        parts = [sources[first : first + BATCH] for first in range(0, len(sources), BATCH)]
        computed = [self._after_crops.predict_on_batch(self._cropped(part)) for part in parts]
        return np.concatenate([keras.ops.convert_to_numpy(part) for part in computed])

    def crops(self, images: Any) -> np.ndarray:
        """What the classifier sees of the images: uint8 (images, height, width, 3), resized and cut to its size."""
        return self._cropped(as_sources(images)).astype(np.uint8)

    @functools.cached_property
    def logits_model(self) -> keras.Model:
        """The part of the model from the crops, with pixels from 0 to 255, to the logits, such as CAMs need."""
        return keras.Model(self.model.get_layer("crops").output, self.model.get_layer("probabilities").input)

    @functools.cached_property
    def _to_crops(self) -> keras.Model:
        return keras.Model(self.model.inputs[0], self.model.get_layer("crops").output)

    @functools.cached_property
    def _after_crops(self) -> keras.Model:
        return keras.Model(self.model.get_layer("crops").output, self.model.outputs[0])

    def _cropped(self, sources: Sequence[Any]) -> np.ndarray:
        """The crops as float32. They are computed without a compiled function, which each size would compile again."""
        pixels = [read(source) for source in sources]
        crops: list[Any] = [None] * len(pixels)
        for shape in dict.fromkeys(image.shape for image in pixels):
            places = [place for place, image in enumerate(pixels) if image.shape == shape]
            batch = np.stack([pixels[place] for place in places]).astype(np.float32)
            computed = keras.ops.convert_to_numpy(self._to_crops(batch, training=False))
            for place, crop in zip(places, computed, strict=True):
                crops[place] = crop
        return np.stack(crops)
