# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `unopened`: the shapes are the papers', the weights random."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class MultiGateExperts(nn.Module):
    """Clicks and purchases from shared experts, a gate for each task, after Ma et al. 2018."""

    def __init__(self, fields=30, width=16, values=50000, experts=8, hidden=256, out=128, tasks=2):
        super().__init__()
        self.table, wide = nn.Embedding(values, width), fields * width
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(wide, hidden), nn.ReLU(), nn.Linear(hidden, out), nn.ReLU()) for _ in range(experts))
        self.gates = nn.ModuleList(nn.Linear(wide, experts, bias=False) for _ in range(tasks))
        self.towers = nn.ModuleList(nn.Sequential(nn.Linear(out, 64), nn.ReLU(), nn.Linear(64, 1)) for _ in range(tasks))

    def forward(self, ids):
        x = self.table(ids).flatten(1)
        known = torch.stack([expert(x) for expert in self.experts], dim=1)
        scores = []
        for gate, tower in zip(self.gates, self.towers):
            scores.append(tower((gate(x).softmax(-1).unsqueeze(-1) * known).sum(1)))
        return torch.sigmoid(torch.cat(scores, dim=1))


class InceptionModule(nn.Module):
    def __init__(self, channels, width, kernels=(39, 19, 9)):
        super().__init__()
        self.narrow = nn.Conv1d(channels, width, 1, bias=False)
        self.convs = nn.ModuleList(nn.Conv1d(width, width, kernel, padding=kernel // 2, bias=False) for kernel in kernels)
        self.pooled = nn.Sequential(nn.MaxPool1d(3, 1, 1), nn.Conv1d(channels, width, 1, bias=False))
        self.norm = nn.BatchNorm1d((len(kernels) + 1) * width)

    def forward(self, x):
        narrow = self.narrow(x)
        return F.relu(self.norm(torch.cat([conv(narrow) for conv in self.convs] + [self.pooled(x)], dim=1)))


class InceptionTime(nn.Module):
    """Classes of series: three lengths of convolution side by side, a way around every third, after Fawaz et al. 2019."""

    def __init__(self, channels=3, width=32, depth=6, classes=10):
        super().__init__()
        wide = 4 * width
        self.levels = nn.ModuleList(InceptionModule(channels if level == 0 else wide, width) for level in range(depth))
        self.around = nn.ModuleList(
            nn.Sequential(nn.Conv1d(channels if part == 0 else wide, wide, 1, bias=False), nn.BatchNorm1d(wide)) for part in range(depth // 3))
        self.head = nn.Linear(wide, classes)

    def forward(self, x):
        kept = x
        for level, module in enumerate(self.levels):
            x = module(x)
            if level % 3 == 2:
                x = kept = F.relu(x + self.around[level // 3](kept))
        return self.head(x.mean(-1))


def separable(channels, out, kernel, stride=1, dilation=1):
    return nn.Sequential(nn.Conv1d(channels, channels, kernel, stride, dilation * (kernel - 1) // 2, dilation, channels, bias=False),
                         nn.Conv1d(channels, out, 1, bias=False), nn.BatchNorm1d(out))


class QuartzBlock(nn.Module):
    def __init__(self, channels, out, kernel, repeats):
        super().__init__()
        layers = []
        for index in range(repeats):
            layers += [separable(channels if index == 0 else out, out, kernel)] + ([nn.ReLU()] if index + 1 < repeats else [])
        self.body, self.around = nn.Sequential(*layers), nn.Sequential(nn.Conv1d(channels, out, 1, bias=False), nn.BatchNorm1d(out))

    def forward(self, x):
        return F.relu(self.body(x) + self.around(x))


class QuartzNet(nn.Module):
    """Spectra to letters: separable convolutions along time, five blocks of five, after Kriman et al. 2019."""

    def __init__(self, bands=64, letters=29, repeats=5):
        super().__init__()
        blocks, channels = [], 256
        for out, kernel in ((256, 33), (256, 39), (512, 51), (512, 63), (512, 75)):
            blocks.append(QuartzBlock(channels, out, kernel, repeats))
            channels = out
        self.stem, self.blocks = nn.Sequential(separable(bands, 256, 33, 2), nn.ReLU()), nn.Sequential(*blocks)
        self.tail = nn.Sequential(separable(512, 512, 87, 1, 2), nn.ReLU(), nn.Conv1d(512, 1024, 1, bias=False), nn.BatchNorm1d(1024), nn.ReLU())
        self.head = nn.Conv1d(1024, letters, 1)

    def forward(self, x):
        return self.head(self.tail(self.blocks(self.stem(x)))).log_softmax(1)


class PathRnn(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.lstm, self.line = nn.LSTM(width, hidden, bidirectional=True, batch_first=True), nn.Linear(2 * hidden, width)
        self.norm = nn.GroupNorm(1, width)

    def forward(self, x):  # batch, chunks, frames, width: along the frames
        y = self.line(self.lstm(x.flatten(0, 1))[0]).view(x.shape)
        return x + self.norm(y.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class DualPathRnn(nn.Module):
    """Voices apart: LSTMs within and across chunks of a mixture, after Luo et al. 2020."""

    def __init__(self, width=64, hidden=128, blocks=3, chunk=100, speakers=2):
        super().__init__()
        self.chunk, self.speakers = chunk, speakers
        self.encode, self.decode = nn.Conv1d(1, width, 16, 8, bias=False), nn.ConvTranspose1d(width, 1, 16, 8, bias=False)
        self.norm, self.narrow = nn.GroupNorm(1, width), nn.Conv1d(width, width, 1)
        self.within = nn.ModuleList(PathRnn(width, hidden) for _ in range(blocks))
        self.across = nn.ModuleList(PathRnn(width, hidden) for _ in range(blocks))
        self.masks = nn.Sequential(nn.PReLU(), nn.Conv1d(width, speakers * width, 1))

    def forward(self, sound):
        code = F.relu(self.encode(sound))
        half, frames = self.chunk // 2, code.shape[-1]
        x = F.pad(self.narrow(self.norm(code)), (half, half + -frames % half))
        x = x.unfold(-1, self.chunk, half).permute(0, 2, 3, 1)
        for within, across in zip(self.within, self.across):
            x = across(within(x).transpose(1, 2)).transpose(1, 2)
        first, second = x[:, :, :half].flatten(1, 2), x[:, :, half:].flatten(1, 2)
        x = F.pad(first, (0, 0, 0, half)) + F.pad(second, (0, 0, half, 0))
        masks = F.relu(self.masks(x[:, half:half + frames].transpose(1, 2))).unflatten(1, (self.speakers, -1))
        return self.decode((masks * code.unsqueeze(1)).flatten(0, 1)).view(sound.shape[0], self.speakers, -1)


class GatedGraph(nn.Module):
    """Messages over typed edges into a recurrent cell, five times, after Li et al. 2016."""

    def __init__(self, features=64, width=128, edges=4, steps=5, classes=12):
        super().__init__()
        self.steps, self.edges = steps, edges
        self.stem, self.message, self.cell = nn.Linear(features, width), nn.Linear(width, edges * width), nn.GRUCell(width, width)
        self.gate, self.value = nn.Linear(features + width, classes), nn.Linear(features + width, classes)

    def forward(self, nodes, adjacency):
        x = self.stem(nodes)
        for _ in range(self.steps):
            sent = self.message(x).unflatten(-1, (self.edges, -1)).transpose(1, 2)
            got = torch.matmul(adjacency, sent).sum(1)
            x = self.cell(got.flatten(0, 1), x.flatten(0, 1)).view(got.shape)
        both = torch.cat([nodes, x], dim=-1)
        return (torch.sigmoid(self.gate(both)) * torch.tanh(self.value(both))).sum(1)


class VolumeStage(nn.Module):
    def __init__(self, channels, width, convs):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv3d(channels if index == 0 else width, width, 5, padding=2), nn.BatchNorm3d(width)) for index in range(convs))
        self.slopes = nn.ModuleList(nn.PReLU(width) for _ in range(convs))

    def forward(self, x, around):
        for index, (conv, slope) in enumerate(zip(self.convs, self.slopes)):
            x = conv(x)
            x = slope(x + around if index + 1 == len(self.convs) else x)
        return x


class VNet(nn.Module):
    """Organs in a volume: residual stages of 5 x 5 x 5 convolutions, down and up, after Milletari et al. 2016, narrower."""

    def __init__(self, width=8, convs=(1, 2, 3, 3), classes=2):
        super().__init__()
        widths = [width << level for level in range(len(convs))]
        self.stages = nn.ModuleList(VolumeStage(1 if level == 0 else wide, wide, count) for level, (wide, count) in enumerate(zip(widths, convs)))
        self.downs = nn.ModuleList(nn.Sequential(nn.Conv3d(wide, 2 * wide, 2, 2), nn.PReLU(2 * wide)) for wide in widths[:-1])
        self.ups = nn.ModuleList(
            nn.Sequential(nn.ConvTranspose3d(widths[-1] if wide == widths[-2] else 4 * wide, wide, 2, 2), nn.PReLU(wide)) for wide in widths[-2::-1])
        self.backs = nn.ModuleList(VolumeStage(2 * wide, 2 * wide, count) for wide, count in zip(widths[-2::-1], convs[-2::-1]))
        self.head = nn.Conv3d(2 * width, classes, 1)

    def forward(self, x):
        kept = []
        for level, stage in enumerate(self.stages):
            x = stage(x, x)
            if level < len(self.downs):
                kept.append(x)
                x = self.downs[level](x)
        for up, back in zip(self.ups, self.backs):
            x = torch.cat([up(x), kept.pop()], dim=1)
            x = back(x, x)
        return self.head(x).softmax(1)


def neighbours(x, index):
    """Of points [batch, points, width] those that index [batch, points, near] names."""
    picked = x.gather(1, index.flatten(1).unsqueeze(-1).expand(-1, -1, x.shape[-1]))
    return picked.unflatten(1, index.shape[1:])


def shared(channels, width):
    return nn.Sequential(nn.Linear(channels, width), nn.LeakyReLU(0.2))


class AttentivePool(nn.Module):
    def __init__(self, channels, width):
        super().__init__()
        self.score, self.mix = nn.Linear(channels, channels, bias=False), shared(channels, width)

    def forward(self, x):
        return self.mix((self.score(x).softmax(2) * x).sum(2))


class LocalAggregation(nn.Module):
    def __init__(self, channels, width):
        super().__init__()
        half = width // 2
        self.first, self.near, self.far = shared(channels, half), shared(10, half), shared(half, half)
        self.pools = nn.ModuleList([AttentivePool(width, half), AttentivePool(width, width)])
        self.last, self.around = nn.Linear(width, 2 * width), nn.Linear(channels, 2 * width)

    def forward(self, points, x, index):
        there = neighbours(points, index)
        here = points.unsqueeze(2).expand_as(there)
        away = here - there
        place = self.near(torch.cat([away.norm(dim=-1, keepdim=True), away, here, there], dim=-1))
        y = self.pools[0](torch.cat([neighbours(self.first(x), index), place], dim=-1))
        y = self.pools[1](torch.cat([neighbours(y, index), self.far(place)], dim=-1))
        return F.leaky_relu(self.last(y) + self.around(x), 0.2)


class RandLaNet(nn.Module):
    """Classes of points: a quarter of them in each layer, taken in their random order, after Hu et al. 2020."""

    def __init__(self, features=6, widths=(16, 64, 128), near=16, classes=13):
        super().__init__()
        self.near, self.stem = near, shared(features, 8)
        down, up, channels = [], [], 8
        for width in widths:
            down.append(LocalAggregation(channels, width))
            channels = 2 * width
        self.middle = shared(channels, channels)
        for width in widths[::-1]:
            up.append(shared(channels + 2 * width, width))
            channels = width
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up)
        self.head = nn.Sequential(shared(channels, 64), shared(64, 32), nn.Linear(32, classes))

    def forward(self, cloud):
        points, x = cloud[..., :3], self.stem(cloud)
        kept, nearest = [], []
        for layer in self.down:
            index = torch.cdist(points, points).topk(self.near, largest=False)[1]
            x = layer(points, x, index)
            kept.append(x)
            count = points.shape[1] // 4
            fewer = points[:, :count]
            nearest.append(torch.cdist(points, fewer).argmin(-1, keepdim=True))
            x, points = neighbours(x, index[:, :count]).amax(2), fewer
        x = self.middle(x)
        for layer in self.up:
            x = neighbours(x, nearest.pop()).squeeze(2)
            x = layer(torch.cat([kept.pop(), x], dim=-1))
        return self.head(x)


class ConvNorm(nn.Sequential):
    def __init__(self, channels, width, dilation=1):
        super().__init__(nn.Conv2d(channels, width, 3, padding=dilation, dilation=dilation), nn.BatchNorm2d(width), nn.ReLU())


class NestedStage(nn.Module):
    """A small U within a stage; a flat one dilates instead of pooling."""

    def __init__(self, channels, middle, width, depth, flat=False):
        super().__init__()
        self.flat, self.first = flat, ConvNorm(channels, width)
        self.down = nn.ModuleList(ConvNorm(width if level == 0 else middle, middle, 1 << level if flat else 1) for level in range(depth - 1))
        self.bottom = ConvNorm(middle, middle, 1 << (depth - 1) if flat else 2)
        self.up = nn.ModuleList(ConvNorm(2 * middle, width if level == 0 else middle, 1 << level if flat else 1) for level in reversed(range(depth - 1)))

    def forward(self, x):
        first = x = self.first(x)
        kept = []
        for level, conv in enumerate(self.down):
            x = conv(x if level == 0 or self.flat else F.max_pool2d(x, 2, 2, ceil_mode=True))
            kept.append(x)
        x = self.bottom(x)
        for conv in self.up:
            beside = kept.pop()
            if x.shape[-2:] != beside.shape[-2:]:
                x = F.interpolate(x, size=beside.shape[-2:], mode="bilinear")
            x = conv(torch.cat([x, beside], dim=1))
        return x + first


class U2Net(nn.Module):
    """What stands out in an image: a U of small Us, the paper's small one, after Qin et al. 2020."""

    def __init__(self, middle=16, width=64):
        super().__init__()
        depths = ((7, False), (6, False), (5, False), (4, False), (4, True), (4, True))
        self.down = nn.ModuleList(NestedStage(3 if level == 0 else width, middle, width, depth, flat) for level, (depth, flat) in enumerate(depths))
        self.up = nn.ModuleList(NestedStage(2 * width, middle, width, depth, flat) for depth, flat in depths[4::-1])
        self.sides = nn.ModuleList(nn.Conv2d(width, 1, 3, padding=1) for _ in depths)
        self.head = nn.Conv2d(len(depths), 1, 1)

    def forward(self, image):
        x, kept = image, []
        for level, stage in enumerate(self.down):
            x = stage(x if level == 0 else F.max_pool2d(x, 2, 2, ceil_mode=True))
            kept.append(x)
        x = kept.pop()
        seen = [x]
        for stage in self.up:
            beside = kept.pop()
            x = stage(torch.cat([F.interpolate(x, size=beside.shape[-2:], mode="bilinear"), beside], dim=1))
            seen.append(x)
        maps = [F.interpolate(side(x), size=image.shape[-2:], mode="bilinear") for side, x in zip(self.sides, seen)]
        return torch.sigmoid(self.head(torch.cat(maps, dim=1)))


class SpatialNorm(nn.Module):
    def __init__(self, channels, labels, hidden):
        super().__init__()
        self.norm, self.shared = nn.BatchNorm2d(channels, affine=False), nn.Conv2d(labels, hidden, 3, padding=1)
        self.scale, self.shift = nn.Conv2d(hidden, channels, 3, padding=1), nn.Conv2d(hidden, channels, 3, padding=1)

    def forward(self, x, labels):
        code = F.relu(self.shared(F.interpolate(labels, size=x.shape[-2:], mode="nearest")))
        return self.norm(x) * (1 + self.scale(code)) + self.shift(code)


class SpadeBlock(nn.Module):
    def __init__(self, channels, width, labels, hidden):
        super().__init__()
        least, self.learned = min(channels, width), channels != width
        self.norms = nn.ModuleList([SpatialNorm(channels, labels, hidden), SpatialNorm(least, labels, hidden)])
        self.convs = nn.ModuleList([nn.Conv2d(channels, least, 3, padding=1), nn.Conv2d(least, width, 3, padding=1)])
        if self.learned:
            self.around_norm, self.around = SpatialNorm(channels, labels, hidden), nn.Conv2d(channels, width, 1, bias=False)

    def forward(self, x, labels):
        around = self.around(self.around_norm(x, labels)) if self.learned else x
        for norm, conv in zip(self.norms, self.convs):
            x = conv(F.leaky_relu(norm(x, labels), 0.2))
        return around + x


class Spade(nn.Module):
    """A picture from a map of labels, which scales and shifts every layer, after Park et al. 2019, narrower."""

    def __init__(self, labels=20, width=24, hidden=64, size=128):
        super().__init__()
        self.least = size // 32
        self.stem = nn.Conv2d(labels, 16 * width, 3, padding=1)
        sizes = ((16, 16), (16, 16), (16, 8), (8, 4), (4, 2), (2, 1))
        self.blocks = nn.ModuleList(SpadeBlock(a * width, b * width, labels, hidden) for a, b in sizes)
        self.head = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, labels):
        x = self.stem(F.interpolate(labels, size=(self.least, self.least), mode="nearest"))
        for index, block in enumerate(self.blocks):
            x = block(x if index == 0 else F.interpolate(x, scale_factor=2, mode="nearest"), labels)
        return torch.tanh(self.head(F.leaky_relu(x, 0.2)))


class ConditionedBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width, elementwise_affine=False, eps=1e-6) for _ in range(2))
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))
        self.condition = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

    def forward(self, x, code):
        shift, scale, gate, shift_mlp, scale_mlp, gate_mlp = self.condition(code).unsqueeze(1).chunk(6, dim=-1)
        y = self.norms[0](x) * (1 + scale) + shift
        q, k, v = self.qkv(y).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + gate * self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + gate_mlp * self.mlp(self.norms[1](x) * (1 + scale_mlp) + shift_mlp)


class DiffusionTransformer(nn.Module):
    """Noise out of latents: a transformer that time and class scale, shift and gate, S/2 of Peebles and Xie 2022."""

    def __init__(self, side=32, channels=4, patch=2, width=384, depth=12, heads=6, classes=1000):
        super().__init__()
        self.patch, self.channels, self.side = patch, channels, side // patch
        self.stem, self.place = nn.Conv2d(channels, width, patch, patch), nn.Parameter(torch.randn(1, self.side ** 2, width) * 0.02)
        self.register_buffer("rates", torch.exp(-math.log(10000) * torch.arange(128) / 128))
        self.time, self.label = nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width)), nn.Embedding(classes + 1, width)
        self.blocks = nn.ModuleList(ConditionedBlock(width, heads) for _ in range(depth))
        self.condition = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))
        self.norm, self.head = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6), nn.Linear(width, 2 * channels * patch * patch)

    def forward(self, latents, steps, labels):
        angles = steps.float().unsqueeze(1) * self.rates
        code = self.time(torch.cat([angles.cos(), angles.sin()], dim=-1)) + self.label(labels)
        x = self.stem(latents).flatten(2).transpose(1, 2) + self.place
        for block in self.blocks:
            x = block(x, code)
        shift, scale = self.condition(code).unsqueeze(1).chunk(2, dim=-1)
        x = self.head(self.norm(x) * (1 + scale) + shift).unflatten(1, (self.side, self.side)).unflatten(-1, (self.patch, self.patch, -1))
        return x.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)
