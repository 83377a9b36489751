"""Which parts of a picture speak for a class: class-activation maps, and their form by gradients."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from cutmix_tf._checks import did_you_mean
from cutmix_tf.evaluation._batches import in_batches
from cutmix_tf.evaluation._network import FromPixels, Network, on_arrays


def cam(network: Network, images: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
    """Class-activation maps Σ_k W[k, c] · F_k (Zhou et al. 2016, eq. 2), before any scaling or clipping.

    The mean of a map plus the class's bias is its logit.

    Args:
      network: Ends in global average pooling and one dense layer.
      images: (n, height, width, 3), pixels from 0 to 255.
      classes: int (n,), the class of each picture's map; None for the predicted ones.

    Returns:
      float32 (n, rows, columns), of the last feature map's size.

    Raises:
      ValueError: if the network ends otherwise, or pictures or classes don't fit.
    """
    kernel = network.head.kernel
    classes = _classes(network, images, classes)

    def maps(batch, some_classes):
        return np.einsum("bhwk,kb->bhw", on_arrays(network.to_features)(batch), kernel[:, some_classes])

    return in_batches(maps, images, classes, progress=network.progress)


def grad_cam(
    network: Network, images: np.ndarray, classes: np.ndarray | None = None, layer: str | None = None
) -> np.ndarray:
    """Grad-CAM (Selvaraju et al. 2017, eqs. 1 and 2): ReLU(Σ_k α_k · F_k), α_k the mean of ∂logit/∂F_k.

    At the map before global average pooling it is ReLU(CAM) / (rows · columns). Needs Keras on TensorFlow.

    Args:
      network: Any classifier.
      images: (n, height, width, 3), pixels from 0 to 255.
      classes: int (n,), the class of each picture's map; None for the predicted ones.
      layer: The layer whose output is the feature map F, through which all of the graph passes; None for the one
        before global average pooling.

    Returns:
      float32 (n, rows, columns), at least 0.

    Raises:
      ValueError: if there is no such layer, it has no map, the graph also passes by it, or pictures don't fit.
      RuntimeError: on another backend.
    """
    require_tensorflow("Grad-CAM")
    feature = network.head.features if layer is None else _layer_output(network, layer)
    body = FromPixels(keras.Model(network.model.inputs, feature), network.preprocessing)
    rest = _rest(network, feature)
    classes = _classes(network, images, classes)

    @tf.function
    def maps(batch, some_classes):
        features = body(batch)
        with tf.GradientTape() as tape:
            tape.watch(features)
            chosen = tf.gather(rest(features, training=False), some_classes, batch_dims=1)
        weights = tf.reduce_mean(tape.gradient(chosen, features), axis=(1, 2))
        return tf.nn.relu(tf.einsum("bhwk,bk->bhw", tf.cast(features, tf.float32), tf.cast(weights, tf.float32)))

    return in_batches(lambda *batch: maps(*batch).numpy(), images, classes, progress=network.progress)


def resize_maps(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Maps at the size of their pictures, bicubic: float32 (n, *size)."""
    resized = ops.image.resize(np.asarray(maps, np.float32)[..., None], size, interpolation="bicubic")
    return np.asarray(ops.convert_to_numpy(resized))[..., 0]


def scale_maps(maps: np.ndarray) -> np.ndarray:
    """Each map from 0 to 1 by its own smallest and largest value; 0 everywhere where it is flat.

    Raises:
      ValueError: if a value is not finite.
    """
    maps = np.asarray(maps, np.float32)
    if not np.isfinite(maps).all():
        raise ValueError("Maps must be finite; got some values that are not. Was the network's training stable?")
    least, most = (pick(maps, axis=(1, 2), keepdims=True) for pick in (np.min, np.max))
    return np.divide(maps - least, most - least, out=np.zeros_like(maps), where=most > least)


def require_tensorflow(what: str) -> None:
    """Raises RuntimeError unless Keras runs on TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"{what} needs Keras on TensorFlow; it runs on {keras.backend.backend()}. Set KERAS_BACKEND."
        )


def _classes(network: Network, images: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    network.check_images(images)
    if classes is None:
        return network.logits(images).argmax(axis=1)
    classes = np.asarray(classes)
    if classes.shape != (len(images),) or classes.min() < 0 or classes.max() >= network.num_classes:
        raise ValueError(
            f"A class in [0, {network.num_classes}) is needed for each of {len(images)} pictures; got {classes!r}."
        )
    return classes


def _layer_output(network: Network, layer: str):
    outputs = {each.name: each.output for each in network.model.layers if len(getattr(each.output, "shape", ())) == 4}
    if layer not in outputs:
        near = did_you_mean(layer, outputs)
        raise ValueError(f"layer must be one of {network.name}'s layers with a map; got {layer!r}.{near}")
    return outputs[layer]


def _rest(network: Network, feature) -> keras.Model:
    """The part of the graph from the feature map to the logits."""
    try:
        return keras.Model(feature, network.model.outputs[0])
    except ValueError as error:
        raise ValueError(
            f"All of {network.name}'s graph must pass through the feature map. Choose another layer."
        ) from error
