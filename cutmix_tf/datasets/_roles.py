"""Which parts of a stored dataset are to train on, to choose the best epoch on, and to test on."""

from collections.abc import Mapping

from cutmix_tf.datasets._slices import Part, overlap, parse_split

USUAL_TESTS = ("test", "validation", "val")
"""Names of stored splits to test on if none is given."""


def choose_parts(
    name: str,
    counts: Mapping[str, int],
    train: str | None,
    validation: str | None,
    test: str | None,
) -> dict[str, tuple[Part, ...]]:
    """The parts for "train", "validation" and "test", as far as they are there.

    Args:
      name: Of the dataset, for messages.
      counts: How many examples each stored split has.
      train: A specification as in `parse_split`. A split called "train" may be missing.
      validation: A specification, or None for no validation split.
      test: A specification, or None for the first of `USUAL_TESTS` that is there.

    Raises:
      TypeError, ValueError: if a specification is wrong, the validation split shares examples with another, or there is
        nothing to train or to test on.
    """
    if test is None:
        test = next((usual for usual in USUAL_TESTS if usual in counts), None)
    if train == "train" and train not in counts:
        train = None
    wanted = {"train": train, "validation": validation, "test": test}
    parts = {role: parse_split(spec, counts) for role, spec in wanted.items() if spec is not None}
    if "train" not in parts and "test" not in parts:
        raise ValueError(
            f"A split called train, {', '.join(USUAL_TESTS[:-1])} or {USUAL_TESTS[-1]} is needed; {name} has only "
            f"{', '.join(counts)}. Say which to use, such as train_split='{next(iter(counts))}[:80%]'."
        )
    for role in ("train", "test"):
        if shared := overlap(parts.get("validation", ()), parts.get(role, ())):
            raise ValueError(
                f"validation_split must share no example with the {role} split; {validation!r} and {wanted[role]!r} "
                f"have {shared} in common. For example, train on 'train[:90%]' and validate on 'train[90%:]'."
            )
    return parts
