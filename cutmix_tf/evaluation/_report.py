"""Evaluations as files and tables: evaluation.json, and numbers side by side."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Results = Mapping[str, Any]


def write_evaluation(folder: str | Path, results: Results, name: str = "evaluation.json") -> Path:
    """Writes results in a folder, which is made if it is not there; whole or not at all.

    Raises:
      ValueError: if a number is not finite.
      OSError: if it can't be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    temporary, file = folder / f".{name}.tmp", folder / name
    temporary.write_text(json.dumps(results, indent=2, allow_nan=False) + "\n")
    os.replace(temporary, file)
    return file


def read_evaluation(folder: str | Path) -> dict[str, Any]:
    """The content of a folder's evaluation.json.

    Raises:
      FileNotFoundError: if there is none.
    """
    file = Path(folder) / "evaluation.json"
    if not file.is_file():
        raise FileNotFoundError(f"{str(folder)!r} has not been evaluated. Run python evaluate_keras.py {folder}.")
    return json.loads(file.read_text())


def headlines(results: Results) -> dict[str, float]:
    """An evaluation's main numbers by their titles, as far as their suites were run."""
    return {
        title: value for suite, titles in _TITLES.items() if suite in results for title, value in titles(results[suite])
    }


def table(evaluations: Mapping[str, Results]) -> str:
    """Main numbers of several networks side by side, a line each; a dash where one was not measured."""
    columns = {name: headlines(results) for name, results in evaluations.items()}
    titles = list(dict.fromkeys(title for column in columns.values() for title in column))
    width = max(map(len, titles), default=0)
    widths = {name: max(len(name), 7) + 3 for name in columns}
    lines = ["".ljust(width) + "".join(name.rjust(widths[name]) for name in columns)]
    for title in titles:
        cells = (_number(column.get(title)).rjust(widths[name]) for name, column in columns.items())
        lines.append(title.ljust(width) + "".join(cells))
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value < 1 else f"{value:.1f}"


Titles = Iterator[tuple[str, float]]


def _accuracy(suite: Results) -> Titles:
    yield "top-1 error %", suite["top1_error"]
    yield "top-5 error %", suite["top5_error"]
    yield "negative log likelihood", suite["negative_log_likelihood"]
    yield "Brier score", suite["brier_score"]


def _calibration(suite: Results) -> Titles:
    yield "expected calibration error %", suite["expected_calibration_error"]


def _attack(name: str):
    def titles(suite: Results) -> Titles:
        for epsilon, error in list(zip(suite["epsilon"], suite["top1_error"], strict=True))[1:]:
            yield f"{name} {epsilon:g}/255, top-1 error %", error

    return titles


def _occlusion(suite: Results) -> Titles:
    for place in ("center", "boundary"):
        yield f"{place} hidden at half the side, top-1 error %", _at_half(suite, suite[place])


def _in_between(suite: Results) -> Titles:
    for kind in ("mixup", "cutmix"):
        yield f"in between ({kind}, ½), either class first %", _at_half(suite, suite[kind]["either"])
        yield f"in between ({kind}, ½), probability of neither %", _at_half(suite, suite[kind]["neither"])


def _at_half(suite: Results, curve: list[float]) -> float:
    return curve[suite["share"].index(0.5)]


def _ood(suite: Results) -> Titles:
    for name, row in suite["sets"].items():
        yield f"OOD {name}, AUROC %", row["auroc"]
    for key, title in _DETECTION.items():
        yield f"OOD mean, {title} %", suite["average"][key]


_DETECTION = {
    "auroc": "AUROC",
    "tnr_at_tpr95": "TNR at TPR 95",
    "detection_accuracy": "detection accuracy",
    "aupr_in": "AUPR in",
    "aupr_out": "AUPR out",
}


def _wsol(suite: Results) -> Titles:
    yield "Top-1 Loc %", suite["top1_loc"]
    yield "GT-known Loc %", suite["gt_known_loc"]
    yield "MaxBoxAcc %", suite["max_box_acc"]
    yield "MaxBoxAccV2 %", suite["max_box_acc_v2"]


def _corruptions(suite: Results) -> Titles:
    for name, errors in suite["ours"].items():
        yield f"our {name.replace('_', ' ')}, mean top-1 error %", sum(errors) / len(errors)
    yield "our corruptions, mean top-1 error %", suite["ours_mean"]
    for name, error in suite.get("sets", {}).items():
        yield f"{name}, top-1 error %", error


_TITLES = {
    "accuracy": _accuracy,
    "calibration": _calibration,
    "fgsm": _attack("FGSM"),
    "pgd": _attack("PGD"),
    "occlusion": _occlusion,
    "in_between": _in_between,
    "ood": _ood,
    "wsol": _wsol,
    "corruptions": _corruptions,
}
