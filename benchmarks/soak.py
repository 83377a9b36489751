"""Whether memory stays flat: an hour of training and evaluation in one process, method by method.

Each method has a ResNet-20. In its turn, the model is trained for one more epoch of the built-in shapes by `fit` on the
method's batches, and the next suite of the evaluation runs on it. The models live for the whole hour, since Keras and
TensorFlow retain some memory of each model that was ever trained (1.2 MB of the smallest one, measured without any of
our code). Resident memory is sampled every few seconds. The result is its slope over the second half, by which time
every method and suite has run, and the change over each method's later turns.
"""

import contextlib
import dataclasses
import gc
import itertools
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _record import comparison, new_record, read_settings, save_record

from cutmix_tf import TappedModel, evaluation, models, plotting, training
from cutmix_tf.attention import Teacher
from cutmix_tf.distribution import find_devices
from cutmix_tf.training import TrainConfig, mixer_from_text

FULL, QUICK = {"minutes": 60.0}, {"minutes": 0.5}
SECONDS, POINTS, MEGABYTE = 2.0, 300, 1e6
SUITES = ("accuracy", "calibration", "fgsm", "occlusion", "in_between", "ood", "wsol", "corruptions")
MIXES = ("CutMix", "MixUp", "OneOf([CutMix(), MixUp(), Cutout(8)])", "FeatureCutMix", "ManifoldMixUp(taps=(0, 1, 2))")
ABLATIONS = ("CenterGaussianCutMix", "FixedSizeCutMix", "OneHotTarget(CutMix())", "CompleteLabel(CutMix())")
ERASERS = ("Cutout(size=8)", "HideAndSeek(sides=(0, 4, 8))", "RandomErasing")


def table(teacher: Teacher) -> dict[str, dict[str, Any]]:
    """The methods by name, as settings of a config."""
    methods = {"none": {}}
    methods |= {text: {"mix": mixer_from_text(text)} for text in (*MIXES, *ABLATIONS)}
    methods |= {text: {"erase": mixer_from_text(text)} for text in ERASERS}
    attentive = {"mix": mixer_from_text("AttentiveCutMix"), "teacher": teacher}
    methods |= {f"AttentiveCutMix, {kind}": {**attentive, "attention": kind} for kind in ("cache", "live")}
    methods |= {"AutoAugment": {"auto_augment": "cifar10"}}
    methods |= {"CutMix, scheduled": {"mix": mixer_from_text("CutMix"), "mix_schedule": ((0, 0), (1, 1))}}
    return methods


@dataclasses.dataclass
class Memory:
    """Samples of this process's resident memory: seconds since the start, and megabytes."""

    began: float = dataclasses.field(default_factory=time.monotonic)
    samples: list[tuple[float, float]] = dataclasses.field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def sample(self) -> float:
        """Takes a sample, and returns its megabytes."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.samples.append((self.seconds, pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE))
        return self.samples[-1][1]

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Takes samples as long as the context lasts."""
        over = threading.Event()

        def watch():
            while not over.wait(SECONDS):
                self.sample()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


class Method:
    """A training that continues epoch by epoch, and its model as the evaluation sees it."""

    def __init__(self, config: TrainConfig):
        prepared, self.epochs = training.prepare(config).with_attention(), 0
        self.model = training.build_model(prepared, find_devices("default"), None)
        if isinstance(self.model, TappedModel):
            prepared = dataclasses.replace(prepared, mixer=self.model.bind(prepared.mixer))
        self.prepared, pixels = prepared, prepared.preprocessing
        saved = models.with_normalization(training.base_of(self.model), pixels.mean, pixels.std)
        evaluated = evaluation.EvaluatedModel(saved, "soak", config.dataset, augment=config.augment)
        self.task = evaluation.load_task(evaluated, limit=100)

    def turn(self, suite: str) -> float:
        """One more epoch and one suite; returns the training loss."""
        steps = self.prepared.steps_per_epoch
        batches = self.prepared.train_batches(self.epochs * steps)
        history = self.model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
        self.epochs += 1
        evaluation.evaluate(dataclasses.replace(self.task), [suite])  # a new task without the logits of earlier turns
        return history.history["loss"][0]


def soak(minutes: float, memory: Memory, folder: Path) -> list[dict[str, Any]]:
    """Takes turns until the time is up; returns the method, suite, seconds, loss and memory afterwards of each turn."""
    base = TrainConfig(dataset="shapes", model="resnet20", epochs=1, batch_size=50)
    training.train(dataclasses.replace(base, run_dir=str(folder / "teacher")))
    methods: dict[str, Method] = {}
    turns = []
    settings = table(Teacher(str(folder / "teacher"), grid=(4, 4)))
    for name, suite in zip(itertools.cycle(settings), itertools.cycle(SUITES), strict=False):
        if memory.seconds > 60 * minutes:
            return turns
        began = memory.seconds
        if name not in methods:
            cache = str(folder / "maps.npz")
            methods[name] = Method(dataclasses.replace(base, **settings[name], attention_cache=cache))
        loss = methods[name].turn(suite)
        gc.collect()
        turns.append({"method": name, "suite": suite, "seconds": memory.seconds - began, "loss": loss})
        turns[-1]["resident_mb"] = memory.sample()
        print(f"{memory.seconds / 60:5.1f} min  {turns[-1]['resident_mb']:8.0f} MB  {name}, {suite}", flush=True)
    return turns


def summarize(samples: np.ndarray, turns: list[dict[str, Any]]) -> dict[str, Any]:
    """The slope over the second half in megabytes per hour, and for each method its turns and later mean change."""
    seconds, resident = samples.T
    late = seconds >= seconds[-1] / 2
    slope = np.polyfit(seconds[late] / 3600, resident[late], 1)[0] if late.sum() > 1 else 0.0
    changes: dict[str, list[float]] = {turn["method"]: [] for turn in turns}
    for before, after in itertools.pairwise(turns):
        changes[after["method"]].append(after["resident_mb"] - before["resident_mb"])
    methods = {
        name: {
            "turns": sum(turn["method"] == name for turn in turns),
            "later_change_mb": round(float(np.mean(change[1:])), 2) if len(change) > 1 else None,
        }
        for name, change in changes.items()
    }
    return {
        "turns": len(turns),
        "slope_mb_per_hour": round(float(slope), 1),
        "largest_mb": round(float(resident.max()), 1),
        "last_mb": round(float(resident[-1]), 1),
        "methods": methods,
    }


def draw(samples: np.ndarray, turns: list[dict[str, Any]], slope: float, path: Path) -> None:
    """Draws resident memory over time, and after each turn."""
    figure = plotting.new_figure(7.2, 3.6, layout="constrained")
    axes = figure.subplots()
    axes.plot(samples[:, 0] / 60, samples[:, 1], color="#8f9aa8", linewidth=1, label="every 2 s")
    ends = np.cumsum([turn["seconds"] for turn in turns]) + samples[-1, 0] - sum(turn["seconds"] for turn in turns)
    axes.plot(ends / 60, [turn["resident_mb"] for turn in turns], ".", color="#d1495b", label="after a turn")
    axes.set(xlabel="minutes", ylabel="resident memory (MB)", ylim=(0, None), xlim=(0, None))
    axes.set_title(f"{len(turns)} trainings and evaluations; second half: {slope:+.0f} MB per hour", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(path, dpi=120)
    print(f"Saved {path}")


def main() -> None:
    """Soaks, prints the summary, and with --save writes the record and its figure."""
    settings = read_settings(__doc__, FULL, QUICK)
    record = new_record(settings)
    memory = Memory()
    with memory.watched(), tempfile.TemporaryDirectory() as folder:
        turns = soak(settings.minutes, memory, Path(folder))
    samples = np.array(memory.samples)
    summary = summarize(samples, turns)
    record |= summary
    heads = {"slope_mb_per_hour": "MB an hour in the second half", "largest_mb": "largest, MB", "last_mb": "last, MB"}
    row = {head: summary[name] for name, head in heads.items()}
    record["comparisons"] = [comparison(f"{len(turns)} trainings and evaluations", {"resident memory": row})]
    if settings.save:
        thinned = samples[:: -(-len(samples) // POINTS)].round(1)
        record |= {"seconds": thinned[:, 0].tolist(), "resident_mb": thinned[:, 1].tolist()}
        record["after_turns"] = [{**turn, "seconds": round(turn["seconds"], 1)} for turn in turns]
        file = save_record(record, settings.save)
        draw(samples, turns, summary["slope_mb_per_hour"], file.with_suffix(".png"))


if __name__ == "__main__":
    main()
