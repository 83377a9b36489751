"""The checks that keep parts of an element that can't be mixed out of training."""

from typing import Any

import tensorflow as tf

from cutmix_tf.mixing._guard import guarded
from cutmix_tf.mixing._labels import map_labels


def check_images(images: tf.Tensor, name: str) -> None:
    """Raises ValueError or TypeError unless these are a batch of images or of videos."""
    rank = images.shape.rank
    if rank is None:
        raise ValueError(f"{name} needs images of known rank; got an unknown shape. Set it with tf.ensure_shape.")
    if rank == 3:
        raise ValueError(
            f"{name} mixes the examples of a batch, (batch, height, width, channels); got one of shape "
            f"{images.shape}. Batch the dataset first: ds.batch(128).map(mixer)."
        )
    if rank not in (4, 5):
        raise ValueError(
            f"{name} needs images (batch, height, width, channels) or videos (batch, frames, height, width, channels); "
            f"got shape {images.shape}."
        )
    if 0 in images.shape[1:]:
        raise ValueError(f"{name} needs images with pixels; got shape {images.shape}.")
    if not (images.dtype.is_integer or images.dtype.is_floating):
        raise TypeError(f"{name} needs images of an integer or floating dtype; got {images.dtype.name}.")


def check_masks(masks: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """The masks with a channel axis, so that compiled functions see a single rank."""
    last = images.shape.rank - 1
    if masks.shape.rank not in (last, last + 1) or not masks.shape[1:last].is_compatible_with(images.shape[1:last]):
        raise ValueError(
            "segmentation_masks must be (batch, height, width) or (batch, height, width, channels) with the "
            f"images' height and width, and frames if there are any; got masks {masks.shape} and images "
            f"{images.shape}. Resize them first."
        )
    if not (masks.dtype.is_integer or masks.dtype.is_floating or masks.dtype.is_bool):
        raise TypeError(f"segmentation_masks must be numbers; got {masks.dtype.name}. Use class ids.")
    return masks if masks.shape.rank > last else tf.expand_dims(masks, axis=-1)


def check_weight(weight: tf.Tensor) -> tf.Tensor:
    """The sample weights, one for each example."""
    if not weight.dtype.is_floating or weight.shape.rank != 1:
        raise ValueError(
            f"Sample weights must be floats of shape (batch,); got {weight.dtype.name} of shape {weight.shape}."
        )
    return guarded(weight, _all_finite(weight), "Sample weights must not be negative, NaN or infinite.", weight)


def _all_finite(values: tf.Tensor) -> tf.Tensor:
    """Whether all values are finite and not negative."""
    return tf.reduce_all((values >= 0) & tf.math.is_finite(values))


def check_attention(maps: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """The maps in float32, which holds every value of the accepted dtypes."""
    if maps.dtype not in (tf.uint8, tf.float16, tf.bfloat16, tf.float32):
        raise TypeError(f"Attention maps must be uint8 or floats of up to 32 bits; got {maps.dtype.name}. Cast them.")
    if maps.shape.rank != 3 or None in maps.shape[1:] or 0 in maps.shape[1:]:
        raise ValueError(
            f"Attention maps must be (batch, rows, columns) with a known number of cells; got shape {maps.shape}. "
            "Set it with tf.ensure_shape."
        )
    if images.shape.rank != 4:
        raise ValueError(f"An attention map describes one image; got videos {images.shape}. Mix them with CutMix.")
    maps = tf.cast(maps, tf.float32)
    return guarded(maps, tf.reduce_all(tf.math.is_finite(maps)), "Attention maps must be finite.", maps)


def check_sizes(element: Any) -> tf.Tensor:
    """The images, provided that all parts have as many examples; checked at trace time as far as sizes are known."""
    parts = _named_parts(element)
    if len({part.shape[0] for part in parts.values()} - {None}) > 1:
        shapes = ", ".join(f"{name} {part.shape}" for name, part in parts.items())
        raise ValueError(f"All parts of an element must have the same batch size; got {shapes}.")
    images = parts.pop("images")
    if not parts:
        return images
    axes = {name: images.shape.rank - 1 if name == "masks" else 1 for name in parts}
    needed = [tf.shape(images)[: axes[name]] for name in parts]
    received = [tf.shape(part)[: axes[name]] for name, part in parts.items()]
    needed, received = tf.concat(needed, axis=0), tf.concat(received, axis=0)
    message = f"{', '.join(parts)} must have the images' batch size, and masks also their height and width."
    return guarded(images, tf.reduce_all(needed == received), message, received)


def _named_parts(element: Any) -> dict[str, tf.Tensor]:
    """The tensors of an element by name, the labels of each output by a name of their own."""
    parts = {field: part for field, part in element._asdict().items() if part is not None}
    labels, boxes = parts.pop("labels", None), parts.pop("boxes", None)
    if boxes is not None:
        parts |= {"boxes": boxes.boxes, "labels of boxes": boxes.labels}
    if labels is not None:
        map_labels(lambda name, label: parts.update({"labels" if name is None else f"labels {name!r}": label}), labels)
    return parts
