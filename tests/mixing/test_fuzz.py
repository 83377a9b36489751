"""Random calls of random mixers: valid ones are mixed by the laws, invalid ones are refused by an error of ours.

Most calls run op by op, which is fast when shapes keep changing; some are also compiled by XLA, with and without known
shapes, and must give the same bits. CUTMIX_FUZZ_EXAMPLES=N draws N valid calls and makes each four times or five, 10 N
invalid ones, and the settings of 10 N mixers. `pytest -s` prints the counts at the end. Every draw is a function of its
number, so a longer run starts with the shorter one.
"""

import collections
import itertools
import os

import numpy as np
import pytest
import tensorflow as tf
from helpers import random_calls as rc
from helpers.errors import refusal
from helpers.execution import op_by_op
from helpers.oracle import object_weights, picked, seen_boxes, shrunk, tiled

import cutmix_tf as cm
from cutmix_tf.mixing import MIXERS, BoundMixer, Canvas, Mixer, ObjectAware, Plan

EXAMPLES = int(os.environ.get("CUTMIX_FUZZ_EXAMPLES", "8"))
COUNTS = collections.Counter()
COMPILED_OF = 20 if EXAMPLES < 1000 else 40  # XLA takes a second, and its code stays in memory


@pytest.fixture(scope="module", autouse=True)
def print_counts():
    yield
    print(f"\n{dict(COUNTS)}")


def in_dataset(call):
    """The result inside `Dataset.map`, where neither the batch size nor the images' size is known."""
    unknown = {"images": 3, "segmentation_masks": 3}

    def mix(parts):
        shapes = {
            name: [None] * unknown.get(name, 1) + part.shape[unknown.get(name, 1) :] for name, part in parts.items()
        }
        parts = {name: tf.compat.v1.placeholder_with_default(part, shapes[name]) for name, part in parts.items()}
        return call.on(parts, **call.options)

    parts = {name: tf.constant(part) for name, part in call.parts.items()}
    dataset = tf.data.Dataset.from_tensors(parts).map(tf.autograph.experimental.do_not_convert(mix))
    return next(iter(dataset))


def test_valid_calls_are_mixed_by_the_laws(xla):
    for number in range(EXAMPLES):
        chance = np.random.default_rng(number)
        call = rc.call_of(chance, rc.mixer_of(chance))
        with op_by_op():
            mixed, again, other, still = (
                arrays(call, call(**more)) for more in ({}, {}, {"seed": (0, 1)}, {"strength": 0.0})
            )
        COUNTS["op by op"] += 4
        lawful(call, mixed)
        lawful(call, other)
        same_bits(mixed, again)
        untouched(call, still)
        if number % COMPILED_OF == 0:
            COUNTS["compiled"] += 1
            compiled = call() if number % (2 * COMPILED_OF) else in_dataset(call)
            same_bits(mixed, arrays(call, compiled), rc.rounds_freely(call))


def test_invalid_calls_are_refused():
    for number in range(10 * EXAMPLES):
        chance = np.random.default_rng(number)
        call = rc.call_of(chance, rc.mixer_of(chance))
        if len(call.parts["images"]):
            what, call = rc.spoiled(chance, call)
            COUNTS["refused"] += 1
            with op_by_op():
                assert refusal(call) is not None, (what, call)


JUNK = [None, -1, 0.5, "1", "", True, float("nan"), float("inf"), 1e-320, 1e300, 10**400, 2**31, 2**40, (), (1,), [[1]]]
JUNK += [("a", None), (None, 1), {}, b"", np.float32(0.5), np.array([1, 2]), (1e308, 1e308), cm.CutMix(), cm.CutMix]


def test_any_setting_is_refused_or_lawful():
    for number in range(10 * EXAMPLES):
        chance = np.random.default_rng(number)
        name = rc.one(chance, sorted(MIXERS))
        settings = rc.arguments(chance, name)
        settings[rc.one(chance, sorted(settings))] = rc.one(chance, JUNK)
        COUNTS["settings"] += 1
        made = []
        with op_by_op():
            if refusal(lambda: made.extend(_called(chance, name, settings))) is None:  # noqa: B023 - called at once
                call, mixed = made
                lawful(call, arrays(call, mixed))


def _called(chance, name, settings):
    call = rc.call_of(chance, rc.bound(chance, MIXERS[name](**settings)))
    return call, call()


def arrays(call, mixed):
    """The parts of a mixed element by name; its structure must be that of the call."""
    if call.as_dict:
        mixed = dict(mixed)
        if "bounding_boxes" in mixed:
            mixed["boxes"], mixed["box_labels"] = (mixed["bounding_boxes"][key] for key in ("boxes", "labels"))
            del mixed["bounding_boxes"]
        assert mixed.keys() == call.parts.keys() - {"attention"}
    else:
        names = [name for name in ("images", "labels", "sample_weights") if name in call.parts]
        mixed = dict(zip(names, mixed if len(names) > 1 else [mixed], strict=True))
    if isinstance(mixed["images"], dict):
        mixed |= mixed.pop("images")
        mixed |= {f"plan_{name}": rows for name, rows in mixed.pop("plan").items()}
    return {name: np.asarray(part) for name, part in mixed.items()}


def same_bits(first, second, rounded=False):
    """Compiled code may round the last place of pixels otherwise."""
    assert first.keys() == second.keys()
    for name, part in first.items():
        if rounded and name == "images":
            assert part.dtype == second[name].dtype
            np.testing.assert_allclose(second[name].astype(float), part.astype(float), rtol=2 * resolution(part.dtype))
        else:
            assert (part.shape, part.dtype) == (second[name].shape, second[name].dtype), name
            assert part.tobytes() == second[name].tobytes(), name


def resolution(dtype):
    """The relative rounding of pixels and labels; weights are float32 at best."""
    return 2.0**-7 if dtype == rc.BFLOAT16 else max(2.0**-23, float(np.finfo(dtype).eps) if dtype.kind == "f" else 0)


def untouched(call, mixed):
    """With a strength of 0 everything stays, and each own label has weight 1."""
    for name in mixed.keys() & {"images", "sample_weights", "segmentation_masks"}:
        np.testing.assert_array_equal(mixed[name].astype(float), call.parts[name].astype(float))
    if "labels" in mixed and mixed["labels"].ndim == 3 and not rc.only_erases(call.mixer):
        np.testing.assert_array_equal(mixed["labels"][:, 0, 0], call.parts["labels"].ravel())
        weights = mixed["labels"][:, :, 1]
        np.testing.assert_array_equal(weights, np.eye(1, weights.shape[1]).repeat(len(weights), axis=0))
    elif "labels" in mixed:
        np.testing.assert_array_equal(mixed["labels"].ravel(), call.parts["labels"].ravel())
    if "boxes" in mixed:
        size = call.parts["images"].shape[1:3]
        for example in range(len(mixed["boxes"])):
            assert boxes_are(mixed, example, own_boxes(call.parts, example, np.ones(size, bool)))


def lawful(call, mixed):
    """Shapes and dtypes stay, and each example has a partner that explains everything that it shows."""
    COUNTS["lawful"] += 1
    before, mixed = {name: np.asarray(part) for name, part in call.parts.items()}, dict(mixed)
    types_stay(call, before, mixed)
    if isinstance(call.mixer, BoundMixer):
        same_bits({"images": before["images"]}, {"images": mixed["images"]})
        before["images"], mixed["images"] = features(call.mixer, mixed)
    for example in range(len(before["images"])):
        explained = (explains(call.mixer, before, mixed, example, other) for other in partners(call, mixed, example))
        if not (any(explained) or is_tiled(call.mixer, before, mixed, example)):
            seen = {name: part[example].tolist() for name, part in mixed.items()}
            raise AssertionError(f"nobody explains example {example} of {call}: {seen}")


def types_stay(call, before, mixed):
    for name in mixed.keys() & {"images", "sample_weights", "segmentation_masks"}:
        assert mixed[name].shape == before[name].shape, name
        blended = name == "images" and isinstance(call.mixer, Mixer) and rc.blends(call.mixer)
        to_floats = blended and before[name].dtype.kind in "iu"
        assert mixed[name].dtype == (np.float32 if to_floats else before[name].dtype), name
    if "labels" in mixed:
        pairs = before["labels"].dtype.kind in "iu" and not rc.only_erases(call.mixer)
        labels = before["labels"] if before["labels"].shape[1:] != (1,) else before["labels"][:, 0]
        num_images = getattr(call.mixer, "num_images", 2)
        assert mixed["labels"].shape == ((len(labels), num_images, 2) if pairs else labels.shape)
        assert mixed["labels"].dtype == (np.float32 if pairs else labels.dtype)

    for name in mixed.keys() & {"boxes", "box_labels"}:
        count, number, *rest = before[name].shape
        assert mixed[name].shape == (count, number * call.mixer.num_images, *rest)
        assert mixed[name].dtype == before[name].dtype


def features(bound, mixed):
    """A map that shows each example's number on the grid of the drawn tap, and the same map mixed by the plan."""
    count, tap = len(mixed["images"]), mixed["plan_tap"]
    if not count:
        return np.zeros((0, 1, 1, 1)), np.zeros((0, 1, 1, 1))
    assert (tap == tap[0]).all()
    assert 0 <= tap[0] < len(bound.mixer.taps)
    own = np.broadcast_to(np.arange(count, dtype=np.float32).reshape(-1, 1, 1, 1), (count, *bound.grids[tap[0]], 1))
    shown = own.copy()
    group = -(-count // bound.replicas)
    for example, (top, left, bottom, right) in enumerate(mixed["plan_box"]):
        first = example // group * group
        assert 0 <= mixed["plan_partner"][example] < min(group, count - first)
        other = own[first + mixed["plan_partner"][example], top:bottom, left:right]
        share = mixed["plan_own_share"][example] if "plan_own_share" in mixed else 0
        shown[example, top:bottom, left:right] *= share
        shown[example, top:bottom, left:right] += (1 - share) * other
    return own, shown


def partners(call, mixed, example):
    """Who can have been mixed into an example: any other one, or itself if it is alone; None stands for an eraser."""
    everyone = set(range(len(mixed["images"])))
    if isinstance(call.mixer, BoundMixer):
        group = -(-len(everyone) // call.mixer.replicas)
        everyone = {other for other in everyone if other // group == example // group}
    if rc.only_erases(call.mixer):
        return [None]
    return [*(everyone - {example} or {example}), *([None] if rc.erasers(call.mixer) else [])]


def explains(mixer, before, mixed, example, partner):
    """Whether that partner accounts for the image and, by the share that the image shows, for everything else."""
    own, shown = before["images"][example].astype(float), mixed["images"][example].astype(float)
    if rc.resizes(mixer) and partner is not None and is_resized(mixer, before, mixed, example, partner):
        return True
    if partner is None:
        return is_erased(mixer, own, shown) and all_follows(mixer, before, mixed, example, None, True, 1.0, 0.0)
    error = 4 * resolution(mixed["images"].dtype) * max(1, np.max(shown, initial=0, where=np.isfinite(shown)))
    error = error if rc.blends(mixer) else 0.0
    return any(
        all_follows(mixer, before, mixed, example, partner, kept, share, error)
        for kept, share in readings(own, before["images"][partner].astype(float), shown, error)
    )


def is_resized(mixer, before, mixed, example, partner):
    """Whether there is a box into which that partner was shrunk, with the mask and the label that this gives."""
    own, shown, size = before["images"][example], mixed["images"][example], before["images"].shape[1:3]
    changed = ~alike(own.astype(float), shown.astype(float)).all(axis=2)
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    if not changed.any() or not np.isfinite(before["images"][partner].astype(float)).all():
        return changed.any()  # of NaN or infinity, anything may be pasted
    tops, lefts = range(rows[0] + 1), range(columns[0] + 1)
    ends = itertools.product(range(rows[-1] + 1, size[0] + 1), range(columns[-1] + 1, size[1] + 1))
    for (bottom, right), top, left in itertools.product(ends, tops, lefts):
        inside, (height, width) = np.s_[top:bottom, left:right], (bottom - top, right - left)
        pasted = shrunk(before["images"][partner].astype(float), height, width)
        pasted = np.rint(pasted) if before["images"].dtype.kind in "iu" else pasted
        error = 2 * resolution(before["images"].dtype) * max(1, abs(pasted).max())
        if not np.allclose(shown[inside].astype(float), pasted, rtol=0, atol=error):
            continue
        kept = np.ones(size, bool)
        kept[inside] = False
        moved = {
            name: np.array(before[name]) for name in ("images", "segmentation_masks", "attention") if name in before
        }
        if "segmentation_masks" in moved:
            moved["segmentation_masks"][partner][inside] = picked(before["segmentation_masks"][partner], height, width)
        if "boxes" in before:
            moved["expected_boxes"] = own_boxes(before, example, kept)
            moved["expected_boxes"] += shrunk_boxes(before, partner, size, (top, left, bottom, right))
        if all_follows(mixer, before | moved, mixed, example, partner, kept, kept.mean(), 0.0):
            return True
    return False


def is_tiled(mixer, before, mixed, example):
    """Whether there are a point where four images meet, and three partners, that account for everything."""
    images, (height, width) = before["images"].astype(float), before["images"].shape[1:3]
    if len(images) < 2 or not any(type(leaf).__name__ == "Mosaic" for leaf in rc.leaves(mixer)):
        return False
    everyone, shown = range(len(images)), mixed["images"][example].astype(float)
    for row, column in itertools.product(range(height + 1), range(width + 1)):
        parts = [np.s_[:row, :column], np.s_[:row, column:], np.s_[row:, :column], np.s_[row:, column:]]
        windows = [tiled([image] * 4, height, width, row, column) for image in images]
        fits = [[one for one in everyone if alike(windows[one][part], shown[part]).all()] for part in parts]
        if example in fits[0]:
            others = itertools.product(*fits[1:])
            if any(tiles_follow(mixer, before, mixed, [example, *three], (row, column)) for three in others):
                return True
    return False


def tiles_follow(mixer, before, mixed, members, center):
    """Whether masks, boxes and labels are those of four images that meet there; they differ if there are enough."""
    (example, *others), (height, width) = members, before["images"].shape[1:3]
    if len(set(members)) != min(4, len(before["images"])):
        return False
    if "segmentation_masks" in before:
        masks = tiled(list(before["segmentation_masks"][members]), height, width, *center)
        if not np.array_equal(mixed["segmentation_masks"][example], masks):
            return False
    if "boxes" in before:
        expected = []
        for place, member in enumerate(members):
            maps = [np.full((height, width, 2), -1)] * 4
            maps[place] = np.moveaxis(np.indices((height, width)), 0, -1)
            shown = tiled(maps, height, width, *center)
            expected += seen_boxes(before["boxes"][member], before["box_labels"][member], shown)
        if not boxes_are(mixed, example, expected):
            return False
    rows, columns = (center[0], height - center[0]), (center[1], width - center[1])
    parts = [np.float32(down * across / (height * width)) for down in rows for across in columns]
    return "labels" not in before or labels_follow(mixer, before, mixed, example, others, parts, 1e-7)


def own_boxes(before, example, kept):
    """What is seen of the boxes of an example where its own pixels are kept."""
    shown = np.where(kept[..., None], np.moveaxis(np.indices(kept.shape), 0, -1), -1)
    return seen_boxes(before["boxes"][example], before["box_labels"][example], shown)


def shrunk_boxes(before, partner, size, box):
    """The boxes of an image that is shrunk whole into that box."""
    (height, width), (top, left, bottom, right) = size, box
    scale = np.array([(right - left) / width, (bottom - top) / height] * 2)
    rows = zip(before["boxes"][partner].astype(float), before["box_labels"][partner], strict=True)
    clipped = [(np.clip(each, 0, [width, height] * 2), label) for each, label in rows if label >= 0]
    return [
        [*(inside * scale + [left, top] * 2), label] for inside, label in clipped if (inside[2:] > inside[:2]).all()
    ]


def boxes_are(mixed, example, expected):
    """Whether an example has these boxes, (left, top, right, bottom, label), in this order, and no others."""
    rows = np.full((len(mixed["boxes"][example]), 5), -1.0)
    rows[: len(expected)] = np.reshape(expected, (-1, 5))
    labels = mixed["box_labels"][example].astype(float)
    same = np.allclose(mixed["boxes"][example], rows[:, :4], rtol=0, atol=1e-5)
    return same and np.array_equal(labels, rows[:, 4])


def all_follows(mixer, before, mixed, example, partner, kept, share, error):
    if "segmentation_masks" in before:
        masks = before["segmentation_masks"]
        kept = np.reshape(kept, np.shape(kept) + (1,) * (masks.ndim - 3))
        followed = np.where(kept, masks[example], masks[example if partner is None else partner])
        if not np.array_equal(mixed["segmentation_masks"][example], followed):
            return False
    if "boxes" in before:
        kept_pixels = np.broadcast_to(np.reshape(kept, np.shape(kept)[:2]), before["images"].shape[1:3])
        expected = own_boxes(before, example, kept_pixels) + own_boxes(before, partner, ~kept_pixels)
        if not boxes_are(mixed, example, before.get("expected_boxes", expected)):
            return False
    if "labels" not in before:
        return True
    if isinstance(mixer, ObjectAware):
        parts, error = object_parts(mixer, before, example, partner, kept), error + 1e-5  # of the maps' units
    else:
        share = labeled_share(mixer, share, error)
        parts = np.float32(share), 1 - np.float32(share)
    return labels_follow(mixer, before, mixed, example, [partner], parts, error)


def object_parts(mixer, before, example, partner, kept):
    """The weights that the visible objects give, by the oracle; NaN where the image does not show what was kept."""
    if rc.only_erases(mixer):
        return 1.0, 0.0
    if rc.blends(mixer) or rc.resizes(mixer) or mixer.objects == "saliency":
        return np.nan, np.nan
    kept = np.broadcast_to(np.reshape(kept, np.shape(kept)[:2]), before["images"].shape[1:3])
    pair = [example, example if partner is None else partner]
    if mixer.objects == "masks":
        maps = before["segmentation_masks"].reshape(len(before["images"]), *kept.shape, -1).any(axis=3)[pair]
    else:
        grid = before["attention"].shape[1:]
        rows, columns = (np.arange(size) * cells // size for size, cells in zip(kept.shape, grid, strict=True))
        maps = before["attention"].astype(float)[pair][:, rows[:, None], columns]
        maps = [on_pixels * (whole.max() > 0) for on_pixels, whole in zip(maps, before["attention"][pair], strict=True)]
    return tuple(object_weights(kept, *maps, mixer.rule))


def is_erased(mixer, own, shown):
    """Whether each value is the image's own, or one that an eraser of the mixer writes."""
    fills = [leaf.fill for leaf in rc.erasers(mixer)]
    written = np.isin(
        shown, [np.float32(number) for fill in fills if not isinstance(fill, str) for number in np.ravel(fill)]
    )
    if any(isinstance(fill, str) for fill in fills):
        written |= np.isin(shown, np.arange(256))
    return (written | alike(own, shown)).all()


def alike(first, second):
    return (first == second) | (np.isnan(first) & np.isnan(second))


def readings(own, other, shown, error):
    """The pixels that are the image's own and their share: read as a paste and, if an error is allowed, as a blend.

    The share is NaN if the two images are too much alike.
    """
    kept, pasted = (alike(values, shown).all(axis=2) for values in (own, other))
    if (kept | pasted).all():
        yield kept, np.nan if alike(own, other).all() else kept.mean()
    finite = np.isfinite(own) & np.isfinite(other)
    own, other, shown = own[finite], other[finite], shown[finite]
    if not error or not np.isfinite(shown).all():
        return
    differ = own != other
    share = np.median((shown - other)[differ] / (own - other)[differ]) if differ.any() else np.nan
    blended = other + np.nan_to_num(share) * (own - other)
    if np.allclose(shown, blended, rtol=0, atol=error):
        yield kept, share


def labels_follow(mixer, before, mixed, example, partners, parts, error):
    """Whether target and sample weight are those of an example and its partners, given the weights of all labels.

    With sample weights, weight × target is each label's weight × that of its example. A partner that is None stands for
    an eraser.
    """
    labels, weights = before["labels"].reshape(len(before["images"]), -1), before.get("sample_weights")
    members, total = [example, *(example if each is None else each for each in partners)], sum(parts)
    weight, target, open_ = 1.0, mixed["labels"][example], np.isnan(total)
    if weights is not None:
        weighted = [part * float(weights[member]) for part, member in zip(parts, members, strict=True)]
        weight, error = float(mixed["sample_weights"][example]), 2 * error + 4 * resolution(weights.dtype)
        if abs(weight * total - sum(weighted)) > max(1, total) * error:
            return False
        parts, weight = (weighted, weight) if weight else (parts, 1.0)
    if rc.only_erases(mixer):
        return np.array_equal(target, labels[example].reshape(target.shape))
    if labels.dtype.kind not in "iu":
        wanted = sum(part * labels[member].astype(float) for part, member in zip(parts, members, strict=True))
        error += 2 * resolution(labels.dtype)
        return open_ or np.allclose(weight * target.astype(float), wanted, rtol=0, atol=max(1, total) * error)
    named = [place for place, each in enumerate([example, *partners]) if each is not None]
    if any(target[place, 0] != labels[members[place], 0] for place in named):
        return False
    shares = target[:, 1].astype(float)
    summed = abs(shares.sum() - total) < 1e-6 or open_
    parts = [*parts, *[0.0] * (len(shares) - len(parts))]
    return summed and (open_ or np.allclose(weight * shares, parts, rtol=0, atol=error))


def labeled_share(mixer, share, error):
    """The share that the label gives to a share that is known to an error; NaN if that leaves it open."""
    if np.isnan(share) or isinstance(mixer, BoundMixer):
        return share
    shares = np.clip([share - error, share, share + error], 0, 1)
    plan = Plan(tf.constant([[0, 0, 1, 1]] * 3), own_share=tf.constant(shares, tf.float32))
    weights = mixer.label_weight(plan, Canvas(*map(tf.constant, (3, 1, 1)))).numpy()
    return float(weights[1]) if np.ptp(weights) <= 2 * error + 1e-6 else np.nan
