"""A program: a user's own training on one device, and on two replicas; prints loss and weights of each."""

import keras
import numpy as np
import tensorflow as tf
from helpers.everyday import batches, small_model

import cutmix_tf as cm


def main():
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    start = small_model().get_weights()
    for strategy in (tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])):
        with strategy.scope():
            model = small_model()
            model.compile(keras.optimizers.SGD(0.1), cm.MixedCrossentropy(), metrics=[cm.MixedAccuracy()])
        model.set_weights(start)
        loss = model.fit(cm.mix(batches(), cm.CutMix(), seed=1), shuffle=False, verbose=0).history["loss"]
        print(*loss, *np.concatenate([weight.ravel() for weight in model.get_weights()]))


if __name__ == "__main__":
    main()
