"""A program: trains a model on one and on two replicas, and prints how far losses and weights are apart.

Two numbers with synchronized batch statistics, then two with those of each replica.
"""

import keras
import numpy as np
import tensorflow as tf

from cutmix_tf.models._layers import batch_norm, classify, convolve


def main():
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategies = tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"])
    for sync in (True, False):
        (loss, weights), (other_loss, other_weights) = (step_on(strategy, sync) for strategy in strategies)
        print(abs(loss - other_loss), np.abs(weights - other_weights).max())


def step_on(strategy, sync):
    """The loss of one step of training, and the weights after it."""
    rng = np.random.default_rng(0)
    # The second half is another distribution, so that statistics of the halves are not those of the whole.
    images = rng.normal(size=(8, 4, 4, 3)) + np.repeat([0.0, 3.0], 4)[:, None, None, None]
    dataset = tf.data.Dataset.from_tensors((images.astype("float32"), rng.integers(0, 10, 8)))
    keras.utils.set_random_seed(0)
    with strategy.scope():
        inputs = keras.Input((4, 4, 3))
        normed = batch_norm(sync)(name="bn")(convolve(inputs, 4, 3, name="conv"))
        model = keras.Model(inputs, classify(keras.layers.ReLU()(normed), 10))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.1), loss)
    (loss,) = model.fit(dataset, shuffle=False, verbose=0).history["loss"]
    return loss, np.concatenate([weight.ravel() for weight in model.get_weights()])


if __name__ == "__main__":
    main()
