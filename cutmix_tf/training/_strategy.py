"""Which devices train."""

import re

import keras
import tensorflow as tf


def make_strategy(name: str) -> tf.distribute.Strategy | None:
    """The strategy of that name; None where Keras' backend does without one.

    - "auto": all GPUs of this machine if there are several, else the default;
    - "default": one device;
    - "mirrored:N": N GPUs, or N logical devices of the CPU where there are not so many.

    Raises:
      ValueError: for another name, or for one that the Keras backend can't have.
      RuntimeError: if logical devices are needed after TensorFlow has begun to use the CPU.
    """
    count = _replicas(name)
    if keras.backend.backend() != "tensorflow":
        if count is not None:
            raise ValueError(f"strategy {name!r} needs Keras' tensorflow backend; got {keras.backend.backend()!r}.")
        return None
    gpus = tf.config.list_logical_devices("GPU") if tf.config.list_physical_devices("GPU") else []
    if name == "auto" and len(gpus) > 1:
        return tf.distribute.MirroredStrategy()
    if count is None:
        return tf.distribute.get_strategy()
    if count <= len(gpus):
        return tf.distribute.MirroredStrategy([device.name for device in gpus[:count]])
    # Collectives on CPUs are numbered for the whole process, and two strategies in one would mix them up.
    reduction = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(_logical_cpus(count), cross_device_ops=reduction)


def _replicas(name: str) -> int | None:
    if name in ("auto", "default"):
        return None
    mirrored = re.fullmatch(r"mirrored:([1-9]\d*)", name)
    if mirrored is None:
        raise ValueError(f"strategy must be auto, default or mirrored:N, such as mirrored:2; got {name!r}.")
    return int(mirrored[1])


def _logical_cpus(count: int) -> list[str]:
    """The names of that many logical CPU devices, made if need be."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    made = tf.config.get_logical_device_configuration(cpu) or []
    if len(made) < count:
        devices = [tf.config.LogicalDeviceConfiguration() for _ in range(count)]
        try:
            tf.config.set_logical_device_configuration(cpu, devices)
        except RuntimeError as error:
            raise RuntimeError(f"mirrored:{count} must be set up before TensorFlow's first operation.") from error
    return [f"/cpu:{index}" for index in range(count)]
