"""A CIFAR ResNet-20 in PyTorch, equal to `models.build("resnet20")`, and its training steps."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn


class Block(nn.Module):
    """Two convolutions and a shortcut, which is a 1×1 convolution where the shape changes."""

    def __init__(self, channels: int, out: int, stride: int):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(channels, out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(),
            nn.Conv2d(out, out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out),
        )
        same = stride == 1 and channels == out
        shortcut = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        self.shortcut = nn.Identity() if same else shortcut

    def forward(self, x):
        """Features (batch, out, height, width)."""
        return torch.relu(self.main(x) + self.shortcut(x))


def resnet20() -> nn.Module:
    """The network, from images (batch, 3, 32, 32) to logits of ten classes."""
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    channels = 16
    for out in (16, 32, 64):
        for block in range(3):
            layers.append(Block(channels, out, 2 if block == 0 and out > 16 else 1))
            channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def training_steps(batch: int, *, bfloat16: bool) -> tuple[Callable[[], float], int]:
    """A function that takes one training step on noise, and the number of trainable parameters.

    Args:
      batch: Number of images.
      bfloat16: Whether the forward pass runs under autocast.
    """
    chance = np.random.default_rng(0)
    images = torch.from_numpy(chance.normal(size=(batch, 3, 32, 32)).astype(np.float32))
    images = images.to(memory_format=torch.channels_last)
    labels = torch.from_numpy(chance.integers(0, 10, batch))
    model = resnet20().to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)

    def step() -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return float(loss)

    return step, sum(values.numel() for values in model.parameters())
