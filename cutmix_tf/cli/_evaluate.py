"""The command line of evaluate_keras.py: from runs to evaluation.json, pictures and tables."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import tyro

from cutmix_tf._checks import check_whole, look_up
from cutmix_tf.evaluation._batches import Counter
from cutmix_tf.evaluation._cam import cam, resize_maps
from cutmix_tf.evaluation._examples import BadExamples
from cutmix_tf.evaluation._network import Network, load_network
from cutmix_tf.evaluation._plots import PANELS, draw_cams, draw_evaluations
from cutmix_tf.evaluation._report import table, write_evaluation
from cutmix_tf.evaluation._suites import SUITES, Task, evaluate, has_head, load_task
from cutmix_tf.evaluation._wsol import boxes_of_maps
from cutmix_tf.training import measured_with

PICTURES = 8  # in cams.png


@dataclasses.dataclass(frozen=True)
class EvaluateConfig:
    """Evaluates trained networks as the CutMix papers do, and more."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Folders of finished runs, or .keras files."""
    suites: str | None = None
    """Which to run, with commas: accuracy, calibration, fgsm, pgd, occlusion, in_between, ood, wsol, corruptions; all
    that fit but pgd, which is slow, if they are not given."""
    limit: int | None = None
    """How many pictures of each set, drawn at random but the same each time; all if it is not given."""
    compare: bool = False
    """Whether to put all runs into one table and one figure, comparison.json and comparison.png."""
    save: Path | None = None
    """The folder for all files; each run's own if it is not given. Needed to compare."""
    dataset: str | None = None
    """What to test on, if not the set that a run was trained on."""
    ood: str = "uniform,gaussian"
    """Sets that the networks were not trained on, with commas: uniform, gaussian, or names of the catalogue."""
    corrupted: str = ""
    """Corrupted copies of the test set, with commas, by names of the catalogue such as cifar10_corrupted/fog_3."""
    data_dir: str | None = None
    """Where TFDS finds prepared data sets; TFDS_DATA_DIR if it is not given."""
    bad_examples: BadExamples = "refuse"
    """Whether examples that can't be read stop the evaluation, or are left out and counted."""

    @property
    def suite_names(self) -> list[str] | None:
        """The suites that were asked for; None for the usual ones."""
        return None if self.suites is None else _split(self.suites)


def read_command_line(words: Sequence[str]) -> EvaluateConfig:
    """The command line as settings. Unknown words print what there is, and end the program."""
    return tyro.cli(EvaluateConfig, args=list(words), prog="evaluate_keras.py")


def run_evaluation(config: EvaluateConfig) -> dict[str, dict[str, Any]]:
    """Evaluates all runs, saves their files, and prints tables.

    Returns:
      Name of the run -> its results, as of `evaluate`.

    Raises:
      ValueError, TypeError, OSError, RuntimeError, ImportError: for whatever is missing or does not fit.
    """
    _check(config)
    networks = _load_networks(config)
    evaluations = {}
    for name, (path, network) in networks.items():
        folder = _folder_for(config, path, name)
        evaluations[name] = _evaluate_one(config, network, folder)
        print(f"\n{table({name: evaluations[name]})}\n\nSaved in {folder}", flush=True)
    if config.compare and config.save is not None:
        write_evaluation(config.save, evaluations, "comparison.json")
        _save_curves(evaluations, config.save / "comparison.png")
        print(f"\n{table(evaluations)}\n\nSaved comparison.json and comparison.png in {config.save}")
    return evaluations


def _check(config: EvaluateConfig) -> None:
    """Not in the config itself, whose errors tyro would frame."""
    if not config.runs:
        raise ValueError("A finished run is needed; got none. Give its folder, such as runs/shapes_resnet20.")
    if config.limit is not None:
        check_whole("limit", config.limit, low=1)
    for name in config.suite_names or ():
        look_up(name, SUITES, "suite")
    if config.compare and config.save is None:
        raise ValueError("A comparison needs a folder of its own; got --compare without --save. Add --save FOLDER.")


def _load_networks(config: EvaluateConfig) -> dict[str, tuple[Path, Network]]:
    """By name; names that two paths share get numbers."""
    networks = {}
    for path in config.runs:
        network = load_network(path, progress=Counter())
        same = sum(name == network.name or name.startswith(f"{network.name}_") for name in networks)
        name = f"{network.name}_{same + 1}" if network.name in networks else network.name
        networks[name] = path, dataclasses.replace(network, name=name)
    return networks


def _folder_for(config: EvaluateConfig, path: Path, name: str) -> Path:
    if config.save is not None:
        return config.save if len(config.runs) == 1 and not config.compare else config.save / name
    return path if path.is_dir() else path.with_suffix("")


def _evaluate_one(config: EvaluateConfig, network: Network, folder: Path) -> dict[str, Any]:
    strange = _split(config.ood) if config.suite_names is None or "ood" in config.suite_names else []
    task = load_task(
        network,
        dataset=config.dataset,
        ood=strange,
        corrupted=_split(config.corrupted),
        limit=config.limit,
        data_dir=config.data_dir,
        bad_examples=config.bad_examples,
    )
    results = evaluate(task, config.suite_names) | {"measured_with": measured_with()}
    write_evaluation(folder, results)
    _save_curves({network.name: results}, folder / "evaluation.png")
    if has_head(network):
        _draw_first(task).savefig(folder / "cams.png", dpi=120)
    return results


def _draw_first(task: Task):
    """The first pictures with the maps of their predicted classes, and boxes where the objects' are known."""
    examples = task.examples
    images, labels = examples.images[:PICTURES], examples.labels[:PICTURES]
    logits = task.network.logits(images)
    maps = resize_maps(cam(task.network, images, logits.argmax(axis=1)), images.shape[1:3])
    names = [[examples.class_names[label] for label in column] for column in (labels, logits.argmax(axis=1))]
    titles = [own if own == told else f"{own},\ntaken for {told}" for own, told in zip(*names, strict=True)]
    if examples.boxes is None:
        return draw_cams(images, maps, titles)
    return draw_cams(images, maps, titles, examples.boxes[:PICTURES], boxes_of_maps(maps))


def _save_curves(evaluations: dict[str, dict[str, Any]], file: Path) -> None:
    if any(suite in PANELS for results in evaluations.values() for suite in results):
        draw_evaluations(evaluations).savefig(file, dpi=120)


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]
