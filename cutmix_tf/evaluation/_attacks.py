"""Adversarial pictures: one step or several along the sign of the loss's gradient. Needs Keras on TensorFlow."""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from cutmix_tf._checks import check_number, check_whole
from cutmix_tf.evaluation._batches import in_batches
from cutmix_tf.evaluation._cam import require_tensorflow
from cutmix_tf.evaluation._network import Network


def fgsm(
    network: Network, images: np.ndarray, labels: np.ndarray, epsilon: float = 8.0, *, clip: bool = True
) -> np.ndarray:
    """Pictures moved by epsilon · sign(∂loss/∂pixels) (Goodfellow et al. 2015), white box, with the true labels.

    Gradients are those of the cross-entropy with respect to pixels, whatever the network's normalization. Needs Keras
    on TensorFlow.

    Args:
      network: What is attacked.
      images: (n, height, width, 3), pixels from 0 to 255.
      labels: int (n,).
      epsilon: In pixel units; 8 is the CutMix paper's 8/255.
      clip: Whether results stay in [0, 255]. The paper doesn't say.

    Returns:
      float32 of the pictures' shape. Without clipping each pixel moves by epsilon, or not at all where its gradient
      is 0.

    Raises:
      ValueError, TypeError: if an argument is out of its range, or pictures don't fit the network.
      RuntimeError: on another backend.
    """
    return _attack(network, images, labels, epsilon=epsilon, step=epsilon, steps=1, clip=clip)


def pgd(
    network: Network,
    images: np.ndarray,
    labels: np.ndarray,
    epsilon: float = 8.0,
    *,
    steps: int = 10,
    step: float | None = None,
    clip: bool = True,
) -> np.ndarray:
    """Projected gradient descent: steps as of `fgsm`, each brought back to within epsilon of the picture.

    It starts at the picture itself; Madry et al. (2018) start at random around it.

    Args:
      network: What is attacked.
      images: (n, height, width, 3), pixels from 0 to 255.
      labels: int (n,).
      epsilon: In pixel units, how far any pixel may move.
      steps: At least 1.
      step: In pixel units; None for epsilon / 4.
      clip: Whether results stay in [0, 255].

    Returns:
      float32 of the pictures' shape.

    Raises:
      As `fgsm`.
    """
    check_whole("steps", steps, low=1)
    length = epsilon / 4 if step is None else step
    return _attack(network, images, labels, epsilon=epsilon, step=length, steps=steps, clip=clip)


def _attack(network: Network, images, labels, *, epsilon: float, step: float, steps: int, clip: bool) -> np.ndarray:
    require_tensorflow("An attack by gradients")
    check_number("epsilon", epsilon, low=0)
    check_number("step", step, low=0)
    network.check_images(images)
    if np.shape(labels) != (len(images),):
        raise ValueError(f"Each picture needs its label; got {len(images)} pictures and labels {np.shape(labels)}.")
    attacked = _compiled_attack(network, clip)
    numbers = tf.constant(epsilon, tf.float32), tf.constant(step, tf.float32), tf.constant(steps)
    return in_batches(lambda *batch: attacked(*batch, *numbers).numpy(), images, labels, progress=network.progress)


@functools.lru_cache(maxsize=4)  # traced once for a network, however many strengths are tried
def _compiled_attack(network: Network, clip: bool) -> Callable[..., tf.Tensor]:
    @tf.function
    def attacked(images, labels, epsilon, step, steps):
        start = tf.cast(images, tf.float32)
        moved = start
        for _ in tf.range(steps):
            moved += step * tf.sign(_gradient(network, moved, labels))
            moved = tf.clip_by_value(moved, start - epsilon, start + epsilon)
            moved = tf.clip_by_value(moved, 0.0, 255.0) if clip else moved
        return moved

    return attacked


def _gradient(network: Network, pixels: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The gradient of each picture's cross-entropy by its pixels."""
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        logits = tf.cast(network.from_pixels(pixels), tf.float32)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.convert_to_tensor(tape.gradient(loss, pixels))
