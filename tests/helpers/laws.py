"""Laws that mixers obey, as plain functions that raise AssertionError. They know nothing about a mixer's internals.

A mixer here is anything called as `mixer(images, labels, seed=(a, b))` that returns images and pair targets; or images
and the same labels, if it only erases.
"""

import numpy as np
import tensorflow as tf

HEIGHT, WIDTH, COUNT = 12, 20, 64


def painted_batch(count=COUNT, height=HEIGHT, width=WIDTH, dtype="float32"):
    """Image i shows nothing but the number i, and its class is i."""
    numbers = np.arange(count).reshape(-1, 1, 1, 1)
    images = np.broadcast_to(numbers, (count, height, width, 3))
    return tf.cast(tf.constant(images), dtype), tf.range(count)


def numbered_batch(count=COUNT, height=HEIGHT, width=WIDTH):
    """All values are different, and float16 can represent hardly any of them."""
    values = np.arange(count * height * width * 3, dtype=np.float32) + 1 / 3
    return tf.constant(values.reshape(count, height, width, 3)), tf.range(count)


def run(mixer, batch, seed=(3, 5)):
    images, targets = mixer(*batch, seed=seed)
    return tf.convert_to_tensor(images), np.asarray(targets)


def boxes_of(images, targets):
    """Where each painted image shows a number that is not its own: top, left, bottom, right."""
    own = targets[:, 0, 0][:, None, None]
    other = np.asarray(tf.cast(images, tf.float32))[..., 0] != own
    rows, columns = other.any(axis=2), other.any(axis=1)
    top, left = rows.argmax(axis=1), columns.argmax(axis=1)
    bottom = rows.shape[1] - rows[:, ::-1].argmax(axis=1)
    right = columns.shape[1] - columns[:, ::-1].argmax(axis=1)
    return np.stack([top, left, bottom, right], axis=1)[other.any(axis=(1, 2))]


def targets_describe_the_image(mixer, atol=2e-6):
    """The mean number that the target promises is the mean number that the image shows."""
    images, targets = run(mixer, painted_batch())
    claimed = (targets[:, :, 0] * targets[:, :, 1]).sum(axis=1)
    shown = np.asarray(tf.cast(images, tf.float64)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(claimed, shown, rtol=0, atol=atol * COUNT)


def shares_are_whole_pixels(mixer):
    """A pasting mixer's weights are the counted shares of pixels, to the rounding of float32."""
    images, targets = run(mixer, painted_batch())
    own = (np.asarray(images)[..., 0] == targets[:, 0, 0][:, None, None]).mean(axis=(1, 2))
    np.testing.assert_allclose(targets[:, 0, 1], own, rtol=0, atol=1e-7)


def every_share_is_whole_pixels(mixer):
    """The weight of each class is the counted share of its pixels, whatever the number of labels."""
    images, targets = run(mixer, painted_batch())
    claimed = np.zeros((COUNT, COUNT))
    np.add.at(claimed, (np.arange(COUNT)[:, None], targets[:, :, 0].astype(int)), targets[:, :, 1])
    shown = (np.asarray(images)[..., :1] == np.arange(COUNT)).mean(axis=(1, 2))
    np.testing.assert_allclose(claimed, shown, rtol=0, atol=1e-7)


def four_images_meet_in_a_point(mixer):
    """An image is a window of four different ones, whole and two by two: its own first, then as the labels say."""
    images, labels = numbered_batch()
    mixed, targets = run(mixer, (images, labels))
    images = images.numpy()
    for image, target in zip(mixed.numpy(), targets, strict=True):
        members = target[:, 0].astype(int)
        if len(set(members)) != 4:
            raise AssertionError(f"the four images are {members}")
        grid = np.vstack([np.hstack(images[members[:2]]), np.hstack(images[members[2:]])])
        place = np.argwhere((grid == image[0, 0]).all(axis=2))
        if len(place) != 1:
            raise AssertionError("the first pixel belongs to none of the four images")
        row, column = place[0]
        np.testing.assert_array_equal(image, grid[row : row + HEIGHT, column : column + WIDTH])


def pixels_keep_their_place_and_bits(mixer):
    """Every value of a pasting mixer's image is its own or its partner's in the same place, bit for bit."""
    images, labels = numbered_batch()
    mixed, targets = run(mixer, (images, labels))
    partner = targets[:, 1, 0].astype(int)
    own, other = np.asarray(images), np.asarray(images)[partner]
    if not ((mixed == own) | (mixed == other)).numpy().all():
        raise AssertionError("a value is neither the image's own nor its partner's")


def something_moves(mixer):
    """Most images and most labels change."""
    images, targets = run(mixer, painted_batch())
    changed = (np.asarray(images)[..., 0] != np.arange(COUNT)[:, None, None]).any(axis=(1, 2))
    if changed.mean() < 0.5 or (targets[:, 1, 1] > 0).mean() < 0.5:
        raise AssertionError(f"only {changed.mean():.0%} of the images change")


def weights_sum_to_one(mixer):
    """The weights of a target are not negative and sum to one."""
    _, targets = run(mixer, painted_batch())
    if (targets[:, :, 1] < 0).any():
        raise AssertionError("a weight is negative")
    np.testing.assert_allclose(targets[:, :, 1].sum(axis=1, dtype=np.float64), 1, rtol=0, atol=1.2e-7)


def nobody_is_their_own_partner(mixer):
    """In several batches no example is paired with itself."""
    for step in range(8):
        _, targets = run(mixer, painted_batch(), seed=(1, step))
        if (targets[:, :1, 0] == targets[:, 1:, 0]).any():
            raise AssertionError("an example is its own partner")


def own_label_comes_first(mixer):
    """The first label of a pair is the example's own."""
    _, targets = run(mixer, painted_batch())
    np.testing.assert_array_equal(targets[:, 0, 0], np.arange(COUNT))


def labels_stay(mixer):
    """Whatever is erased, labels are returned as they were."""
    _, labels = run(mixer, painted_batch())
    np.testing.assert_array_equal(labels, np.arange(COUNT))


def something_is_erased(mixer):
    """Part of the pixels change, and an image is never erased in all batches."""
    images, _ = painted_batch()
    kept = np.stack([run(mixer, (images, tf.range(COUNT)), seed=(5, step))[0] == images for step in range(8)])
    if kept.all() or not kept.any(axis=(0, 2, 3, 4)).all():
        raise AssertionError(f"{kept.mean():.0%} of the values stay")


def boxes_differ_between_examples(mixer):
    """A mixer that draws for each example uses many boxes in a batch."""
    images, targets = run(mixer, painted_batch())
    if len(np.unique(boxes_of(images, targets), axis=0)) < COUNT // 3:
        raise AssertionError("examples share their boxes")


def boxes_have_the_images_aspect(mixer):
    """Boxes that are not clipped have the image's aspect ratio, to rounding."""
    height, width = 24, 96
    images, targets = run(mixer, painted_batch(count=256, height=height, width=width))
    top, left, bottom, right = boxes_of(images, targets).T
    free = (top > 0) & (left > 0) & (bottom < height) & (right < width)
    if not free.any():
        raise AssertionError("every box touches the border")
    deviation = (right - left)[free] - (bottom - top)[free] * width / height
    if np.abs(deviation).max() > 2 * (1 + width / height):
        raise AssertionError("boxes are not shaped like the image")


def every_place_is_reached(mixer):
    """Over many images every pixel is pasted sometimes, corners included."""
    reached = np.zeros((HEIGHT, WIDTH), bool)
    for step in range(20):
        images, targets = run(mixer, painted_batch(), seed=(2, step))
        reached |= (np.asarray(images)[..., 0] != targets[:, 0, 0][:, None, None]).any(axis=0)
    if not reached.all():
        raise AssertionError(f"never pasted: {np.argwhere(~reached)[:3].tolist()} …")


def half_are_mixed(mixer):
    """With prob=0.5 half of the examples are mixed (to five standard deviations), not a quarter."""
    mixed = []
    for step in range(30):
        _, targets = run(mixer, painted_batch(), seed=(4, step))
        mixed.append(targets[:, 1, 1] > 0)
    expected, spread = 0.5 * 0.985, 5 * 0.5 / np.sqrt(30 * COUNT)  # some boxes are empty at this size
    if not abs(np.mean(mixed) - expected) < spread + 0.015:
        raise AssertionError(f"{np.mean(mixed):.1%} of the examples are mixed")


def equal_seeds_give_equal_results(mixer):
    """And different seeds give different results."""
    batch = painted_batch()
    first, again, other = run(mixer, batch), run(mixer, batch), run(mixer, batch, seed=(3, 6))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    if np.array_equal(first[0], other[0]):
        raise AssertionError("another seed gives the same images")


def painted_objects(count=COUNT, height=HEIGHT, width=WIDTH):
    """Painted images with a rectangle each, which may be one pixel or the whole image, as segmentation masks."""
    images, labels = painted_batch(count, height, width)
    chance, masks = np.random.default_rng(7), np.zeros((count, height, width), np.int32)
    for number, mask in enumerate(masks):
        top, left = chance.integers(height), chance.integers(width)
        mask[top : chance.integers(top, height) + 1, left : chance.integers(left, width) + 1] = number + 1
    return {"images": images, "labels": labels, "segmentation_masks": tf.constant(masks)}


def labels_describe_the_objects(mixer, rule):
    """Weights are what the mixed image shows of both objects: shares of what is seen, or parts of whole objects.

    An object is seen where the mixed mask shows its number.
    """
    element = painted_objects()
    whole = np.count_nonzero(element["segmentation_masks"], axis=(1, 2))
    mixed = mixer(element, seed=(3, 5))
    targets, masks = np.asarray(mixed["labels"], np.float64), np.asarray(mixed["segmentation_masks"])
    ids = targets[:, :, 0].astype(int)
    seen = (masks[:, None] == ids[:, :, None, None] + 1).sum(axis=(2, 3))
    compared = seen.sum(axis=1) > 0 if rule == "area" else slice(None)
    expected = seen / (np.maximum(seen.sum(axis=1, keepdims=True), 1) if rule == "area" else whole[ids])
    np.testing.assert_allclose(targets[compared, :, 1], expected[compared], rtol=0, atol=1e-7)
    if (targets[:, 1, 1] > 0).mean() < 0.3:
        raise AssertionError("hardly any label is mixed")


def boxes_show_the_whole_partner(mixer):
    """A box has its partner's mean, however coarse it is, and a ramp becomes a steeper ramp with the same ends."""
    noise = np.random.default_rng(9).random((COUNT, HEIGHT, WIDTH))
    for box, partner in _boxes_and_partners(mixer, 50 * noise):
        np.testing.assert_allclose(box.mean(), partner.mean(), rtol=0, atol=1e-2)
    for box, partner in _boxes_and_partners(mixer, 2 * np.arange(HEIGHT)[:, None] + np.arange(WIDTH) + 0 * noise):
        rows, columns = ((np.arange(size) + 0.5) / size for size in box.shape)
        ramp = partner[0, 0] + 2 * (rows[:, None] * HEIGHT - 0.5) + columns * WIDTH - 0.5
        np.testing.assert_allclose(box, ramp, rtol=0, atol=(2 + 1) / 8 + 1e-2)  # a step of the ramp, cut anywhere


def _boxes_and_partners(mixer, values):
    """What is pasted into each of those images, which are shifted so that no value occurs in two, and its partner."""
    images = (100 * np.arange(COUNT)[:, None, None] + values).astype(np.float32)
    mixed, targets = run(mixer, (tf.constant(images[..., None]), tf.range(COUNT)))
    for before, after, target in zip(images, mixed.numpy()[..., 0], targets, strict=True):
        pasted = before != after
        rows, columns = pasted.any(axis=1), pasted.any(axis=0)
        np.testing.assert_array_equal(pasted, rows[:, None] & columns, err_msg="what changes is no box")
        yield after[rows][:, columns], images[int(target[1, 0])]


def shapes_are_smooth(mixer):
    """Where about half of an image is pasted, neighbors rarely come from different images."""
    images, targets = run(mixer, painted_batch())
    numbers = np.asarray(images)[..., 0][abs(targets[:, 0, 1] - 0.5) < 0.2]
    borders = np.mean(numbers[:, 1:] != numbers[:, :-1]) + np.mean(numbers[:, :, 1:] != numbers[:, :, :-1])
    if len(numbers) < 5 or borders > 0.4:
        raise AssertionError(f"{borders / 2:.0%} of the neighbors differ")


def cells_are_pasted_whole(mixer, cells):
    """Each cell of the grid shows one image, and no cell is pasted in all images or in none."""
    images, targets = run(mixer, painted_batch())
    pasted = np.asarray(images)[..., 0] != targets[:, 0, 0][:, None, None]
    rows, columns = (np.arange(size) * cells // size for size in (HEIGHT, WIDTH))
    for row, column in np.ndindex(cells, cells):
        share = pasted[:, rows == row][:, :, columns == column].mean(axis=(1, 2))
        if ((share > 0) & (share < 1)).any() or not 0 < share.mean() < 1:
            raise AssertionError(f"cell {row}, {column} is pasted by {share.min():.0%} to {share.max():.0%}")


def salient_places_are_pasted(mixer):
    """Each image has one bright pixel; wherever something is pasted, the partner's bright pixel is among it."""
    chance, images = np.random.default_rng(4), np.zeros((COUNT, HEIGHT, WIDTH, 3), np.uint8)
    places = np.stack([chance.integers(HEIGHT, size=COUNT), chance.integers(WIDTH, size=COUNT)], axis=1)
    images[np.arange(COUNT), places[:, 0], places[:, 1]] = 255
    mixed, targets = run(mixer, (tf.constant(images), tf.range(COUNT)))
    pasted = targets[:, 1, 1] > 0
    others = targets[:, 1, 0].astype(int)
    shown = mixed.numpy()[np.arange(COUNT), places[others, 0], places[others, 1], 2]
    if pasted.mean() < 0.5 or not (shown[pasted] == 255).all():
        raise AssertionError(f"{np.mean(shown[pasted] == 255):.0%} of the salient places are pasted")


OBJECTS = 3  # in each image, some of them hidden behind others


def objects_with_boxes(count=COUNT, height=HEIGHT, width=WIDTH):
    """Rectangles with their boxes in "xyxy": object n of image i has the color i + 1 in channel n, and label 3 i + n.

    Some reach beyond the image, and a third of the last ones is missing.
    """
    chance, images = np.random.default_rng(8), np.zeros((count, height, width, OBJECTS), np.int32)
    first = chance.integers(-2, (height, width), (count, OBJECTS, 2))
    last = first + chance.integers(1, (height, width), (count, OBJECTS, 2))
    labels = np.arange(count * OBJECTS).reshape(count, OBJECTS)
    labels[::3, -1] = -1
    for image, number in np.argwhere(labels >= 0):
        (top, left), (bottom, right) = np.maximum(first[image, number], 0), np.maximum(last[image, number], 0)
        images[image, top:bottom, left:right, number] = image + 1
    boxes = np.concatenate([first[..., ::-1], last[..., ::-1]], axis=2).astype(np.float32)
    boxes[labels < 0] = -1
    return {
        "images": tf.constant(images),
        "labels": tf.range(count),
        "segmentation_masks": tf.constant(images),
        "bounding_boxes": {"boxes": tf.constant(boxes), "labels": tf.constant(labels)},
    }


def boxes_describe_the_objects(mixer, min_visible=0.1, *, resized=False, count=COUNT, seed=(3, 5)):
    """Each object of which enough is seen has the box around its pixels, and there are no other boxes.

    With `resized`, partners are shrunk whole: each of their boxes stays, and is rounded to that of its pixels if there
    are any. Returns the number of boxes.
    """
    element = objects_with_boxes(count)
    mixed = mixer(element, seed=seed)
    boxes, labels = (np.asarray(mixed["bounding_boxes"][key]) for key in ("boxes", "labels"))
    ids, is_shown = np.asarray(mixed["labels"])[:, :, 0].astype(int), np.asarray(mixed["labels"])[:, :, 1] > 0
    pixels = np.asarray(mixed["segmentation_masks"])[:, None] == ids[:, :, None, None, None] + 1
    whole = np.count_nonzero(element["segmentation_masks"], axis=(1, 2))[ids]
    seen = np.count_nonzero(pixels, axis=(2, 3))
    stays = (seen > 0) & (seen >= min_visible * whole)
    if resized:
        stays[:, 1:] = whole[:, 1:] > 0
    stays &= is_shown[:, :, None]  # a label of weight 0 may occur twice
    np.testing.assert_array_equal((labels >= 0).sum(axis=1), stays.sum(axis=(1, 2)), err_msg="another number of boxes")
    if (np.diff(labels >= 0, axis=1) & (labels[:, 1:] >= 0)).any() or (boxes[labels < 0] != -1).any():
        raise AssertionError("rows without a box are not the last ones, or not -1")
    if (boxes[labels >= 0] < 0).any() or (boxes[labels >= 0] > [WIDTH, HEIGHT] * 2).any():
        raise AssertionError("a box is outside of its image")
    rows = np.full((count, count * OBJECTS), -1)
    rows[np.nonzero(labels >= 0)[0], labels[labels >= 0]] = np.nonzero(labels >= 0)[1]
    found = rows[np.arange(count)[:, None, None], OBJECTS * ids[:, :, None] + np.arange(OBJECTS)]
    if (((found >= 0) & is_shown[:, :, None]) != stays).any():
        raise AssertionError("an object has no box, or one that it should not have")
    compared = stays & (seen > 0)
    got = boxes[np.arange(count)[:, None, None], found][compared]
    np.testing.assert_allclose(got, _around(pixels)[compared], rtol=0, atol=0.5 + 1e-5 if resized else 0)
    return int(stays.sum())


def _around(pixels):
    """The box around what is True along axes 2 and 3, left, top, right, bottom: (…, 4) where they were."""
    sides = []
    for axis, size in ((3, pixels.shape[2]), (2, pixels.shape[3])):
        shown = pixels.any(axis=axis)
        sides.append((shown.argmax(axis=2), size - shown[:, :, ::-1].argmax(axis=2)))
    (top, bottom), (left, right) = sides
    return np.stack([left, top, right, bottom], axis=-1)
