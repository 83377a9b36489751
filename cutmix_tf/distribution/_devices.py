"""The devices that train: one, replicas on this machine, the cores of a TPU, or workers on several machines."""

import contextlib
import os
import re
from collections.abc import Callable

import keras
import tensorflow as tf

from cutmix_tf._checks import did_you_mean
from cutmix_tf.distribution._protocol import Devices
from cutmix_tf.distribution._workers import Workers


def find_devices(name: str) -> Devices:
    """The devices of that name; which names there are depends on the Keras backend.

    TensorFlow:

    - "auto": several workers if TF_CONFIG names them, else all GPUs of this machine if it has several, else one device;
    - "default": one device;
    - "mirrored:N": N GPUs, or N logical CPU devices if there are fewer GPUs;
    - "multiworker", "multiworker:slurm", "multiworker:kubernetes:LABEL=VALUE": this process is one of several workers,
      found by TF_CONFIG, by Slurm's variables, or by the label of their pods;
    - "tpu": all cores of the TPU that TPU_NAME names, or of this machine's.

    JAX:

    - "auto": all accelerators if there are several, else one device;
    - "default": one device;
    - "data_parallel:N": the first N devices, accelerators before CPUs;
    - "tpu": all cores of this machine's TPU.

    Raises:
      ValueError: for an unknown name, or one that the Keras backend doesn't support.
      RuntimeError: if the devices are missing, or TensorFlow has already been set up with others.
    """
    backend = keras.backend.backend()
    kinds = {"tensorflow": _ON_TENSORFLOW, "jax": _ON_JAX}.get(backend, {"auto": _one, "default": _one})
    kind, _, rest = name.partition(":")
    if kind not in kinds:
        hint = did_you_mean(kind, list(kinds))
        raise ValueError(
            f"On Keras' {backend} backend, strategy must be one of {', '.join(kinds)}; got {name!r}.{hint}"
        )
    return kinds[kind](rest)


def _one(rest: str) -> Devices:
    _check_empty(rest)
    return Devices(contextlib.nullcontext)


def _best_of_tensorflow(rest: str) -> Devices:
    _check_empty(rest)
    if '"cluster"' in os.environ.get("TF_CONFIG", ""):
        return Workers("")
    gpus = tf.config.list_physical_devices("GPU")
    return _mirrored(str(len(gpus))) if len(gpus) > 1 else _one("")


def _mirrored(rest: str) -> Devices:
    count = _count("mirrored", rest)
    gpus = tf.config.list_logical_devices("GPU") if tf.config.list_physical_devices("GPU") else []
    if count <= len(gpus):
        return _replicas(tf.distribute.MirroredStrategy([device.name for device in gpus[:count]]))
    # Collectives on CPUs are numbered per process, so two strategies in one process would mix them up.
    reduction = tf.distribute.ReductionToOneDevice()
    return _replicas(tf.distribute.MirroredStrategy(_logical_cpus(count), cross_device_ops=reduction))


def _replicas(strategy: tf.distribute.Strategy, **facts: bool) -> Devices:
    return Devices(strategy.scope, strategy.num_replicas_in_sync, **facts)


def _logical_cpus(count: int) -> list[str]:
    """The names of that many logical CPU devices, which are created if necessary."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    made = tf.config.get_logical_device_configuration(cpu) or []
    if len(made) < count:
        devices = [tf.config.LogicalDeviceConfiguration() for _ in range(count)]
        try:
            tf.config.set_logical_device_configuration(cpu, devices)
        except RuntimeError as error:
            raise RuntimeError(
                f"mirrored:{count} needs {count} logical CPU devices, which must be created before TensorFlow's first "
                "operation. Create them at the start of the program, or start a new process."
            ) from error
    return [f"/cpu:{index}" for index in range(count)]


def _tpu_of_tensorflow(rest: str) -> Devices:
    _check_empty(rest)
    name = os.environ.get("TPU_NAME", "local")
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect(name)
    except (ValueError, tf.errors.OpError) as error:
        raise RuntimeError(
            f"strategy 'tpu' needs a TPU; there is none at {name!r}: {error}. Install tensorflow-tpu instead of "
            "tensorflow, or set KERAS_BACKEND=jax if JAX finds the TPU."
        ) from error
    return _replicas(tf.distribute.TPUStrategy(resolver), static_shapes=True)


def _best_of_jax(rest: str) -> Devices:
    _check_empty(rest)
    accelerators = [device for device in keras.distribution.list_devices() if not device.startswith("cpu")]
    return _data_parallel(accelerators) if len(accelerators) > 1 else _one("")


def _first_of_jax(rest: str) -> Devices:
    count, devices = _count("data_parallel", rest), keras.distribution.list_devices()
    if count > len(devices):
        raise RuntimeError(
            f"data_parallel:{count} needs {count} devices; JAX has {', '.join(devices)}. Use a smaller number."
        )
    return _data_parallel(devices[:count])


def _tpu_of_jax(rest: str) -> Devices:
    _check_empty(rest)
    cores = [device for device in keras.distribution.list_devices() if device.startswith("tpu")]
    if not cores:
        raise RuntimeError("strategy 'tpu' needs a TPU; JAX has none. Install jax[tpu], or choose auto.")
    return _data_parallel(cores)


def _data_parallel(devices: list[str]) -> Devices:
    distribution = keras.distribution.DataParallel(devices=devices)
    return Devices(distribution.scope, len(devices), static_shapes=True)


def _count(kind: str, rest: str) -> int:
    if not re.fullmatch(r"[1-9]\d*", rest):
        raise ValueError(f"strategy {kind} needs a number of devices, such as {kind}:2; got {f'{kind}:{rest}'!r}.")
    return int(rest)


def _check_empty(rest: str) -> None:
    if rest:
        raise ValueError(
            f"Only mirrored, data_parallel and multiworker are followed by a colon; got {rest!r} after one."
        )


_Kinds = dict[str, Callable[[str], Devices]]
_ON_TENSORFLOW: _Kinds = {
    "auto": _best_of_tensorflow,
    "default": _one,
    "mirrored": _mirrored,
    "multiworker": Workers,
    "tpu": _tpu_of_tensorflow,
}
_ON_JAX: _Kinds = {"auto": _best_of_jax, "default": _one, "data_parallel": _first_of_jax, "tpu": _tpu_of_jax}
