"""A program: mixes features on two replicas, without XLA, and prints how far targets are from what the features show.

A line for each batch: the largest error of each replica, then the number of examples of each.
"""

import tensorflow as tf

import cutmix_tf as cm
from cutmix_tf import _xla
from cutmix_tf.models import mix_features

GRIDS, BATCH_SIZE, COUNT = ((8, 6), (4, 3)), 10, 47


@tf.function
def errors(inputs, targets):
    """The largest difference between the number that a target promises and the mean of the mixed features."""
    plan, worst = inputs["plan"], tf.constant(0.0)
    for tap, grid in enumerate(GRIDS):
        shown = mix_features(tf.broadcast_to(inputs["images"], [tf.shape(targets)[0], *grid, 1]), plan)
        claimed = tf.reduce_sum(targets[:, :, 0] * targets[:, :, 1], axis=1)
        error = tf.abs(tf.reduce_mean(shown, axis=[1, 2, 3]) - claimed)
        worst = tf.maximum(worst, tf.reduce_max(tf.where(plan["tap"] == tap, error, 0.0)))
    return worst, tf.shape(targets)[0]


def main():
    _xla.available = lambda: False
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"])
    numbers = tf.reshape(tf.range(float(COUNT)), [COUNT, 1, 1, 1])
    examples = tf.data.Dataset.from_tensor_slices((numbers, tf.range(COUNT))).batch(BATCH_SIZE)
    for mixer in (cm.FeatureCutMix(taps=(0, 1)), cm.ManifoldMixUp(taps=(0, 1))):
        mixed = examples.map(mixer.bound_to(GRIDS, replicas=2))
        for batch in strategy.experimental_distribute_dataset(mixed):
            worst, counts = map(strategy.experimental_local_results, strategy.run(errors, args=batch))
            print(*map(float, worst), *map(int, counts))


if __name__ == "__main__":
    main()
