"""Rebuilds a study's tables, figures and page from its raw files: python studies/report.py STUDY [--check].

With --check nothing is written, and the program fails if what is committed differs from what the raw files give.
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import behavior
import cards
from estimates import Difference, estimate, paired_difference
from study import Study, StudyRun, load_study


def main() -> None:
    """Writes, or checks, the files of a study."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")
    options = parser.parse_args()
    study = load_study(options.study)
    runs = [run for run in study.runs() if run.finished]
    if not runs:
        sys.exit(f"{study.name}: no run has finished. Run python studies/run.py {study.name}.")
    texts = {study.results / "runs.csv": runs_csv(runs), study.results / "README.md": page(study, runs)}
    if behavior.evaluated(study):
        texts[study.results / "behavior.md"] = behavior.page(study)
    texts |= {run.network / "README.md": cards.page(run) for run in cards.kept(study)}
    if options.check:
        stale = [str(file) for file, text in texts.items() if not file.is_file() or file.read_text() != text]
        sys.exit(f"Out of date: {', '.join(stale)}. Run python studies/report.py {study.name}." if stale else 0)
    for file, text in texts.items():
        file.write_text(text)
    draw(study, runs)
    print(f"Wrote {', '.join(file.name for file in texts)} and figures in {study.results}")


def runs_csv(runs: list[StudyRun]) -> str:
    """A row for each finished run."""
    text = io.StringIO()
    study = runs[0].study
    names = ["arm", "seed", *study.columns, *study.task.facts, "commit", "machine"]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for run in runs:
        summary = run.summary()
        facts = {"arm": run.arm, "seed": run.seed, **{name: summary["measured_with"][name] for name in names[-2:]}}
        writer.writerow({name: facts.get(name, summary.get(name)) for name in names})
    return text.getvalue()


def page(study: Study, runs: list[StudyRun]) -> str:
    """The study's page: what it asks, what was run, and what came out."""
    return "\n".join(
        [
            f"# {study.title}",
            "",
            study.question.strip(),
            "",
            _progress(study, len(runs)),
            f"`python studies/report.py {study.name}` rebuilds this page from the raw files in `runs/`.",
            f"{study.task.unit}, mean over seeds ± the half width of a 95 % interval (Student's t).",
            "",
            *_table(study, runs),
            "",
            f"![{study.task.curve_title} by epoch, mean over seeds](curves.png)",
            "",
            *(["What else these models do: [beyond the error](behavior.md).", ""] if behavior.evaluated(study) else []),
            *_differences(study, runs),
        ]
    )


def _progress(study: Study, count: int) -> str:
    """A line that the page's next one goes on with."""
    total, command = sum(1 for _ in study.runs()), f"`python studies/run.py {study.name}`"
    if count == total:
        finished = "The run has finished." if total == 1 else f"All {total} runs have finished."
        return f"{finished} {command} makes again what is missing of the raw files,"
    return f"{count} of {total} runs have finished. {command} makes the missing ones,"


def values_of(runs: list[StudyRun], arm: str, column: str) -> dict[int, float]:
    """Seed -> value, of the finished runs of an arm that have the column."""
    summaries = {run.seed: run.summary() for run in runs if run.arm == arm}
    return {seed: summary[column] for seed, summary in summaries.items() if column in summary}


def _table(study: Study, runs: list[StudyRun]) -> Iterator[str]:
    known = set().union(*(run.summary() for run in runs))
    columns = {name: title for name, title in study.columns.items() if name in known}
    first = study.task.headlines[0]
    yield f"| arm | seeds ({columns[first]}) | {' | '.join(columns.values())} |"
    yield f"|---|---|{'---|' * len(columns)}"
    for name, arm in study.arms.items():
        cells = [values_of(runs, name, column) for column in columns]
        if cells[0]:
            seeds = ", ".join(f"{seed} ({value:.1f})" for seed, value in values_of(runs, name, first).items())
            numbers = " | ".join(str(estimate(list(values.values()))) if values else "–" for values in cells)
            yield f"| {arm.title} | {seeds} | {numbers} |"


def _differences(study: Study, runs: list[StudyRun]) -> Iterator[str]:
    """The section of differences; nothing if no two arms have finished a seed."""
    rows = list(_rows_of_differences(study, runs))
    if rows:
        yield "## Differences, seed by seed"
        yield ""
        yield f"Each arm minus the other on the same seeds; {study.task.better}. p of a paired two-sided t-test."
        yield ""
        yield f"| arm | minus | seeds | {' | '.join(study.columns[name] for name in study.task.headlines)} |"
        yield f"|---|---|---|{'---|' * len(study.task.headlines)}"
        yield from rows
        yield ""


def _rows_of_differences(study: Study, runs: list[StudyRun]) -> Iterator[str]:
    for name, reference in _compared(study):
        pairs = [_difference(runs, name, reference, column) for column in study.task.headlines]
        if pairs[0] is not None:
            cells = " | ".join(_shown(pair) for pair in pairs if pair)
            titles = f"{study.arms[name].title} | {study.arms[reference].title}"
            yield f"| {titles} | {pairs[0].estimate.count} | {cells} |"


def _compared(study: Study) -> Iterator[tuple[str, str]]:
    """Pairs of an arm and the one that it is compared with."""
    for reference in () if study.baseline is None else (study.baseline, "cutmix_0.5"):
        for name, arm in study.arms.items():
            if name not in (reference, study.baseline) and arm.versus is None and reference in study.arms:
                yield name, reference
    yield from ((name, arm.versus) for name, arm in study.arms.items() if arm.versus is not None)
    yield from ((name, arm.control) for name, arm in study.arms.items() if arm.control is not None)


def _difference(runs: list[StudyRun], arm: str, reference: str, column: str) -> Difference | None:
    return paired_difference(values_of(runs, arm, column), values_of(runs, reference, column))


def _shown(difference: Difference) -> str:
    sure = "" if difference.p_value != difference.p_value else f" (p = {difference.p_value:.2g})"
    return f"{difference.estimate}{sure}"


def draw(study: Study, runs: list[StudyRun]) -> Path:
    """The error by epoch of each arm, its mean over seeds and its seeds behind it; and what was evaluated."""
    from figures import draw_arms  # needs matplotlib, which --check does not

    file = study.results / "curves.png"
    draw_arms(study, runs).savefig(file, dpi=120)
    if behavior.evaluated(study):
        behavior.draw(study).savefig(study.results / "behavior.png", dpi=120)
    return file


if __name__ == "__main__":
    main()
