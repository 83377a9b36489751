"""Which parts of an image support a class: class-activation maps and Grad-CAM."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from cutmix_tf._checks import did_you_mean
from cutmix_tf.evaluation._batches import in_batches
from cutmix_tf.evaluation._model import EvaluatedModel, on_arrays
from cutmix_tf.models import class_activation_maps, feature_maps


def cam(model: EvaluatedModel, images: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
    """Class-activation maps Σₖ W[k, c] · Fₖ (Zhou et al. 2016, equation 2), before any scaling or clipping.

    The mean of a map plus the class's bias is the class's logit.

    Args:
      model: Must end in global average pooling and one dense layer.
      images: (n, height, width, 3), pixels in [0, 255].
      classes: int (n,), the class of each image's map; None for the predicted classes.

    Returns:
      float32 (n, rows, columns), the size of the last feature map.

    Raises:
      ValueError: if the model ends in anything else, or images or classes don't fit it.
    """
    kernel, features = model.head.kernel, on_arrays(model.to_features)
    classes = _classes(model, images, classes)

    def maps(batch, some_classes):
        return ops.convert_to_numpy(class_activation_maps(features(batch), kernel, some_classes))

    return in_batches(maps, images, classes, progress=model.progress)


def grad_cam(
    model: EvaluatedModel, images: np.ndarray, classes: np.ndarray | None = None, layer: str | None = None
) -> np.ndarray:
    """Grad-CAM (Selvaraju et al. 2017, equations 1 and 2): ReLU(Σₖ αₖ · Fₖ), where αₖ is the mean of ∂logit/∂Fₖ.

    At the feature map before global average pooling it equals ReLU(CAM) / (rows · columns). Needs Keras on TensorFlow.

    Args:
      model: Any classifier.
      images: (n, height, width, 3), pixels in [0, 255].
      classes: int (n,), the class of each image's map; None for the predicted classes.
      layer: The layer whose output is the feature map F; the whole graph must pass through it. None for the map before
        global average pooling.

    Returns:
      float32 (n, rows, columns), non-negative.

    Raises:
      ValueError: if there is no such layer, its output is not a feature map, part of the graph bypasses it, or images
        or classes don't fit the model.
      RuntimeError: on another backend.
    """
    require_tensorflow("Grad-CAM")
    feature = model.head.features if layer is None else _layer_output(model, layer)
    body, rest = keras.Model(model.keras_model.inputs[0], feature), _rest(model, feature)
    classes = _classes(model, images, classes)

    @tf.function
    def maps(batch, some_classes):
        features = body(tf.cast(batch, tf.float32), training=False)
        with tf.GradientTape() as tape:
            tape.watch(features)
            chosen = tf.gather(rest(features, training=False), some_classes, batch_dims=1)
        weights = tf.reduce_mean(tape.gradient(chosen, features), axis=(1, 2))
        return tf.nn.relu(tf.einsum("bhwk,bk->bhw", tf.cast(features, tf.float32), tf.cast(weights, tf.float32)))

    return in_batches(lambda *batch: maps(*batch).numpy(), images, classes, progress=model.progress)


def require_tensorflow(what: str) -> None:
    """Raises RuntimeError unless Keras runs on TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"{what} needs Keras on TensorFlow; it runs on {keras.backend.backend()}. Set KERAS_BACKEND=tensorflow."
        )


def _classes(model: EvaluatedModel, images: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    model.check_images(images)
    if classes is None:
        return model.logits(images).argmax(axis=1)
    classes = np.asarray(classes)
    if classes.shape != (len(images),) or classes.min() < 0 or classes.max() >= model.num_classes:
        raise ValueError(
            f"classes must hold a class id in [0, {model.num_classes}) for each of the {len(images)} images; got "
            f"{classes!r}."
        )
    return classes


def _layer_output(model: EvaluatedModel, layer: str) -> keras.KerasTensor:
    features = feature_maps(model.keras_model)
    if layer not in features:
        near = did_you_mean(layer, features)
        raise ValueError(f"layer must be a layer of {model.name} whose output is a feature map; got {layer!r}.{near}")
    return features[layer]


def _rest(model: EvaluatedModel, feature: keras.KerasTensor) -> keras.Model:
    """The part of the graph from the feature map to the logits."""
    try:
        return keras.Model(feature, model.keras_model.outputs[0])
    except ValueError as error:
        raise ValueError(
            f"Part of {model.name}'s graph bypasses this feature map. Choose a layer that all of it passes through."
        ) from error
