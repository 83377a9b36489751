"""Mixing inside the training step of an accelerator, on paper: the bytes that the compiled program moves.

Nothing is timed. XLA compiles each function for this machine's processor; a pass over the images is fused in the same
way for GPUs and TPUs. The bytes are counted from its optimized HLO, and compared with the least that any mixing needs:
each image is read once and written once. At an accelerator's memory bandwidth that gives the time it adds to a step if
nothing hides it. A select may skip what it doesn't need, so these are upper bounds.
"""

from collections.abc import Callable

import tensorflow as tf
from _hlo import bytes_accessed
from _record import comparison, new_record, read_settings, save_record, significant

import cutmix_tf as cm
from cutmix_tf import models

BANDWIDTHS = {"H100": 3.35e12, "TPU v5e": 0.819e12}
"""Bytes per second of the memory, as their makers state them (H100 SXM)."""
BATCH, SIDE = 256, 224


def plan_of(batch: int) -> dict[str, tf.Tensor]:
    """A plan, as it travels with a batch to a tapped model."""
    return {"box": tf.zeros([batch, 4], tf.int32), "partner": tf.zeros([batch], tf.int32)}


def mix_at_tap(images: tf.Tensor) -> tuple[Callable, tuple]:
    """What `TappedModel` does at tap 0 with a plan that came with the batch."""
    plan = plan_of(images.shape[0] or 0)

    def mix(images, box, partner):
        return models.mix_features(images, {"box": box, "partner": partner})

    return mix, (images, plan["box"], plan["partner"])


def mix_in_step(mixer: cm.mixing.Mixer) -> Callable[[tf.Tensor], tuple[Callable, tuple]]:
    """A mixer that draws its plan inside the step."""

    def function_of(images):
        labels = tf.zeros([images.shape[0]], tf.int32)
        return lambda images, labels, seed: mixer(images, labels, seed=seed), (images, labels, tf.constant([0, 0]))

    return function_of


FUNCTIONS = {
    "FeatureCutMix at tap 0": mix_at_tap,
    "CutMix in the step": mix_in_step(cm.CutMix()),
    "MixUp in the step": mix_in_step(cm.MixUp()),
}


def measure(name: str, dtype: str, batch: int, side: int) -> dict[str, object]:
    """Bytes of one function, and what they take at each bandwidth."""
    images = tf.zeros([batch, side, side, 3], dtype)
    function, arguments = FUNCTIONS[name](images)
    compiled = tf.function(function, jit_compile=True, autograph=False)
    moved = bytes_accessed(compiled.experimental_get_compiler_ir(*arguments)(stage="optimized_hlo"))
    mixed = tf.nest.flatten(compiled.get_concrete_function(*arguments).structured_outputs)[0]
    least = batch * side * side * 3 * (images.dtype.size + mixed.dtype.size)
    row: dict[str, object] = {"MB": significant(moved / 1e6), "least, MB": significant(least / 1e6)}
    row["× the least"] = significant(moved / least)
    return row | {f"µs on {chip}": significant(moved / bandwidth * 1e6) for chip, bandwidth in BANDWIDTHS.items()}


def main() -> None:
    """Counts, prints and saves the record."""
    settings = read_settings(__doc__, {}, {})
    tf.config.set_visible_devices([], "GPU")
    batch, side = (8, 32) if settings.quick else (BATCH, SIDE)
    record, rows = new_record(settings), {}
    for name in FUNCTIONS:
        for dtype in ("uint8", "bfloat16", "float32"):
            rows[f"{name}, {dtype}"] = measure(name, dtype, batch, side)
    record["comparisons"] = [comparison(f"Bytes of mixing {batch} images of {side} px", rows)]
    if settings.save:
        save_record(record, settings.save)


if __name__ == "__main__":
    main()
