"""Options of other training programs, and what to write here instead: the official CutMix code, timm, torchvision."""

import itertools
from collections.abc import Collection, Sequence

OURS = {
    "lr": "--learning-rate {}",
    "wd": "--weight-decay {}",
    "b": "--batch-size {}",
    "arch": "--model {}",
    "a": "--model {}",
    "opt": "--optimizer {}",
    "expname": "--run-dir runs/{}",
    "output": "--run-dir {}",
    "output-dir": "--run-dir {}",
    "sched": "--schedule {}",
    "lr-scheduler": "--schedule {}",
    "lr-warmup-epochs": "--warmup-epochs {}",
    "smoothing": "--label-smoothing {}",
    "clip-grad": "--clip-norm {}",
    "clip-grad-norm": "--clip-norm {}",
    "model-ema": "--ema 0.9999",
    "model-ema-decay": "--ema {}",
    "amp": "--precision mixed_bfloat16",
    "aa": "--auto-augment {}",
    "cutmix": "--mix 'CutMix(alpha={})'",
    "cutmix-alpha": "--mix 'CutMix(alpha={})'",
    "mixup": "--mix 'MixUp(alpha={})'",
    "mixup-alpha": "--mix 'MixUp(alpha={})'",
    "reprob": "--erase 'RandomErasing(prob={})'",
    "random-erase": "--erase 'RandomErasing(prob={})'",
    "drop-path": "--regularizer 'WithStochasticDepth(drop_rate={})'",
    "resume": "the same command again, which continues its run",
    **dict.fromkeys(("j", "workers", "print-freq", "verbose", "no-verbose", "gpu"), "nothing; it is not needed"),
}
"""What to write instead of an option with one value, if it is written at all."""
_JOINT = ("beta", "cutmix-prob", "net-type", "depth", "alpha", "bottleneck", "no-bottleneck")
"""Options of the official code, several of which together say one thing."""


def check_flags(words: Sequence[str], known: Collection[str]) -> None:
    """Raises ValueError if a command line has options of other programs; says what to write instead of each.

    Args:
      words: The command line.
      known: The names of our own options, which are never hinted at.
    """
    flags = {name: value for name, value in _flags_in(words).items() if name.replace("-", "_") not in known}
    hints = [*_mix_hint(flags), *_model_hint(flags)]
    hints += [f"{_written(name, flags)}: {OURS[name].format(flags[name] or '…')}" for name in flags if name in OURS]
    if hints:
        lines = "".join(f"\n  {hint}" for hint in hints)
        raise ValueError(f"These options are from another program. Here is what to write instead of them:{lines}")


def _flags_in(words: Sequence[str]) -> dict[str, str]:
    """Options with their values, as --name value or --name=value; "" for those without."""
    flags = {}
    for word, following in itertools.pairwise([*words, "--"]):
        if word.startswith("-") and word.strip("-").strip("0123456789.e"):  # not a negative number
            name, equals, value = word.lstrip("-").partition("=")
            flags[name.replace("_", "-")] = value if equals or following.startswith("-") else following
    return flags


def _written(name: str, flags: dict[str, str]) -> str:
    """An option as it is usually written."""
    dashes = "-" if len(name) == 1 else "--"
    return f"{dashes}{name.replace('-', '_') if name in _JOINT else name} {flags[name]}".strip()


def _mix_hint(flags: dict[str, str]) -> list[str]:
    found = [name for name in ("beta", "cutmix-prob") if name in flags]
    if not found:
        return []
    alpha, prob = flags.get("beta") or "1.0", flags.get("cutmix-prob") or "1.0"
    mix = "none" if _is_zero(alpha) or _is_zero(prob) else f"'CutMix(alpha={alpha}, prob={prob})'"
    return [f"{' '.join(_written(name, flags) for name in found)}: --mix {mix}"]


def _model_hint(flags: dict[str, str]) -> list[str]:
    found = [name for name in ("net-type", "depth", "alpha", "bottleneck", "no-bottleneck") if name in flags]
    if not {"net-type", "depth"} & {*found}:
        return []
    model = flags.get("net-type") or "resnet"
    depth = flags.get("depth") or ("200" if model == "pyramidnet" else "50")
    return [f"{' '.join(_written(name, flags) for name in found)}: --model {model}{depth}"]


def _is_zero(text: str) -> bool:
    try:
        return float(text) == 0
    except ValueError:
        return False
