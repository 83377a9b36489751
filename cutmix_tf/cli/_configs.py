"""The configs that come with the package, by name."""

from pathlib import Path

from cutmix_tf._checks import did_you_mean

_PACKAGE = Path(__file__).parents[1]


def config_folder() -> Path:
    """Where they are: inside the package if it was installed from a wheel, beside it in a checkout."""
    inside = _PACKAGE / "configs"
    return inside if inside.is_dir() else _PACKAGE.parent / "configs"


def find_config(name: str | Path) -> Path:
    """The file of a config, given by its path or, if it comes with the package, by its name.

    Raises:
      FileNotFoundError: if there is no such file or name; with the nearest one.
    """
    path, known = Path(name), {file.stem: file for file in config_folder().glob("*.py")}
    if path.is_file():
        return path
    if str(name) in known:
        return known[str(name)]
    hint = did_you_mean(path.name, [other.name for other in path.parent.glob("*.py")]) or did_you_mean(path.stem, known)
    raise FileNotFoundError(
        f"There is no config {str(name)!r}, neither a file nor a name.{hint} cutmix-tf list configs shows all names."
    )
