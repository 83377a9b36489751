"""Writes the tables of benchmarks/README.md from the records in results/: python benchmarks/page.py [--check].

What stands above the mark is written by hand. With --check nothing is written, and the program fails if the page
differs from what the records give.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _record import RESULTS, cell_text

PAGE = Path(__file__).parent / "README.md"
MARK = "<!-- Below: written by benchmarks/page.py from results/ -->\n"
ORDER = ("mixing", "methods", "attentive", "cifar_pipeline", "imagenet_pipeline", "step", "cpu_training", "hours")
ORDER += ("startup", "growth", "accelerator")


def main() -> None:
    """Writes or checks the page."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is out of date")
    options = parser.parse_args()
    written = PAGE.read_text(encoding="utf-8")
    page = with_tables(written, records(RESULTS))
    if options.check:
        sys.exit(0 if page == written else f"{PAGE.name} is out of date. Run python benchmarks/page.py.")
    PAGE.write_text(page, encoding="utf-8")
    print(f"Wrote {PAGE}")


def records(folder: Path) -> list[dict[str, Any]]:
    """The records of a folder in the order of the page; those that it doesn't know come last."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda record: (*ORDER, record["benchmark"]).index(record["benchmark"]))


def with_tables(page: str, found: list[dict[str, Any]]) -> str:
    """The page with new tables below its mark."""
    prose = page.partition(MARK)[0]
    return prose + MARK + "".join("\n" + "\n".join(section(record)) + "\n" for record in found)


def section(record: dict[str, Any]) -> Iterator[str]:
    """A heading, how the record was made, and its tables."""
    name, figure = record["benchmark"], RESULTS / f"{record['benchmark']}.png"
    yield f"## {name}.py"
    yield ""
    yield made_with(record)
    for comparison in record.get("comparisons", ()):
        yield ""
        yield from table(comparison)
    if figure.is_file():
        yield ""
        yield f"![{name}](results/{figure.name})"


def made_with(record: dict[str, Any]) -> str:
    """One sentence on machine and versions, with a link to the record."""
    versions = ", ".join(f"{package} {version}" for package, version in record["versions"].items() if version)
    load = f"load {record['load_average'][0]:g} at the start" if record["load_average"] else "load unknown"
    machine = f"{record['cpu']}, {record['logical_cores']} cores, {load}"
    return f"[{record['benchmark']}.json](results/{record['benchmark']}.json): {machine}; {versions}."


def table(comparison: dict[str, Any]) -> Iterator[str]:
    """A comparison as Markdown; columns in the order in which rows bring them up."""
    rows = comparison["rows"]
    heads = list(dict.fromkeys(head for cells in rows.values() for head in cells))
    yield f"**{comparison['title']}**"
    yield ""
    yield f"| | {' | '.join(heads)} |"
    yield f"|---|{'---:|' * len(heads)}"
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(cell_text(cells.get(head)) for head in heads)} |"


if __name__ == "__main__":
    main()
