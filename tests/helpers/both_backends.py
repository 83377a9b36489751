"""Models and data that are the same on every Keras backend, to compare what each computes of them."""

import keras
import numpy as np

import cutmix_tf as cm

REGULARIZERS = (None, cm.models.WithDropBlock(block_size=3), cm.models.WithStochasticDepth(), cm.models.WithShakeDrop())
TAPS = (0, 1, 2)


def all_models():
    """The same small residual model without and with each regularizer."""
    for regularizer in REGULARIZERS:
        keras.utils.set_random_seed(0)
        yield cm.models.build("resnet20", num_classes=5, input_shape=(16, 16, 3), regularizer=regularizer)


def a_batch():
    """Six images, their pair targets, and a plan that pastes the same box of the next image at tap 1."""
    images = np.random.default_rng(0).normal(size=(6, 16, 16, 3)).astype("float32")
    targets = np.stack([np.stack([[k % 5, 0.75], [(k + 2) % 5, 0.25]]) for k in range(6)]).astype("float32")
    box, partner = np.tile(np.int32([2, 3, 9, 8]), (6, 1)), np.int32([1, 2, 3, 4, 5, 0])
    return images, targets, {"tap": np.full(6, 1, np.int32), "box": box, "partner": partner}


def outputs_of(models):
    """Logits of each model, and loss, metrics and tapped logits of the first, as arrays by name."""
    images, targets, plan = a_batch()
    outputs = {f"logits{number}": model(images, training=False) for number, model in enumerate(models)}
    outputs["loss"] = cm.MixedCrossentropy(label_smoothing=0.1)(targets, outputs["logits0"])
    outputs["binary loss"] = cm.MixedBinaryCrossentropy(label_smoothing=0.1)(targets, outputs["logits0"])
    outputs["present"] = cm.MixedBinaryCrossentropy(target_threshold=0.2)(targets, outputs["logits0"])
    for metric in (cm.MixedAccuracy(), cm.MixedTopKAccuracy(k=2)):
        metric.update_state(targets, outputs["logits0"])
        outputs[type(metric).__name__] = metric.result()
    tapped = cm.TappedModel(models[0], TAPS)
    outputs["tapped"] = tapped({"images": images, "plan": plan}, training=False)
    return {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}
