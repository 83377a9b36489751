"""Average precision: a case computed by hand, the rules of VOC and COCO, and COCO's own code."""

import numpy as np
import pytest

from cutmix_tf.transfer import Found, Objects, average_precisions


def objects(*boxes, labels=None, ignored=None):
    count = len(boxes)
    return Objects(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(labels if labels is not None else [0] * count, np.int32),
        np.array(ignored if ignored is not None else [False] * count),
    )


def found(*boxes, scores, labels=None):
    return Found(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(labels if labels is not None else [0] * len(boxes), np.int32),
        np.array(scores, np.float32),
    )


A, B, C, NOWHERE = [0, 0, 10, 10], [20, 20, 30, 30], [40, 0, 50, 10], [70, 70, 80, 80]


def test_a_case_computed_by_hand():
    """Hit, miss, hit, with the third object never found: precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3."""
    known = [objects(A, B), objects(C)]
    seen = [found(A, NOWHERE, scores=[0.9, 0.8]), found(C, scores=[0.7])]
    scores = average_precisions(known, seen, 1)
    assert scores["voc_area"] == pytest.approx(100 * (1 / 3 * 1 + 1 / 3 * 2 / 3))
    # Recalls 0, 0.1, 0.2, 0.3 at precision 1; 0.4, 0.5, 0.6 at 2/3; the other four are never reached.
    assert scores["voc11"] == pytest.approx(100 * (4 * 1 + 3 * 2 / 3) / 11)
    # Of 101 recalls, 0.00 to 0.33 at 1 and 0.34 to 0.66 at 2/3; boxes are exact, so every overlap is the same.
    assert scores["coco"] == pytest.approx(100 * (34 + 33 * 2 / 3) / 101)
    assert scores["coco"] == pytest.approx(scores["coco50"]) == scores["coco75"]


def test_a_loose_box_counts_up_to_its_overlap():
    scores = average_precisions([objects([0, 0, 10, 10])], [found([0, 0, 10, 7], scores=[1.0])], 1)  # overlap 0.7
    assert scores["coco50"] == 100
    assert scores["coco75"] == 0
    assert 40 <= scores["coco"] <= 50  # 0.5, 0.55, 0.6, 0.65 and, up to rounding, 0.7


def test_a_second_box_on_the_same_object_is_a_miss():
    scores = average_precisions([objects(A, B)], [found(A, A, B, scores=[0.9, 0.8, 0.7])], 1)
    assert scores["voc_area"] == pytest.approx(100 * (1 / 2 + 1 / 2 * 2 / 3))


def test_voc_assigns_to_the_largest_overlap_and_coco_to_the_largest_that_is_free():
    close = [0, 2, 10, 12]  # overlaps A by 2/3
    seen = [found(A, [0, 0.5, 10, 10.5], scores=[0.9, 0.8])]  # the second box fits A better than `close`
    scores = average_precisions([objects(A, close)], seen, 1)
    assert scores["voc_area"] == pytest.approx(50)
    assert scores["coco50"] == pytest.approx(100)


def test_ignored_objects_count_neither_way():
    known = [objects(A, B, ignored=[False, True])]
    without = average_precisions(known, [found(A, scores=[0.5])], 1)
    with_it = average_precisions(known, [found(A, B, B, scores=[0.5, 0.9, 0.8])], 1)
    assert without == with_it
    assert with_it["voc_area"] == 100


def test_classes_without_objects_are_left_out_and_others_average():
    known = [objects(A, B, labels=[0, 2])]
    scores = average_precisions(known, [found(A, B, scores=[0.9, 0.9], labels=[0, 1])], 3)
    assert scores["voc11"] == pytest.approx(50)  # class 0 is found, class 2 is not, class 1 has no object


def test_images_without_objects_or_detections_are_fine():
    assert average_precisions([objects(A), objects()], [found(scores=[]), found(scores=[])], 1)["coco"] == 0
    scores = average_precisions([objects(A), objects()], [found(A, scores=[0.5]), found(B, scores=[0.9])], 1)
    assert scores["voc_area"] == pytest.approx(50)


@pytest.mark.parametrize(
    ("known", "seen", "message"),
    [
        ([objects(A)], [], "same images"),
        ([objects()], [found(scores=[])], "at least one object"),
        ([objects([5, 5, 5, 9])], [found(scores=[])], r"must have an area.*\[5.0, 5.0, 5.0, 9.0\] in image 0"),
        ([objects(A, labels=[3])], [found(scores=[])], r"Labels must be in \[0, 2\); got 3 in image 0"),
        ([objects(A, labels=[-1])], [found(scores=[])], "got -1"),
        ([objects(A, labels=[0, 0])], [found(scores=[])], "as many boxes as labels"),
    ],
)
def test_errors(known, seen, message):
    with pytest.raises(ValueError, match=message):
        average_precisions(known, seen, 2)


def random_case(draw, num_classes):
    """Known and found objects of one image: some boxes are shifted copies, some are anywhere, some are missing."""

    def anywhere(count):
        start = draw.integers(0, 40, (count, 2))
        return np.concatenate([start, start + draw.integers(3, 30, (count, 2))], axis=1).astype(np.float32)

    count = draw.integers(0, 6)
    boxes, labels = anywhere(count), draw.integers(0, num_classes, count)
    copies = boxes + draw.integers(-3, 4, boxes.shape)
    copies = np.concatenate([copies, boxes, anywhere(draw.integers(0, 4))])
    copies[:, 2:] = np.maximum(copies[:, 2:], copies[:, :2] + 1)
    its = np.concatenate([labels, labels, draw.integers(0, num_classes, len(copies) - 2 * count)])
    kept = draw.random(len(copies)) < 0.7
    scores = draw.permutation(len(copies)) / len(copies) if len(copies) else np.zeros(0)
    ignored = draw.random(count) < 0.2
    return (
        Objects(boxes, labels.astype(np.int32), ignored),
        Found(copies[kept], its[kept].astype(np.int32), scores[kept].astype(np.float32)),
    )


def coco_scores(known, seen, num_classes):
    """AP, AP50 and AP75 by pycocotools."""
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")

    def as_xywh(box):
        top, left, bottom, right = map(float, box)
        return [left, top, right - left, bottom - top]

    truth, results = [], []
    for image, (each, boxes) in enumerate(zip(known, seen, strict=True), start=1):
        for box, label, ignored in zip(*each, strict=True):
            area = float((box[2] - box[0]) * (box[3] - box[1]))
            truth.append({"id": len(truth) + 1, "image_id": image, "category_id": int(label) + 1, "area": area})
            truth[-1] |= {"bbox": as_xywh(box), "iscrowd": int(ignored)}
        for box, label, score in zip(*boxes, strict=True):
            results.append({"image_id": image, "category_id": int(label) + 1, "score": float(score)})
            results[-1]["bbox"] = as_xywh(box)
    data = coco.COCO()
    categories = [{"id": label + 1} for label in range(num_classes)]
    data.dataset = {
        "images": [{"id": k + 1} for k in range(len(known))],
        "annotations": truth,
        "categories": categories,
    }
    data.createIndex()
    judge = cocoeval.COCOeval(data, data.loadRes(results), "bbox")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    return 100 * judge.stats[:3]


@pytest.mark.parametrize("seed", range(5))
def test_equals_cocos_own_code(seed):
    draw = np.random.default_rng(seed)
    known, seen = zip(*(random_case(draw, 3) for _ in range(8)), strict=True)
    ours = average_precisions(known, seen, 3)
    assert 0 < ours["coco"] < 100
    theirs = coco_scores(known, seen, 3)
    np.testing.assert_allclose([ours["coco"], ours["coco50"], ours["coco75"]], theirs, atol=1e-6)
