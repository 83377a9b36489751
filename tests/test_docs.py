"""What the docs point at is there: links and headings, files, commands and their options."""

import json
import re
from pathlib import Path

import pytest

from cutmix_tf.cli import _main

ROOT = Path(__file__).parents[1]
PATTERNS = ("*.md", "docs/**/*.md", "results/**/*.md", "benchmarks/*.md", "notebooks/*.ipynb", "configs/**/*.py")
PAGES = sorted(page for pattern in PATTERNS for page in ROOT.glob(pattern))
FOLDERS = "benchmarks|configs|cutmix_tf|docs|notebooks|results|tests"
CONFIG = str(ROOT / "configs" / "shapes_resnet20.py")
HELP = {  # words before --help
    "train": [[CONFIG]],
    "attention": [[CONFIG]],
    "serve": [["dispatcher"], ["worker"]],
    "transfer": [["detection", "detection_scenes"], ["captioning", "captioning_scenes"]],
}
ELSEWHERE = {"--help", "--version", "--list", "--write", "--arms", "--seeds"}  # of no command, or of other programs
ELSEWHERE |= {"--quick", "--check", "--no-deps", "--wheel-dir"}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text_of(page):
    """The prose of a page: all of a Markdown file or a config, the Markdown cells of a notebook."""
    if page.suffix != ".ipynb":
        return page.read_text()
    cells = json.loads(page.read_text())["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def code_of(page):
    """The lines of fenced blocks that are not Python, and everything in backticks; of a config, its docstring."""
    text = text_of(page)
    if page.suffix == ".py":
        return text.split('"""')[1].splitlines()
    blocks = re.findall(r"^ *```(\w*)\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    lines = [line for language, block in blocks if language != "python" for line in block.splitlines()]
    prose = re.sub(r"^ *```.*?```", "", text, flags=re.DOTALL | re.MULTILINE)
    if page.name == "coming_from.md":  # whose tables begin with the flags of others
        prose = re.sub(r"^\| [^|]* \|", "", prose, flags=re.MULTILINE)
    return lines + re.findall(r"`([^`\n]+)`", prose)


def options_of(capsys, command):
    """The options that a command's help shows."""
    shown = ""
    for words in HELP.get(command, [[]]):
        with pytest.raises(SystemExit):
            _main.main([command, *words, "--help"])
        shown += capsys.readouterr().out
    return set(re.findall(r"--[a-z][\w-]*", shown))


@pytest.fixture
def options(capsys, monkeypatch):
    """The options of each command."""
    monkeypatch.setenv("COLUMNS", "200")
    return {name: options_of(capsys, name) for name in _main.COMMANDS}


@each_page
def test_links_lead_somewhere(page):
    for link in re.findall(r"(?:\]\(|src=\")(?!http)([^)\"]+)[)\"]", text_of(page)):
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not heading or heading in headings_of(target), link


def headings_of(page):
    """The headings of a page, as links spell them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


@each_page
def test_named_files_exist(page):
    text = text_of(page)
    new = re.findall(r"Write `\S+/_(\w+)\.py`", text)  # the examples of CONTRIBUTING.md
    for name in re.findall(rf"[`\s]((?:{FOLDERS})/[\w/.]+\w/?)(?=[`\s,.;:)]|$)", text):
        if not any(example in name for example in new):
            assert (ROOT / name).exists(), name


COMMAND = re.compile(r"(?:cutmix-tf|python -m cutmix_tf) ([a-z][a-z-]*)([^;]*)|(train|evaluate)_keras\.py([^;]*)")


def test_commands_have_the_options_that_the_docs_use(options):
    everywhere = set().union(*options.values()) | ELSEWHERE
    for page in PAGES:
        for code in code_of(page):
            found = COMMAND.search(code)
            command, rest = (found[1] or found[3], found[2] or found[4] or "") if found else (None, code)
            assert command is None or command in _main.COMMANDS, (page, code)
            known = everywhere if command is None else options.get(command, set()) | ELSEWHERE
            assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", rest)) <= known, (page, code)


def test_every_command_is_documented():
    text = "\n".join(code for page in PAGES for code in code_of(page))
    for command in _main.COMMANDS:
        assert re.search(rf"cutmix-tf {command}\b", text) or f"{command}_keras.py" in text, command
