"""What a model sees in mixed images: the class-activation maps of both classes."""

from typing import NamedTuple

import numpy as np

from cutmix_tf import targets as target_forms
from cutmix_tf.evaluation._cam import cam
from cutmix_tf.evaluation._model import EvaluatedModel
from cutmix_tf.evaluation.metrics import resize_maps
from cutmix_tf.mixing import Mixer


class MixedMaps(NamedTuple):
    """Mixed images and the maps of both their classes.

    Attributes:
      mixed: The mixed images, float32 (n, height, width, 3).
      partner: int (n,), the index of the image that each was mixed with.
      own: float32 (n, height, width), the maps of the images' own classes on the mixed images.
      other: float32 (n, height, width), the maps of the partners' classes.
    """

    mixed: np.ndarray
    partner: np.ndarray
    own: np.ndarray
    other: np.ndarray


def mixed_maps(
    model: EvaluatedModel, images: np.ndarray, labels: np.ndarray, mixer: Mixer, seed: tuple[int, int] = (0, 0)
) -> MixedMaps:
    """Mixes images, and computes the class-activation maps of both their classes (Yun et al. 2019, Figure 1).

    Args:
      model: Must end in global average pooling and one dense layer.
      images: uint8 (n, height, width, 3).
      labels: int (n,), all different, so that the label of a partner identifies it.
      mixer: Pastes or blends pairs of images, such as `CutMix()`.
      seed: Of the mixer.

    Raises:
      ValueError: if a label occurs twice, the model has no such head, or the mixer doesn't mix pairs.
    """
    labels = np.asarray(labels, np.int32)
    if len(np.unique(labels)) < len(labels):
        raise ValueError(f"The images must be of different classes; got labels {labels.tolist()}.")
    if not isinstance(mixer, Mixer) or mixer.keeps_labels or mixer.uses_attention or not mixer.plan_is_complete:
        raise ValueError(f"The mixer must paste or blend pairs of images, such as CutMix(); got {mixer!r}.")
    mixed, targets = mixer(images, labels, seed=seed)
    mixed = np.asarray(mixed, np.float32)
    own, other, _ = (np.asarray(part, np.int64) for part in target_forms.split(targets))
    partner = np.array([int(np.flatnonzero(labels == label)[0]) for label in other])
    own_maps, other_maps = (resize_maps(cam(model, mixed, classes), mixed.shape[1:3]) for classes in (own, other))
    return MixedMaps(mixed, partner, own_maps, other_maps)
