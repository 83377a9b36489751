"""Colors and text sizes of all figures: one color for each method, whatever else is in the figure."""

import re
import zlib
from collections.abc import Mapping

INK = "#1f2933"
TARGET_COLORS = ("#3b4a5e", "#0b8793")  # of the image and its partner, and of the labels in a target
FURTHER_COLORS = ("#a8690c", "#8c4a9c")  # of a third and a fourth label
ERASED = "#cbd2da"  # of pixels that are erased
BOX_COLORS = ("#d1495b", "#00b3b0")  # of the object's box and the box that was found
SMALL, TEXT, TITLE = 9, 10, 11  # points

METHOD_COLORS = {
    "none": "#8f9aa8",
    "CutMix": "#d1495b",
    "AttentiveCutMix": "#1b7f4d",
    "FeatureCutMix": "#f39aa6",
    "ObjectAware": "#68150d",
    "ResizeMix": "#4f81ca",
    "FMix": "#605206",
    "GridMix": "#773756",
    "SaliencyMix": "#2fd3de",
    "Mosaic": "#908efc",
    "MixUp": "#e8a33d",
    "ManifoldMixUp": "#96650f",
    "Cutout": "#30638e",
    "HideAndSeek": "#6fb1dc",
    "RandomErasing": "#1b2f6b",
    "OneOf": "#742fd6",
}
SPARE_COLORS = ("#00b3b0", "#b5337b", "#7c9a1e", "#7a5548", "#d9702a", "#b79fe0")  # of all other methods
_ALIASES = {"baseline": "none", "nomixing": "none", "none": "none", "attentive": "AttentiveCutMix"}
_SHADES = (0.0, -0.35, 0.4, -0.6, 0.65)  # of runs by the same method: darker below 0, lighter above


def method_of(text: str) -> str:
    """The name of the method in a config's text, such as "MixUp(alpha=0.2)", or in the name of a run.

    Args:
      text: A method as text, or any name; "shapes_resnet20_cutmix" is by CutMix.

    Returns:
      A key of `METHOD_COLORS` if there is one in the text, otherwise what stands before the first parenthesis.
    """
    leading = text.split("(")[0].strip()
    if leading in METHOD_COLORS:
        return leading
    if re.fullmatch(r"\w+\(.*\)", text.strip(), re.DOTALL):
        return leading  # a method without a color of its own, not the one inside its parentheses
    letters = re.sub(r"[^a-z]", "", text.lower())
    known = {name.lower(): name for name in METHOD_COLORS} | _ALIASES
    found = [name for name in sorted(known, key=len, reverse=True) if name in letters]
    return known[found[0]] if found else leading


def color_of(text: str) -> str:
    """The color of the method in a text; that of text if it has none."""
    return METHOD_COLORS.get(method_of(text), INK)


def colors_of(methods: Mapping[str, str | None]) -> dict[str, str]:
    """A color for each run, by its method and never by its position.

    Runs by the same method get different shades of its color. Methods without a color of their own get one of
    `SPARE_COLORS`.

    Args:
      methods: Name of the run -> its method as text; None to guess it from the name.

    Returns:
      Name of the run -> color, in the order of `methods`.
    """
    colors, taken = {}, {}
    for name in sorted(methods):
        method = method_of(methods[name] or name)
        base = METHOD_COLORS.get(method) or _spare(method, taken)
        taken.setdefault(base, []).append(method)
        shade = _SHADES[(len(taken[base]) - 1) % len(_SHADES)]
        colors[name] = _shaded(base, shade)
    return {name: colors[name] for name in methods}


def _spare(method: str, taken: Mapping[str, list[str]]) -> str:
    """A color that depends on the method's name, unless another method of the figure has it."""
    first = zlib.crc32(method.encode()) % len(SPARE_COLORS)
    order = SPARE_COLORS[first:] + SPARE_COLORS[:first]
    return next((color for color in order if set(taken.get(color, ())) <= {method}), order[0])


def _shaded(color: str, shade: float) -> str:
    """A color mixed with black by -shade, or with white by shade."""
    target = 1.0 if shade > 0 else 0.0
    parts = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    mixed = (round(255 * (part + abs(shade) * (target - part))) for part in parts)
    return "#" + "".join(f"{part:02x}" for part in mixed)
