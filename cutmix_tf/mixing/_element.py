"""What an element of a dataset can look like: where its parts are found, and where they are put back."""

from typing import Any, NamedTuple

import tensorflow as tf

from cutmix_tf._checks import did_you_mean
from cutmix_tf._tensors import as_tensor
from cutmix_tf.mixing._inputs import Inputs
from cutmix_tf.mixing._parts import check_attention, check_images, check_masks, check_sizes, check_weight
from cutmix_tf.mixing._planner import Planner
from cutmix_tf.mixing._read_boxes import read_boxes
from cutmix_tf.mixing._read_labels import read_labels

_KEYS = {
    "images": "images",
    "labels": "labels",
    "sample_weights": "sample_weight",
    "segmentation_masks": "masks",
    "bounding_boxes": "boxes",
    "attention": "attention",
}


class Element(NamedTuple):
    """A batch and everything that belongs to it; missing parts are None.

    As it is given to a mixer, `images` may be a dict: of all parts if there are no labels beside it, else of the
    model's inputs. `labels` may be those of several outputs, see `map_labels`.
    """

    images: Any
    labels: Any = None
    sample_weight: Any = None
    masks: Any = None
    attention: Any = None
    boxes: Any = None

    @property
    def is_dict(self) -> bool:
        """Whether a dict holds all parts."""
        return isinstance(self.images, dict) and all(part is None for part in self[1:])

    @property
    def ranks(self) -> tuple[int, ...]:
        """The rank of each part.

        Functions are compiled for each of them apart: TensorFlow would forget a rank that differs between calls.
        """
        return tuple(part.shape.rank for part in tf.nest.flatten(self) if part is not None)

    def like(self, given: "Element", inputs: Inputs) -> Any:
        """The parts in the form of the given element, without attention: a dict, a tuple or just images."""
        if given.is_dict:
            parts = {key: getattr(self, field) for key, field in _KEYS.items() if key in given.images}
            parts.pop("attention", None)
            parts["images"] = inputs.like(given.images["images"], self.images)
            if self.boxes is not None:
                parts["bounding_boxes"] = self.boxes._asdict()
            if self.masks is not None and _rank(given.images["segmentation_masks"]) < self.masks.shape.rank:
                parts["segmentation_masks"] = tf.squeeze(self.masks, axis=-1)
            return parts
        images = inputs.like(given.images, self.images)
        if self.labels is None:
            return images
        return (images, self.labels) if self.sample_weight is None else (images, self.labels, self.sample_weight)


def read_element(given: Element, method: Planner, inputs: Inputs, box_format: str = "xyxy") -> Element:
    """The arguments of a method as checked tensors.

    Raises:
      ValueError, TypeError: at trace time, for anything that the method could not mix truthfully.
      tf.errors.InvalidArgumentError: at run time, for batch sizes that don't match and values outside their range.
    """
    name = type(method).__name__
    element = Element(**_known_parts(given.images, name)) if given.is_dict else given
    if not given.is_dict and element.labels is None and element.sample_weight is not None:
        raise TypeError(f"{name} got a sample weight without labels. Pass (images, labels, sample_weight).")
    images = as_tensor("images", inputs.images_of(element.images, name))
    check_images(images, name)
    element = Element(
        images,
        None if element.labels is None else read_labels(element.labels, method),
        None if element.sample_weight is None else check_weight(as_tensor("sample_weight", element.sample_weight)),
        None if element.masks is None else check_masks(as_tensor("segmentation_masks", element.masks), images),
        None if element.attention is None else check_attention(as_tensor("attention", element.attention), images),
        None if element.boxes is None else read_boxes(element.boxes, images, box_format),
    )
    return element._replace(images=check_sizes(element))


def _rank(values: Any) -> int:
    return tf.convert_to_tensor(values).shape.rank


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
