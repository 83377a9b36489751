"""Which devices count as computing in bfloat16."""

import keras
import pytest
import tensorflow as tf

from cutmix_tf.distribution import computes_bfloat16


def gpus(monkeypatch, *capabilities):
    """Pretends that there are such GPUs."""
    details = [{"compute_capability": each} if each else {} for each in capabilities]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: list(range(len(details))))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)


@pytest.mark.parametrize(
    ("capabilities", "able"),
    [([(8, 0)], True), ([(9, 0), (8, 6)], True), ([(7, 5)], False), ([(8, 0), (7, 0)], False), ([None], False)],
)
def test_gpus_do_since_ampere(monkeypatch, capabilities, able):
    gpus(monkeypatch, *capabilities)
    assert computes_bfloat16() == able


@pytest.mark.parametrize(
    ("flags", "onednn", "able"),
    [
        ("avx2 avx512_bf16", None, True),
        ("amx_bf16 amx_tile", "1", True),
        ("avx2 avx512f avx512_vnni", None, False),
        ("avx512_bf16", "0", False),
        (None, None, False),
    ],
)
def test_cpus_do_by_their_flags_and_with_onednn(monkeypatch, tmp_path, flags, onednn, able):
    file = tmp_path / "cpuinfo"
    if flags is not None:
        file.write_text(f"processor : 0\nflags\t\t: fpu {flags} fma\n", encoding="utf-8")
    gpus(monkeypatch)
    monkeypatch.setattr("cutmix_tf.distribution._bfloat16._CPU_FACTS", file)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if onednn is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", onednn)
    assert computes_bfloat16() == able


@pytest.mark.parametrize(
    ("backend", "devices", "able"),
    [("jax", ["tpu:0", "tpu:1"], True), ("jax", ["gpu:0"], False), ("jax", ["cpu:0"], False), ("torch", [], False)],
)
def test_other_backends_do_on_tpus(monkeypatch, backend, devices, able):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: devices)
    assert computes_bfloat16() == able


def test_a_tpu_of_tensorflow_does(monkeypatch):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind=None: ["TPU:0"] if kind == "TPU" else [])
    assert computes_bfloat16()
