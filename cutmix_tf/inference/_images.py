"""Images as users have them, in files and in arrays, as pixels from 0 to 255."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf.datasets import decode

Source = str | os.PathLike | np.ndarray


def as_sources(images: Any) -> Sequence[Source]:
    """One image or several as a sequence of files and arrays, (height, width, 3) or (height, width) each.

    Raises:
      TypeError: if it is neither a file, nor an array, nor a sequence of them.
      ValueError: if there is no image, or an array has another shape or no pixels from 0 to 255.
      FileNotFoundError: if a file is missing.
    """
    sources: Any
    if isinstance(images, str | os.PathLike):
        sources = [images]
    elif isinstance(images, list | tuple):
        sources = [each if isinstance(each, str | os.PathLike) else _as_array(each) for each in images]
    else:
        array = _as_array(images)
        sources = array if array.ndim == 4 else [array]
    if len(sources) == 0:
        raise ValueError("There must be at least one image; got none.")
    for source in sources:
        if isinstance(source, np.ndarray):
            _check_shape(source)
        else:
            _check_file(Path(source))
    _check_range([source for source in sources if isinstance(source, np.ndarray)])
    return sources


def read(source: Source) -> np.ndarray:
    """The pixels of an image, (height, width, 3); gray becomes RGB.

    Raises:
      ValueError: if a file is damaged, or of another format than JPEG, PNG and GIF.
    """
    if not isinstance(source, np.ndarray):
        try:
            return decode(tf.io.read_file(os.fspath(source))).numpy()
        except tf.errors.InvalidArgumentError as error:
            reason = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", str(error.message)).strip()
            raise ValueError(f"{os.fspath(source)!r} can't be read as a JPEG, PNG or still GIF: {reason}") from None
    gray = source[..., None] if source.ndim == 2 else source
    return np.repeat(gray, 3, axis=2) if gray.shape[2] == 1 else gray


def _as_array(image: Any) -> np.ndarray:
    if isinstance(image, dict | set | tf.data.Dataset) or image is None:
        raise TypeError(
            "Images are given as a file, an array or a list of them; got "
            f"{type(image).__name__}. For a tf.data.Dataset of images, call classifier.model.predict(dataset)."
        )
    array = np.asarray(keras.ops.convert_to_numpy(image) if keras.ops.is_tensor(image) else image)
    if array.dtype == bool or not (np.issubdtype(array.dtype, np.number) or array.dtype.name == "bfloat16"):
        raise TypeError(f"Images must hold pixels from 0 to 255; got an array of {array.dtype}.")
    return array if np.issubdtype(array.dtype, np.number) else array.astype(np.float32)


def _check_shape(array: np.ndarray) -> None:
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3)):
        if array.size == 0:
            raise ValueError(f"An image must have pixels; got an array of shape {array.shape}.")
        return
    hint = "several images make a list, or an array (batch, height, width, 3); gray ones need images[..., None]"
    if array.ndim == 3 and array.shape[2] == 4:
        hint = "drop an alpha channel by image[..., :3]; a PIL image in another mode needs .convert('RGB')"
    elif array.ndim == 3 and array.shape[0] == 3:
        hint = "move the channels to the end by image.transpose(1, 2, 0)"
    raise ValueError(
        f"An image must be (height, width, 3), or (height, width) for gray; got shape {array.shape}; {hint}."
    )


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise ValueError(f"{str(path)!r} is a folder. Name the images in it, such as {str(path / '*.png')!r}.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no image {str(path)!r}.")


def _check_range(arrays: Sequence[np.ndarray]) -> None:
    """Raises ValueError unless all pixels are from 0 to 255, and don't look as if they were scaled to 0 to 1."""
    if not arrays:
        return
    low, high = (float(edge([edge(array) for array in arrays])) for edge in (np.min, np.max))
    if not (low >= 0 and high <= 255):  # NaN is in no range
        raise ValueError(
            f"Pixels must be from 0 to 255; got {low:g} to {high:g}. Pass images as they are stored: the classifier "
            "normalizes them itself."
        )
    if 0 < high <= 1 and any(np.issubdtype(array.dtype, np.floating) for array in arrays):
        raise ValueError(
            f"Pixels must be from 0 to 255; got floats from {low:g} to {high:g}, as if they were divided by 255. "
            "Multiply them by 255, or pass uint8 images."
        )
