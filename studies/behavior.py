"""What models do beyond their error: a table and a figure of a study's evaluations, means over seeds."""

from collections.abc import Iterator

from estimates import estimate
from figures import method_of
from study import Study, StudyRun

from cutmix_tf import evaluation, plotting
from cutmix_tf.runs import read_json

DRAWN = {
    "top-1 error %": "top-1 error (%) ↓",
    "negative log-likelihood": "loss (NLL) ↓",
    "expected calibration error %": "calibration error (%) ↓",
    "FGSM 1/255, top-1 error %": "error under FGSM, ε = 1 of 255 (%) ↓",
    "center hidden at half the side, top-1 error %": "error, center hidden (%) ↓",
    "boundary hidden at half the side, top-1 error %": "error, boundary hidden (%) ↓",
    "in between (cutmix, ½), either class predicted %": "one of two pasted classes predicted (%) ↑",
    "OOD mean, AUROC %": "out-of-distribution AUROC (%) ↑",
    "our corruptions, mean top-1 error %": "error under corruptions (%) ↓",
    "Top-1 Loc %": "Top-1 Loc (%) ↑",
    "GT-known Loc %": "GT-known Loc (%) ↑",
    "MaxBoxAccV2 %": "MaxBoxAccV2 (%) ↑",
}
"""The title of a number in an evaluation -> that of its panel; the arrow points to the better side."""


def evaluated(study: Study) -> list[StudyRun]:
    """The runs that have been evaluated."""
    return [run for run in study.runs() if run.finished and run.kept.evaluation.is_file()]


def values(runs: list[StudyRun]) -> dict[str, dict[str, list[float]]]:
    """Title of a number -> arm -> its values, one for each seed."""
    found: dict[str, dict[str, list[float]]] = {}
    for run in runs:
        for title, value in evaluation.headlines(read_json(run.kept.evaluation)).items():
            found.setdefault(title, {}).setdefault(run.arm, []).append(value)
    return found


def page(study: Study) -> str:
    """The page of evaluations."""
    runs = evaluated(study)
    first = read_json(runs[0].kept.evaluation)
    return "\n".join(
        [
            f"# {study.title}: beyond the error",
            "",
            f"Models of the last epoch on {first['examples']:,} test images of {first['dataset']}, the same for all",
            "runs; mean over seeds ± the half width of a 95 % interval (Student's t).",
            f"`python studies/evaluate.py {study.name}` evaluates trained runs,",
            f"`python studies/report.py {study.name}` rebuilds this page from the raw files in `runs/`.",
            "",
            "![The main numbers of each arm, a dot for each seed](behavior.png)",
            "",
            *_table(study, runs),
            "",
        ]
    )


def _table(study: Study, runs: list[StudyRun]) -> Iterator[str]:
    seeds = {arm: [run.seed for run in runs if run.arm == arm] for arm in study.arms}
    arms = [arm for arm, present in seeds.items() if present]
    yield f"| | {' | '.join(study.arms[arm].title for arm in arms)} |"
    yield f"|---|{'---|' * len(arms)}"
    yield f"| seeds | {' | '.join(', '.join(map(str, seeds[arm])) for arm in arms)} |"
    for title, by_arm in values(runs).items():
        yield f"| {title} | {' | '.join(str(estimate(by_arm[arm])) if arm in by_arm else '–' for arm in arms)} |"


def draw(study: Study):
    """The main numbers as a matplotlib figure: a panel for each, a row for each arm, a dot for each seed."""
    runs, found = evaluated(study), values(evaluated(study))
    methods = {run.arm: method_of(run) for run in runs}
    arms, colors = [arm for arm in study.arms if arm in methods], plotting.colors_of(methods)
    drawn = {title: name for title, name in DRAWN.items() if title in found}
    rows = -(-len(drawn) // 3)
    figure = plotting.new_figure(11, 0.7 + rows * (0.6 + 0.26 * len(arms)), layout="constrained")
    panels = figure.subplots(rows, 3, sharey=True, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
    for axes, (title, name) in zip(panels.flat, drawn.items(), strict=False):
        _draw_panel(axes, [found[title].get(arm, []) for arm in arms], [colors[arm] for arm in arms])
        axes.set_title(name, fontsize=10)
    panels[0, 0].set_yticks(range(len(arms)), [study.arms[arm].title for arm in arms])
    panels[0, 0].set_ylim(len(arms) - 0.5, -0.5)
    return figure


def _draw_panel(axes, rows: list[list[float]], colors: list[str]) -> None:
    """A row of dots for each arm, and its mean as a bar."""
    axes.set_axis_on()
    for place, (some, color) in enumerate(zip(rows, colors, strict=True)):
        axes.plot(some, [place] * len(some), "o", color=color, alpha=0.5, markersize=5, markeredgewidth=0)
        if some:
            axes.plot(estimate(some).mean, place, "|", color=color, markersize=15, markeredgewidth=2.5)
    axes.grid(axis="x", alpha=0.25)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
