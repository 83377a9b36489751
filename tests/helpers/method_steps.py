"""What CONTRIBUTING.md asks of a method, step by step, and which of it was forgotten."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import cutmix_tf as cm
from cutmix_tf import mixing
from cutmix_tf.mixing import MIXERS, HiddenMixer, Planner
from cutmix_tf.mixing._options import is_option
from helpers import cases, random_calls

ROOT = Path(__file__).parents[2]


def written_methods():
    """Every public class of the mixing modules that draws plans, by name, whether or not a table lists it."""
    names = [f"{mixing.__name__}.{info.name}" for info in pkgutil.iter_modules(mixing.__path__)]
    kinds = [kind for name in names for kind in vars(importlib.import_module(name)).values() if inspect.isclass(kind)]
    methods = {kind.__name__: kind for kind in kinds if issubclass(kind, Planner) and not inspect.isabstract(kind)}
    return {name: kind for name, kind in sorted(methods.items()) if not name.startswith("_")}


def forgotten(kind):
    """The steps that were forgotten for a method, in words; [] if there are none."""
    return [step for step, is_done in steps_of(kind).items() if not is_done]


def steps_of(kind):
    """What the steps ask for, and whether it is there."""
    is_frozen = "__dataclass_params__" in vars(kind) and kind.__dataclass_params__.frozen  # by itself
    settings = (
        {field.name for field in dataclasses.fields(kind) if not is_option(field)} if is_frozen else {"a setting"}
    )
    return {
        "1: a frozen dataclass": is_frozen,
        **_documented(kind, settings),
        **_listed(kind, settings),
        **_beside_the_code(kind),
    }


def _documented(kind, settings):
    text = inspect.cleandoc(kind.__doc__ or "")
    if issubclass(kind, HiddenMixer) and "`HiddenMixer` describes" in text:
        text += inspect.getdoc(HiddenMixer)
    return {
        "2: what happens to the label": re.search("label|target", text) is not None,
        "2: every setting": all(re.search(rf"^ *{name}: ", text, re.MULTILINE) for name in settings),
        "2: what is raised": "Raises:" in text,
        "2: the paper, or an example": "Reference:" in text or "Example:" in text,
    }


def _listed(kind, settings):
    name, is_ablation = kind.__name__, kind.__module__.endswith("._ablations")
    return {
        "3: mixing/__init__.py": getattr(mixing, name, None) is kind,
        "3: cutmix_tf/_names.py": getattr(cm, name, None) is kind or is_ablation,
        "3: the table of methods": MIXERS.get(name) is kind,
        "4: helpers/cases.py": kind in map(type, (*cases.CASES.values(), *cases.HIDDEN.values())),
        "4: helpers/random_calls.py": random_calls.SETTINGS.get(name, {}).keys() == settings,
    }


def _beside_the_code(kind):
    module, name = kind.__module__.rpartition(".")[2], kind.__name__
    cards = [card.read_text() for card in (ROOT / "docs" / "methods").glob("*.md")]
    return {
        "5: tests": (ROOT / "tests" / "mixing" / f"test{module}.py").is_file(),
        "5: a card": any(re.search(rf"\b{name}\b", card) for card in cards),
        "5: the changelog": f"`{name}`" in (ROOT / "CHANGELOG.md").read_text(),
    }
