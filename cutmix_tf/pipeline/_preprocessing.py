"""What happens to images on their way to the model."""

import dataclasses
from typing import Literal, get_args

from cutmix_tf._checks import check_choice, check_number, check_whole

Augmentation = Literal["none", "flip", "crop_flip", "imagenet"]
AutoAugmentPolicy = Literal["none", "cifar10", "imagenet"]

Size = tuple[int, int]
Channels = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """How images are resized, augmented and normalized.

    Images of another size are resized and cropped at the center, for testing and, unless `augment` is "imagenet", for
    training. After "imagenet" training the center is cut from a larger image, as usual there: for a crop of 224 pixels
    the shorter side is resized to 256.

    Attributes:
      image_size: Height and width of the batches.
      mean: Of each channel, in pixel units from 0 to 255, subtracted at the end.
      std: Standard deviation of each channel, in pixel units; images are divided by it after `mean` is subtracted.
      augment: In training: "none"; "flip" mirrors half of the images; "crop_flip" also shifts them by up to `padding`
        pixels, filling with zeros (CIFAR); "imagenet" takes a random resized crop, mirrors half of the images and
        changes their colors.
      padding: Of "crop_flip", in pixels.
      auto_augment: In training, between crop and flip and the change of colors: "none", or the policy that AutoAugment
        found for "cifar10" or "imagenet".

    Raises:
      TypeError, ValueError: if a value is out of range, or not a tuple of the right length.
    """

    image_size: Size
    mean: Channels
    std: Channels
    augment: Augmentation = "none"
    padding: int = 4
    auto_augment: AutoAugmentPolicy = "none"

    def __post_init__(self):
        check_choice("augment", self.augment, get_args(Augmentation))
        check_whole("padding", self.padding, low=0)
        check_choice("auto_augment", self.auto_augment, get_args(AutoAugmentPolicy))
        for name, length in (("image_size", 2), ("mean", 3), ("std", 3)):
            values = getattr(self, name)
            if not isinstance(values, tuple) or len(values) != length:
                raise ValueError(f"{name} must be a tuple of {length} numbers; got {values!r}.")
        for side in self.image_size:
            check_whole("image_size", side, low=1)
        for value in self.std:
            check_number("std", value, low=0, above=True)

    def in_pixels(self) -> "Preprocessing":
        """The same without normalization: batches stay in pixel units from 0 to 255, as float32."""
        return dataclasses.replace(self, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))

    @property
    def resize_to(self) -> Size:
        """Height and width that a test image is resized to before its center is cut out; it may exceed one of them."""
        if self.augment != "imagenet":
            return self.image_size
        height, width = ((256 * side + 112) // 224 for side in self.image_size)  # rounded
        return height, width
