"""What an element of a dataset can look like, and the checks that keep anything else out of training."""

from typing import Any, NamedTuple

import tensorflow as tf

from cutmix_tf._checks import did_you_mean
from cutmix_tf._tensors import as_tensor
from cutmix_tf.mixing._guard import guarded
from cutmix_tf.mixing._labels import check_labels

_KEYS = {
    "images": "images",
    "labels": "labels",
    "sample_weights": "sample_weight",
    "segmentation_masks": "masks",
    "attention": "attention",
}


class Element(NamedTuple):
    """A batch and everything that belongs to it; missing parts are None."""

    images: tf.Tensor
    labels: tf.Tensor | None = None
    sample_weight: tf.Tensor | None = None
    masks: tf.Tensor | None = None
    attention: tf.Tensor | None = None

    def like(self, source: Any) -> Any:
        """The parts in the form of the element they came from, without attention: a dict, a tuple or just images."""
        if isinstance(source, dict):
            parts = {key: getattr(self, field) for key, field in _KEYS.items() if key in source}
            parts.pop("attention", None)
            if self.masks is not None and tf.convert_to_tensor(source["segmentation_masks"]).shape.rank == 3:
                parts["segmentation_masks"] = tf.squeeze(self.masks, axis=3)
            return parts
        if self.labels is None:
            return self.images
        return (self.images, self.labels) if self.sample_weight is None else self[:3]


def read_element(element: Element, name: str) -> Element:
    """The arguments of a mixer as checked tensors; if a dict stands in for the images, all parts come from it.

    Raises:
      ValueError, TypeError: at trace time, for anything that the mixer of that name could not mix truthfully.
      tf.errors.InvalidArgumentError: at run time, for batch sizes that don't match and values outside their range.
    """
    if isinstance(element.images, dict):
        if any(part is not None for part in element[1:]):
            raise TypeError(f"{name} takes either a dict or (images, labels, sample_weight); got both.")
        element = Element(**_known_parts(element.images, name))
    elif element.labels is None and element.sample_weight is not None:
        raise TypeError(f"{name} got a sample weight without labels. Pass (images, labels, sample_weight).")
    others = element._asdict()
    images = as_tensor("images", others.pop("images"))
    others = {field: None if part is None else as_tensor(field, part) for field, part in others.items()}
    element = Element(images, **others)
    _check_images(element.images, name)
    if element.masks is not None:
        element = element._replace(masks=_check_masks(element.masks, element.images))
    if element.sample_weight is not None:
        element = element._replace(sample_weight=_check_weight(element.sample_weight))
    if element.labels is not None:
        element = element._replace(labels=check_labels(element.labels))
    if element.attention is not None:
        element = element._replace(attention=_check_attention(element.attention))
    return element._replace(images=_check_sizes(element))


def _known_parts(element: dict[str, Any], name: str) -> dict[str, Any]:
    for key in element:
        if key not in _KEYS:
            hint = did_you_mean(str(key), _KEYS)
            raise ValueError(
                f"{name} mixes {', '.join(_KEYS)}; got the key {key!r}, which would no longer describe the mixed "
                f"image.{hint} Remove it from the element before mixing."
            )
    if "images" not in element:
        raise ValueError(f"{name} needs the key 'images'; got {', '.join(map(str, element)) or 'an empty dict'}.")
    return {_KEYS[key]: value for key, value in element.items()}


def _check_images(images: tf.Tensor, name: str) -> None:
    rank = images.shape.rank
    if rank is None:
        raise ValueError(f"{name} needs images of known rank; got an unknown shape. Set it with tf.ensure_shape.")
    if rank == 3:
        raise ValueError(
            f"{name} mixes the examples of a batch, (batch, height, width, channels); got one of shape "
            f"{images.shape}. Batch the dataset first: ds.batch(128).map(mixer)."
        )
    if rank != 4:
        raise ValueError(f"{name} needs images (batch, height, width, channels); got shape {images.shape}.")
    if 0 in images.shape[1:]:
        raise ValueError(f"{name} needs images with pixels; got shape {images.shape}.")
    if not (images.dtype.is_integer or images.dtype.is_floating):
        raise TypeError(f"{name} needs images of an integer or floating dtype; got {images.dtype.name}.")


def _check_masks(masks: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """The masks with a channel axis, so that compiled functions see a single rank."""
    good_rank = masks.shape.rank in (3, 4)
    if not good_rank or not masks.shape[1:3].is_compatible_with(images.shape[1:3]):
        raise ValueError(
            "segmentation_masks must be (batch, height, width) or (batch, height, width, channels) with the "
            f"images' height and width; got masks {masks.shape} and images {images.shape}. Resize them first."
        )
    if not (masks.dtype.is_integer or masks.dtype.is_floating or masks.dtype.is_bool):
        raise TypeError(f"segmentation_masks must be numbers; got {masks.dtype.name}. Use class ids.")
    return masks if masks.shape.rank == 4 else tf.expand_dims(masks, axis=3)


def _check_weight(weight: tf.Tensor) -> tf.Tensor:
    if not weight.dtype.is_floating or weight.shape.rank != 1:
        raise ValueError(
            f"Sample weights must be floats of shape (batch,); got {weight.dtype.name} of shape {weight.shape}."
        )
    return guarded(weight, _all_finite(weight), "Sample weights must not be negative or NaN, nor infinite.", weight)


def _all_finite(values: tf.Tensor) -> tf.Tensor:
    """Whether all values are finite and not negative."""
    return tf.reduce_all((values >= 0) & tf.math.is_finite(values))


def _check_attention(maps: tf.Tensor) -> tf.Tensor:
    """The maps in float32, which holds every value of the accepted dtypes."""
    if maps.dtype not in (tf.uint8, tf.float16, tf.bfloat16, tf.float32):
        raise TypeError(f"Attention maps must be uint8 or floats of up to 32 bits; got {maps.dtype.name}. Cast them.")
    if maps.shape.rank != 3 or None in maps.shape[1:] or 0 in maps.shape[1:]:
        raise ValueError(
            f"Attention maps must be (batch, rows, columns) with a known number of cells; got shape {maps.shape}. "
            "Set it with tf.ensure_shape."
        )
    maps = tf.cast(maps, tf.float32)
    return guarded(maps, tf.reduce_all(tf.math.is_finite(maps)), "Attention maps must be finite.", maps)


def _check_sizes(element: Element) -> tf.Tensor:
    """The images, provided that all parts have as many examples; checked at trace time as far as sizes are known."""
    parts = {name: part for name, part in element._asdict().items() if part is not None}
    if len({part.shape[0] for part in parts.values() if part.shape.rank} - {None}) > 1:
        shapes = ", ".join(f"{name} {part.shape}" for name, part in parts.items())
        raise ValueError(f"All parts of an element must have the same batch size; got {shapes}.")
    images = parts.pop("images")
    if not parts:
        return images
    needed = [tf.shape(images)[: 3 if name == "masks" else 1] for name in parts]
    received = [tf.shape(part)[: 3 if name == "masks" else 1] for name, part in parts.items()]
    needed, received = tf.concat(needed, axis=0), tf.concat(received, axis=0)
    message = f"{', '.join(parts)} must have the images' batch size, and masks also their height and width."
    return guarded(images, tf.reduce_all(needed == received), message, received)
