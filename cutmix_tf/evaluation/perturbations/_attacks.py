"""Adversarial images: one or several steps along the sign of the loss's gradient. Needs Keras on TensorFlow."""

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_number, check_whole
from cutmix_tf.evaluation._batches import in_batches
from cutmix_tf.evaluation._cam import require_tensorflow
from cutmix_tf.evaluation._model import EvaluatedModel


def fgsm(
    model: EvaluatedModel, images: np.ndarray, labels: np.ndarray, epsilon: float = 8.0, *, clip: bool = True
) -> np.ndarray:
    """The fast gradient sign method (Goodfellow et al. 2015): images moved by epsilon · sign(∂loss/∂pixels).

    A white-box attack with the true labels; the loss is the cross-entropy. Needs Keras on TensorFlow.

    Args:
      model: The attacked model.
      images: (n, height, width, 3), pixels in [0, 255].
      labels: int (n,).
      epsilon: In pixel units, at least 0; 8 is the CutMix paper's 8/255.
      clip: Whether to clip the results to [0, 255]. The paper doesn't say.

    Returns:
      float32, of the images' shape. Without clipping each pixel moves by epsilon, or stays where its gradient is 0.

    Raises:
      ValueError, TypeError: if an argument is out of range, or the images don't fit the model.
      RuntimeError: on another backend.
    """
    return _attack(model, images, labels, epsilon, epsilon, steps=1, clip=clip)


def pgd(
    model: EvaluatedModel,
    images: np.ndarray,
    labels: np.ndarray,
    epsilon: float = 8.0,
    *,
    steps: int = 10,
    step: float | None = None,
    clip: bool = True,
) -> np.ndarray:
    """Projected gradient descent: steps like those of `fgsm`, each projected back to within epsilon of the image.

    It starts at the image itself; Madry et al. (2018) start at a random point around it.

    Args:
      model: The attacked model.
      images: (n, height, width, 3), pixels in [0, 255].
      labels: int (n,).
      epsilon: In pixel units, how far each pixel may move at most.
      steps: At least 1.
      step: In pixel units; None for epsilon / 4.
      clip: Whether to clip to [0, 255] after each step.

    Returns:
      float32, of the images' shape.

    Raises:
      As `fgsm`.
    """
    check_whole("steps", steps, low=1)
    length = epsilon / 4 if step is None else step
    return _attack(model, images, labels, epsilon, length, steps=steps, clip=clip)


def _attack(model: EvaluatedModel, images, labels, epsilon, step, *, steps: int, clip: bool) -> np.ndarray:
    require_tensorflow("An attack by gradients")
    check_number("epsilon", epsilon, low=0)
    check_number("step", step, low=0)
    model.check_images(images)
    if np.shape(labels) != (len(images),):
        raise ValueError(f"Each image needs a label; got {len(images)} images and labels of shape {np.shape(labels)}.")

    def attacked(some_images, some_labels):
        start = tf.cast(some_images, tf.float32)
        moved, some_labels = start, tf.constant(some_labels)
        for _ in range(steps):
            moved += step * tf.sign(model.loss_gradient(moved, some_labels))
            moved = tf.clip_by_value(moved, start - epsilon, start + epsilon)
            moved = tf.clip_by_value(moved, 0.0, 255.0) if clip else moved
        return moved.numpy()

    return in_batches(attacked, images, labels, progress=model.progress)
