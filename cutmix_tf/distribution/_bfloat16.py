"""Whether the devices at hand compute in bfloat16, so that mixed precision pays off."""

import os
from pathlib import Path

import keras
import tensorflow as tf

_CPU_FLAGS = ("avx512_bf16", "amx_bf16")
_AMPERE = (8, 0)  # the first of Nvidia's generations with bfloat16
_CPU_FACTS = Path("/proc/cpuinfo")  # of Linux; elsewhere there is no public way to ask


def computes_bfloat16() -> bool:
    """Whether all devices that train have instructions for bfloat16, and Keras' backend uses them.

    True for TPUs; with TensorFlow, also for GPUs since Nvidia's Ampere, and for CPUs with AVX-512 BF16 or AMX as long
    as oneDNN is on. With other backends, False for everything but TPUs.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        return all(name.startswith("tpu") for name in keras.distribution.list_devices())
    if backend != "tensorflow":
        return False
    if tf.config.list_logical_devices("TPU"):
        return True
    if gpus := tf.config.list_physical_devices("GPU"):
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        return all(each.get("compute_capability", (0, 0)) >= _AMPERE for each in details)
    return os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0" and _cpu_has_any(_CPU_FLAGS)


def _cpu_has_any(flags: tuple[str, ...]) -> bool:
    known = _CPU_FACTS.read_text(encoding="utf-8").split() if _CPU_FACTS.exists() else []
    return any(flag in known for flag in flags)
