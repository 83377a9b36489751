"""Comparisons with torchvision and timm, which `pip install "cutmix_tf[parity]"` installs."""
