"""What MkDocs needs beyond docs/: the README as home page, results, benchmarks, notebooks, and the API reference.

Pages keep the links that work in the repository; those that lead elsewhere are turned into the site's.
"""

import ast
import base64
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "cutmix_tf"
PAGES = {"README.md": "index.md"} | {
    name: name
    for name in (
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "results/README.md",
        "benchmarks/README.md",
        "notebooks/README.md",
    )
}
"""What is shown besides docs/: path in the repository -> path in the site."""
HOME = "---\nhide: [navigation]\n---\n"  # on the home page
LINK = re.compile(r'(\]\(|<img src=")((?!https?:|mailto:|#)[^)"\s]+)(\)|")')
ROOMS = {
    "mixing": "Methods: `cm.CutMix` and its relatives.",
    "losses": "Losses that understand mixed targets.",
    "metrics": "Metrics that understand mixed targets.",
    "targets": "The forms of targets.",
    "models": "Models by name, heads, and mixing of features.",
    "layers": "Layers that regularize.",
    "datasets": "Datasets by name.",
    "pipeline": "From examples to batches.",
    "attention": "Teachers, their maps, and the cache.",
    "diagnosis": "What is wrong with this pipeline and model?",
    "training": "Configs and runs.",
    "runs": "The files of a run.",
    "inference": "Finished runs as something to use.",
    "evaluation": "What the papers measure.",
    "distribution": "One protocol for devices, replicas and workers.",
    "transfer": "Features at work elsewhere.",
    "plotting": "Figures.",
}
"""The parts of the package in the API reference."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Lists notebooks and the API in the navigation."""
    notebooks = ["notebooks/README.md"] + [{title_of(path): f"notebooks/{path.stem}.md"} for path in notebook_files()]
    api = ["api/index.md", *({f"cutmix_tf.{room}": f"api/{room}.md"} for room in rooms())]
    for section in config.nav or []:
        for title, target in section.items():
            if title == "Methods":
                target.extend(unlisted(target, "docs/methods/*.md"))
            elif title == "Evidence":
                target.extend(unlisted(target, "results/*/README.md"))
            elif target in ("notebooks", "api"):
                section[title] = notebooks if target == "notebooks" else api
    return config


def unlisted(section: list[dict[str, str]], pattern: str) -> list[dict[str, str]]:
    """The pages of a pattern that a section of the navigation does not name, by their headings."""
    named = {target for entry in section for target in entry.values()}
    pages = {str(page.relative_to(ROOT)).removeprefix("docs/"): page for page in sorted(ROOT.glob(pattern))}
    headings = {name: page.read_text().splitlines()[0].removeprefix("# ") for name, page in pages.items()}
    return [{heading: name} for name, heading in headings.items() if name not in named]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds pages and figures that are not in docs/."""
    for source, target in PAGES.items():
        start = HOME if target == "index.md" else ""
        files.append(File.generated(config, target, content=start + (ROOT / source).read_text()))
    for folder in ("results", "benchmarks"):
        for figure in (ROOT / folder).rglob("*.png"):
            files.append(File.generated(config, str(figure.relative_to(ROOT)), abs_src_path=str(figure)))
    for path in (ROOT / "results").rglob("*/*.md"):
        files.append(File.generated(config, str(path.relative_to(ROOT)), content=path.read_text()))
    for path in notebook_files():
        for target, content in notebook_pages(path):
            files.append(File.generated(config, target, content=content))
    for target, content in api_pages():
        files.append(File.generated(config, target, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links into the repository into links within the site, or to its source."""
    if page.file.src_uri.startswith("api/"):
        return markdown
    here = posixpath.dirname(repository_path(page.file.src_uri))
    return LINK.sub(lambda link: relinked(link, here, page.file.src_uri, config, files), markdown)


def relinked(link: re.Match, here: str, page: str, config: MkDocsConfig, files: Files) -> str:
    """A link as the site needs it; just its text in parentheses where the source is nowhere to be linked."""
    path, _, heading = link[2].partition("#")
    target = site_path(posixpath.normpath(posixpath.join(here, path)))
    if target in {file.src_uri for file in files}:
        relative = posixpath.relpath(target, posixpath.dirname(page) or ".")
        return f"{link[1]}{relative}{'#' + heading if heading else ''}{link[3]}"
    if not (ROOT / posixpath.join(here, path)).exists():
        return link[0]  # which the strict build reports
    source = posixpath.normpath(posixpath.join(here, path))
    return f"{link[1]}{config.repo_url or '#'}{f'/blob/main/{source}' if config.repo_url else ''}{link[3]}"


def repository_path(page: str) -> str:
    """Where a page of the site lies in the repository."""
    sources = {target: source for source, target in PAGES.items()}
    outside = page.startswith(("results/", "benchmarks/", "notebooks/"))
    return sources.get(page, page if outside else f"docs/{page}")


def site_path(path: str) -> str:
    """Where something in the repository lies in the site."""
    if path in ("notebooks", "docs", "docs/README.md", "docs/methods", "results", "studies"):
        return {"docs/methods": "gallery.md", "notebooks": "notebooks/README.md"}.get(path, "index.md")
    inside = path.removeprefix("docs/")
    return PAGES.get(inside, inside.replace(".ipynb", ".md")) if path == inside else inside


# ---- notebooks ----


def notebook_files() -> list[Path]:
    """The notebooks, in order."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def title_of(path: Path) -> str:
    """The heading of a notebook."""
    first = nbformat.read(path, as_version=4).cells[0].source
    return next(line.removeprefix("# ") for line in first.splitlines() if line.startswith("# "))


def notebook_pages(path: Path) -> Iterator[tuple[str, str | bytes]]:
    """A notebook as a page, and its figures."""
    parts = []
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        if cell.cell_type == "markdown" or cell.metadata.get("cellView") == "form":  # the latter sets up
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for place, output in enumerate(cell.outputs):
            data = output.get("data", {})
            if "image/png" in data:
                figure = f"{path.stem}_{number}_{place}.png"
                yield f"notebooks/{figure}", base64.b64decode(data["image/png"])
                parts.append(f"![Output of the cell above]({figure})")
            else:
                parts.append(f"```text\n{output.get('text') or data.get('text/plain', '')}\n```")
    yield f"notebooks/{path.stem}.md", "\n\n".join(parts)


# ---- API reference ----


def rooms() -> list[str]:
    """The parts of the package that export something."""
    return [room for room in ROOMS if public_names(room)]


def public_names(room: str) -> list[str]:
    """The names that a room exports; first those that the package itself has, too."""
    file = PACKAGE / room / "__init__.py"
    if not file.exists():
        tree = ast.parse((PACKAGE / f"{room}.py").read_text())
        return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    first = exported(PACKAGE / "_names.py")
    return sorted(exported(file), key=lambda name: name not in first)


def exported(file: Path) -> list[str]:
    """The names that a file imports for others."""
    nodes = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.ImportFrom)]
    return [alias.name for node in nodes for alias in node.names if alias.asname == alias.name]


def api_pages() -> Iterator[tuple[str, str]]:
    """An overview, and a page for each room."""
    lines = [f"- [`cutmix_tf.{room}`]({room}.md): {ROOMS[room]}" for room in rooms()]
    text = "Everything public. After `import cutmix_tf as cm`, what most users need is there as `cm.NAME`, too."
    yield "api/index.md", "\n".join(["# API reference", "", text, "", *lines])
    for room in rooms():
        names = "\n\n".join(f"::: cutmix_tf.{room}.{name}" for name in public_names(room))
        yield f"api/{room}.md", f"# cutmix_tf.{room}\n\n{ROOMS[room]}\n\n{names}\n"
