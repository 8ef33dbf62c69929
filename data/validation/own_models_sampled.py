# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `sampled`: the shapes are the papers', the weights random."""

import torch
import torch.nn as nn
import torch.nn.functional as F

# ---- small pictures --------------------------------------------------------------------------------------------


class CifarBlock(nn.Module):
    """Two convolutions; where the map shrinks, the way around is every other pixel with channels of zeros."""

    def __init__(self, channels, width, stride):
        super().__init__()
        self.stride, self.more = stride, width - channels
        self.conv1, self.norm1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.norm2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        if self.more:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        return F.relu(x + y)


class CifarResNet(nn.Module):
    """The residual net for pictures of 32 x 32, of 6n + 2 layers, after He et al. 2016, section 4.2."""

    def __init__(self, depth=20, classes=10, widths=(16, 32, 64)):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0])
        blocks, channels = [], widths[0]
        for stage, width in enumerate(widths):
            for index in range((depth - 2) // 6):
                blocks.append(CifarBlock(channels, width, 2 if stage and not index else 1))
                channels = width
        self.blocks, self.head = nn.Sequential(*blocks), nn.Linear(channels, classes)

    def forward(self, x):
        x = self.blocks(F.relu(self.norm(self.conv(x))))
        x = F.avg_pool2d(x, x.size(3))
        return self.head(x.view(x.size(0), -1))


class WideBlock(nn.Module):
    """Norm and activation before each convolution, a dropout between them."""

    def __init__(self, channels, width, stride, drop):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(width), nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.drop = drop
        self.around = None if channels == width else nn.Conv2d(channels, width, 1, stride, bias=False)

    def forward(self, x):
        y = F.relu(self.norm1(x))
        around = self.around(y) if self.around is not None else x
        y = F.relu(self.norm2(self.conv1(y)))
        y = F.dropout(y, self.drop, self.training)
        return around + self.conv2(y)


class CifarWideResNet(nn.Module):
    """Few, wide residual blocks for pictures of 32 x 32, after Zagoruyko and Komodakis 2016 (WRN-16-4)."""

    def __init__(self, depth=16, times=4, classes=100, drop=0.3):
        super().__init__()
        widths = (16, 16 * times, 32 * times, 64 * times)
        self.conv = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        blocks, channels = [], widths[0]
        for stage, width in enumerate(widths[1:]):
            for index in range((depth - 4) // 6):
                blocks.append(WideBlock(channels, width, 2 if stage and not index else 1, drop))
                channels = width
        self.blocks, self.norm, self.head = nn.Sequential(*blocks), nn.BatchNorm2d(channels), nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.norm(self.blocks(self.conv(x))))
        return self.head(F.avg_pool2d(x, 8).flatten(1))


# ---- larger pictures -------------------------------------------------------------------------------------------


class PoseBlock(nn.Module):
    """The bottleneck of a plain residual net."""

    def __init__(self, channels, width, stride=1):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.norm2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.norm3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        same = channels == 4 * width and stride == 1
        self.around = None if same else nn.Sequential(nn.Conv2d(channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = self.relu(self.norm1(self.conv1(x)))
        y = self.relu(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        return self.relu(y + (x if self.around is None else self.around(x)))


class SimplePose(nn.Module):
    """A person's joints as heat maps: a residual net of 50 layers, three transposed convolutions, after Xiao et al. 2018."""

    def __init__(self, joints=17, depths=(3, 4, 6, 3), up=256):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        blocks, channels = [], 64
        for stage, depth in enumerate(depths):
            for index in range(depth):
                blocks.append(PoseBlock(channels, 64 << stage, 2 if stage and not index else 1))
                channels = 4 * (64 << stage)
        self.blocks, rises = nn.Sequential(*blocks), []
        for _ in range(3):
            rises += [nn.ConvTranspose2d(channels, up, 4, 2, 1, bias=False), nn.BatchNorm2d(up), nn.ReLU(inplace=True)]
            channels = up
        self.rises, self.head = nn.Sequential(*rises), nn.Conv2d(up, joints, 1)

    def forward(self, image):
        return self.head(self.rises(self.blocks(self.stem(image))))


class PatchDiscriminator(nn.Module):
    """Whether each patch of 70 x 70 of a pair of pictures is true: five convolutions of 4 x 4, after Isola et al. 2017."""

    def __init__(self, channels=6, width=64, depth=3):
        super().__init__()
        layers = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
        last = width
        for index in range(1, depth + 1):
            wide = width * min(2 ** index, 8)
            layers += [nn.Conv2d(last, wide, 4, 2 if index < depth else 1, 1, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2, True)]
            last = wide
        self.model = nn.Sequential(*layers, nn.Conv2d(last, 1, 4, 1, 1))

    def forward(self, given, asked):
        return self.model(torch.cat([given, asked], 1))


# ---- tables, tastes, games -------------------------------------------------------------------------------------


class BatchNormMlp(nn.Module):
    """Tables as many write it: an embedding for each category, the numbers normed, then lines, activations, norms, dropouts."""

    def __init__(self, sizes=(1115, 7, 12, 31, 4, 3, 23, 26), numbers=16, widths=(1000, 500), outputs=1):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size + 1, min(50, (size + 2) // 2)) for size in sizes)
        self.drop, self.norm = nn.Dropout(0.04), nn.BatchNorm1d(numbers)
        layers, last = [], numbers + sum(table.embedding_dim for table in self.tables)
        for width in widths:
            layers += [nn.Linear(last, width, bias=False), nn.ReLU(inplace=True), nn.BatchNorm1d(width), nn.Dropout(0.1)]
            last = width
        self.layers = nn.Sequential(*layers, nn.Linear(last, outputs))

    def forward(self, ids, numbers):
        x = torch.cat([table(ids[:, index]) for index, table in enumerate(self.tables)], 1)
        return self.layers(torch.cat([self.drop(x), self.norm(numbers)], 1))


class Gru4Rec(nn.Module):
    """The next thing of a visit to a shop, from those seen: a GRU and a score for everything, after Hidasi et al. 2016."""

    def __init__(self, things=10000, width=100, hidden=256):
        super().__init__()
        self.table, self.drop = nn.Embedding(things, width, padding_idx=0), nn.Dropout(0.2)
        self.gru, self.head = nn.GRU(width, hidden, batch_first=True), nn.Linear(hidden, things)

    def forward(self, seen):
        states, _ = self.gru(self.drop(self.table(seen)))
        return torch.tanh(self.head(states[:, -1]))


class DuelingDqn(nn.Module):
    """A game's screens in, a value of each move out, as a state's worth and each move's advantage, after Wang et al. 2016."""

    def __init__(self, frames=4, moves=18):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(frames, 32, 8, 4), nn.ReLU(), nn.Conv2d(32, 64, 4, 2), nn.ReLU(),
                                      nn.Conv2d(64, 64, 3, 1), nn.ReLU(), nn.Flatten())
        self.advantage = nn.Sequential(nn.Linear(64 * 7 * 7, 512), nn.ReLU(), nn.Linear(512, moves))
        self.worth = nn.Sequential(nn.Linear(64 * 7 * 7, 512), nn.ReLU(), nn.Linear(512, 1))

    def forward(self, screens):
        x = self.features(screens / 255.0)
        advantage = self.advantage(x)
        return self.worth(x) + advantage - advantage.mean(dim=1, keepdim=True)


# ---- speech ----------------------------------------------------------------------------------------------------


class ConvRecurrentEnhancer(nn.Module):
    """A voice without its noise: convolutions over bands, two LSTMs over frames, the way back with skips, after Tan and Wang 2018."""

    def __init__(self, bands=161, widths=(16, 32, 64, 128, 256)):
        super().__init__()
        self.down, self.up, channels, height, pads = nn.ModuleList(), nn.ModuleList(), 1, bands, []
        for width in widths:
            self.down.append(nn.Sequential(nn.Conv2d(channels, width, (1, 3), (1, 2)), nn.BatchNorm2d(width), nn.ELU()))
            after = (height - 3) // 2 + 1
            pads.append(height - (2 * (after - 1) + 3))
            channels, height = width, after
        self.memory = nn.LSTM(channels * height, channels * height, 2, batch_first=True)
        for index in reversed(range(len(widths))):
            width, pad = widths[index - 1] if index else 1, (0, pads[index])
            layers = [nn.ConvTranspose2d(2 * widths[index], width, (1, 3), (1, 2), output_padding=pad), nn.BatchNorm2d(width)]
            self.up.append(nn.Sequential(*layers, nn.ELU() if index else nn.Softplus()))

    def forward(self, spectrum):
        x, kept = spectrum.unsqueeze(1), []
        for down in self.down:
            x = down(x)
            kept.append(x)
        batch, channels, frames, height = x.shape
        y, _ = self.memory(x.permute(0, 2, 1, 3).reshape(batch, frames, channels * height))
        x = y.reshape(batch, frames, channels, height).permute(0, 2, 1, 3)
        for up, old in zip(self.up, reversed(kept)):
            x = up(torch.cat([x, old], 1))
        return x.squeeze(1)
