"""Runs notebooks from top to bottom, and keeps their outputs: python notebooks/run.py [01 04 …].

What programs write to stderr, such as TensorFlow's startup messages, is left out.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def run(path: Path) -> None:
    """Runs one notebook in its folder, and writes it."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=3600, resources={"metadata": {"path": FOLDER}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)
    print(f"{path.name}: {len(notebook.cells)} cells")


def main(prefixes: list[str]) -> None:
    """Runs the notebooks whose names begin with one of the words; without any, all."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        if path.name.startswith(tuple(prefixes)):
            run(path)


if __name__ == "__main__":
    main(sys.argv[1:] or [""])
