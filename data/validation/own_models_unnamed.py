# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `unnamed`: the shapes are the papers', the weights random."""

import itertools

import torch
import torch.nn as nn
import torch.nn.functional as F


class FibiNet(nn.Module):
    """Clicks: fields weighed by their means, pairs of them by way of a matrix, after Huang et al. 2019."""

    def __init__(self, fields=24, width=16, values=100000, reduction=3, hidden=400):
        super().__init__()
        pairs = list(itertools.combinations(range(fields), 2))
        self.table = nn.Embedding(values, width)
        self.weigh = nn.Sequential(nn.Linear(fields, fields // reduction, bias=False), nn.ReLU(),
                                   nn.Linear(fields // reduction, fields, bias=False), nn.ReLU())
        self.raw, self.weighed = (nn.Parameter(torch.randn(fields, width, width) * 0.1) for _ in range(2))
        self.register_buffer("left", torch.tensor([a for a, _ in pairs]))
        self.register_buffer("right", torch.tensor([b for _, b in pairs]))
        self.deep = nn.Sequential(nn.Linear(2 * len(pairs) * width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def pair(self, x, matrix):
        turned = torch.einsum("bfi,fij->bfj", x, matrix)
        return (turned.index_select(1, self.left) * x.index_select(1, self.right)).flatten(1)

    def forward(self, ids):
        x = self.table(ids)
        y = x * self.weigh(x.mean(-1)).unsqueeze(-1)
        return torch.sigmoid(self.deep(torch.cat([self.pair(x, self.raw), self.pair(y, self.weighed)], dim=1)))


class LstNet(nn.Module):
    """Many series an hour on: a convolution, a GRU, another by the day, and a line over the last day, after Lai et al. 2018."""

    def __init__(self, past=168, series=64, width=100, kernel=6, skip=24, skipped=10):
        super().__init__()
        self.skip, self.turns = skip, (past - kernel + 1) // skip
        self.conv, self.gru, self.daily = nn.Conv2d(1, width, (kernel, series)), nn.GRU(width, width, batch_first=True), nn.GRU(width, skipped)
        self.head, self.line = nn.Linear(width + skip * skipped, series), nn.Linear(skip, 1)

    def forward(self, x):
        y = F.relu(self.conv(x.unsqueeze(1))).squeeze(-1)
        state = self.gru(y.transpose(1, 2))[1].squeeze(0)
        days = y[..., -self.turns * self.skip:].unflatten(-1, (self.turns, self.skip)).permute(2, 0, 3, 1).flatten(1, 2)
        daily = self.daily(days)[1].squeeze(0).unflatten(0, (-1, self.skip)).flatten(1)
        return self.head(torch.cat([state, daily], dim=1)) + self.line(x[:, -self.skip:].transpose(1, 2)).squeeze(-1)


class VariateLayer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.out = (nn.Linear(width, width) for _ in range(4))
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))

    def forward(self, x):
        q, k, v = (line(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for line in (self.q, self.k, self.v))
        x = self.norms[0](x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)))
        return self.norms[1](x + self.mlp(x))


class InvertedTransformer(nn.Module):
    """Forecasts of many series: each is one token of a transformer (iTransformer), after Liu et al. 2024."""

    def __init__(self, past=96, ahead=96, width=256, depth=3, heads=8, hidden=512):
        super().__init__()
        self.stem, self.layers = nn.Linear(past, width), nn.Sequential(*(VariateLayer(width, heads, hidden) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, ahead)

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        x = x - mean
        scale = torch.sqrt(x.var(1, keepdim=True, unbiased=False) + 1e-5)
        y = self.head(self.norm(self.layers(self.stem((x / scale).transpose(1, 2)))))
        return y.transpose(1, 2) * scale + mean


class BandNorm(nn.Module):
    """Batch norm by parts of the spectrum."""

    def __init__(self, channels, bands=5):
        super().__init__()
        self.bands, self.norm = bands, nn.BatchNorm2d(channels * bands)

    def forward(self, x):
        parts = x.unflatten(2, (self.bands, -1)).flatten(1, 2)
        return self.norm(parts).unflatten(1, (-1, self.bands)).flatten(2, 3)


class BroadcastBlock(nn.Module):
    def __init__(self, channels, width, stride, dilation):
        super().__init__()
        self.change = None if channels == width else nn.Sequential(nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        self.across = nn.Sequential(nn.Conv2d(width, width, (3, 1), (stride, 1), (1, 0), groups=width, bias=False), BandNorm(width))
        self.along = nn.Sequential(nn.Conv2d(width, width, (1, 3), padding=(0, dilation), dilation=(1, dilation), groups=width, bias=False),
                                   nn.BatchNorm2d(width), nn.SiLU(), nn.Conv2d(width, width, 1, bias=False), nn.Dropout2d(0.1))

    def forward(self, x):
        y = self.across(x if self.change is None else self.change(x))
        z = y + self.along(y.mean(2, keepdim=True))
        return F.relu(z + x if self.change is None else z)


class BroadcastResNet(nn.Module):
    """Spoken commands: convolutions along time of the spectrum's mean, added to all of it (BC-ResNet-8), after Kim et al. 2021."""

    def __init__(self, width=64, classes=12):
        super().__init__()
        stages, channels = [], 2 * width
        self.stem = nn.Sequential(nn.Conv2d(1, channels, 5, (2, 1), 2, bias=False), nn.BatchNorm2d(channels), nn.ReLU())
        for out, depth, stride, dilation in ((width, 2, 1, 1), (width * 3 // 2, 2, 2, 2), (width * 2, 4, 2, 4), (width * 5 // 2, 4, 1, 8)):
            for index in range(depth):
                stages.append(BroadcastBlock(channels, out, stride if index == 0 else 1, dilation))
                channels = out
        self.stages = nn.Sequential(*stages)
        self.tail = nn.Conv2d(channels, channels, 5, padding=(0, 2), groups=channels, bias=False)
        self.last = nn.Sequential(nn.Conv2d(channels, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width), nn.ReLU())
        self.head = nn.Conv2d(4 * width, classes, 1)

    def forward(self, x):
        x = self.last(self.tail(self.stages(self.stem(x))).mean(2, keepdim=True))
        return self.head(x.mean((2, 3), keepdim=True)).flatten(1)


class CouplingNet(nn.Module):
    def __init__(self, channels, bands, width, depth):
        super().__init__()
        self.width, self.depth = width, depth
        self.start, self.end = nn.Conv1d(channels, width, 1), nn.Conv1d(width, 2 * channels, 1)
        self.condition = nn.Conv1d(bands, 2 * width * depth, 1)
        self.layers = nn.ModuleList(nn.Conv1d(width, 2 * width, 3, padding=1 << level, dilation=1 << level) for level in range(depth))
        self.outs = nn.ModuleList(nn.Conv1d(width, 2 * width if level + 1 < depth else width, 1) for level in range(depth))

    def forward(self, x, mel):
        x, total = self.start(x), 0
        for level, (layer, out, code) in enumerate(zip(self.layers, self.outs, self.condition(mel).chunk(self.depth, dim=1))):
            a, b = (layer(x) + code).chunk(2, dim=1)
            y = out(a.tanh() * b.sigmoid())
            if level + 1 < self.depth:
                x = x + y[:, :self.width]
                y = y[:, self.width:]
            total = total + y
        return self.end(total).chunk(2, dim=1)


class WaveGlow(nn.Module):
    """A spectrum to its sound: a flow followed back from noise, eight samples a step, after Prenger et al. 2019, narrower."""

    def __init__(self, bands=80, group=8, flows=6, width=128, depth=5, early=4):
        super().__init__()
        self.group, self.early = group, early
        self.rise = nn.ConvTranspose1d(bands, bands, 1024, 256)
        left = [group - 2 * (flow // early) for flow in range(flows)]
        self.nets = nn.ModuleList(CouplingNet(channels // 2, bands * group, width, depth) for channels in left)
        self.mixes = nn.ModuleList(nn.Conv1d(channels, channels, 1, bias=False) for channels in left)

    def forward(self, mel, noise):
        code = self.rise(mel)[..., :-768].unfold(2, self.group, self.group).transpose(2, 3).flatten(1, 2)
        least = self.mixes[-1].in_channels
        x, kept = noise[:, -least:], noise[:, :-least]
        for flow in reversed(range(len(self.nets))):
            first, second = x.chunk(2, dim=1)
            shift, scale = self.nets[flow](first, code)
            x = self.mixes[flow](torch.cat([first, (second - shift) / scale.exp()], dim=1))
            if flow and flow % self.early == 0:
                x, kept = torch.cat([kept[:, -2:], x], dim=1), kept[:, :-2]
        return x.transpose(1, 2).flatten(1)


class EquivariantLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.edge = nn.Sequential(nn.Linear(2 * width + 1, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.gate = nn.Sequential(nn.Linear(width, 1), nn.Sigmoid())
        self.move = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1, bias=False))
        self.node = nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, x, places, mask):
        away = places.unsqueeze(2) - places.unsqueeze(1)
        square = (away * away).sum(-1, keepdim=True)
        count = x.shape[1]
        here, there = x.unsqueeze(2).expand(-1, -1, count, -1), x.unsqueeze(1).expand(-1, count, -1, -1)
        message = self.edge(torch.cat([here, there, square], dim=-1))
        message = message * self.gate(message) * mask
        places = places + (away / (square + 1e-8).sqrt().add(1) * self.move(message) * mask).sum(2) / (count - 1)
        return x + self.node(torch.cat([x, message.sum(2)], dim=-1)), places


class EquivariantGraph(nn.Module):
    """A molecule's property from its atoms and where they are, whichever way it is turned (EGNN), after Satorras et al. 2021."""

    def __init__(self, atoms=29, features=15, width=128, depth=5):
        super().__init__()
        self.stem, self.layers = nn.Linear(features, width), nn.ModuleList(EquivariantLayer(width) for _ in range(depth))
        self.register_buffer("mask", (1 - torch.eye(atoms)).unsqueeze(-1))
        self.atom = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.head = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1))

    def forward(self, atoms, places):
        x = self.stem(atoms)
        for layer in self.layers:
            x, places = layer(x, places, self.mask)
        return self.head(self.atom(x).sum(1)), places


def conv_norm(channels, width, kernel=3, stride=1, groups=1, active=True):
    layers = [nn.Conv2d(channels, width, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, *([nn.ReLU()] if active else []))


class SemanticStem(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.last = conv_norm(3, width, stride=2), conv_norm(2 * width, width)
        self.left = nn.Sequential(conv_norm(width, width // 2, 1), conv_norm(width // 2, width, stride=2))

    def forward(self, x):
        x = self.first(x)
        return self.last(torch.cat([self.left(x), F.max_pool2d(x, 3, 2, 1)], dim=1))


class GatherExpand(nn.Module):
    def __init__(self, channels, width, stride, expansion=6):
        super().__init__()
        wide = expansion * channels
        down = [conv_norm(channels, wide, stride=stride, groups=channels, active=False)] if stride > 1 else []
        self.body = nn.Sequential(conv_norm(channels, channels), *down, conv_norm(wide if down else channels, wide, groups=channels if not down else wide),
                                  conv_norm(wide, width, 1, active=False))
        self.around = nn.Sequential(conv_norm(channels, channels, stride=stride, groups=channels, active=False),
                                    conv_norm(channels, width, 1, active=False)) if down else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.around(x))


class BiSeNetV2(nn.Module):
    """A street's parts: a wide shallow path and a narrow deep one that guide each other, after Yu et al. 2021."""

    def __init__(self, classes=19):
        super().__init__()
        layers, channels = [], 3
        for width, depth in ((64, 2), (64, 3), (128, 3)):
            for index in range(depth):
                layers.append(conv_norm(channels, width, stride=2 if index == 0 else 1))
                channels = width
        self.detail = nn.Sequential(*layers)
        layers, channels = [SemanticStem(16)], 16
        for width, depth in ((32, 2), (64, 2), (128, 4)):
            for index in range(depth):
                layers.append(GatherExpand(channels, width, 2 if index == 0 else 1))
                channels = width
        self.semantic = nn.Sequential(*layers)
        self.context = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(128), conv_norm(128, 128, 1))
        self.mixed = conv_norm(128, 128)
        self.detail_near = nn.Sequential(conv_norm(128, 128, groups=128, active=False), nn.Conv2d(128, 128, 1))
        self.detail_far = nn.Sequential(conv_norm(128, 128, stride=2, active=False), nn.AvgPool2d(3, 2, 1))
        self.semantic_near = conv_norm(128, 128, active=False)
        self.semantic_far = nn.Sequential(conv_norm(128, 128, groups=128, active=False), nn.Conv2d(128, 128, 1))
        self.joined = conv_norm(128, 128, active=False)
        self.head = nn.Sequential(conv_norm(128, 1024), nn.Dropout(0.1), nn.Conv2d(1024, classes, 1))

    def forward(self, image):
        detail, x = self.detail(image), self.semantic(image)
        x = self.mixed(x + self.context(x))
        near = self.detail_near(detail) * torch.sigmoid(F.interpolate(self.semantic_near(x), scale_factor=4, mode="bilinear"))
        far = self.detail_far(detail) * torch.sigmoid(self.semantic_far(x))
        x = self.joined(near + F.interpolate(far, scale_factor=4, mode="bilinear"))
        return F.interpolate(self.head(x), scale_factor=8, mode="bilinear")


class ChannelNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(1, channels, 1, 1)), nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x):
        x = x - x.mean(1, keepdim=True)
        return x / (x.pow(2).mean(1, keepdim=True) + 1e-6).sqrt() * self.scale + self.shift


class SimpleGate(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        return a * b


class NafBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Sequential(ChannelNorm(width), nn.Conv2d(width, 2 * width, 1),
                                   nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width), SimpleGate())
        self.attend, self.out = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, width, 1)), nn.Conv2d(width, width, 1)
        self.second = nn.Sequential(ChannelNorm(width), nn.Conv2d(width, 2 * width, 1), SimpleGate(), nn.Conv2d(width, width, 1))
        self.beta, self.gamma = nn.Parameter(torch.randn(1, width, 1, 1)), nn.Parameter(torch.randn(1, width, 1, 1))

    def forward(self, x):
        y = self.first(x)
        x = x + self.out(y * self.attend(y)) * self.beta
        return x + self.second(x) * self.gamma


class NafNet(nn.Module):
    """A blurred picture made sharp, by products instead of activations, after Chen et al. 2022, the narrow one with fewer blocks."""

    def __init__(self, width=32, down=(1, 1, 2), middle=2, up=(1, 1, 1)):
        super().__init__()
        self.stem, self.head = nn.Conv2d(3, width, 3, padding=1), nn.Conv2d(width, 3, 3, padding=1)
        widths = [width << level for level in range(len(down))]
        self.down = nn.ModuleList(nn.Sequential(*(NafBlock(wide) for _ in range(count))) for wide, count in zip(widths, down))
        self.shrink = nn.ModuleList(nn.Conv2d(wide, 2 * wide, 2, 2) for wide in widths)
        self.middle = nn.Sequential(*(NafBlock(width << len(down)) for _ in range(middle)))
        self.grow = nn.ModuleList(nn.Sequential(nn.Conv2d(2 * wide, 4 * wide, 1, bias=False), nn.PixelShuffle(2)) for wide in widths[::-1])
        self.up = nn.ModuleList(nn.Sequential(*(NafBlock(wide) for _ in range(count))) for wide, count in zip(widths[::-1], up))

    def forward(self, image):
        x, kept = self.stem(image), []
        for blocks, shrink in zip(self.down, self.shrink):
            x = blocks(x)
            kept.append(x)
            x = shrink(x)
        x = self.middle(x)
        for grow, blocks in zip(self.grow, self.up):
            x = blocks(grow(x) + kept.pop())
        return self.head(x) + image


class StyledConv(nn.Module):
    """A convolution whose weights a style scales, and whose outputs are of one size: told as scales of maps around a plain one."""

    def __init__(self, channels, width, style, side, rise=False, kernel=3, plain=False):
        super().__init__()
        self.rise, self.plain, self.kernel = rise, plain, kernel
        self.style = nn.Linear(style, channels)
        self.weight = nn.Parameter(torch.randn(width, channels, kernel, kernel) / (channels * kernel * kernel) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(1, width, 1, 1))
        if not plain:
            self.register_buffer("noise", torch.randn(1, 1, side, side))
            self.strength = nn.Parameter(torch.full((1,), 0.1))
        if rise:
            taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
            self.register_buffer("blur", (4 * torch.outer(taps, taps) / 64).expand(width, 1, 4, 4).clone())

    def forward(self, x, code):
        scale = self.style(code) + 1
        x = x * scale.unsqueeze(-1).unsqueeze(-1)
        if self.rise:
            x = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)
            x = F.conv2d(F.pad(x, (1, 1, 1, 1)), self.blur, groups=self.blur.shape[0])
        else:
            x = F.conv2d(x, self.weight, padding=self.kernel // 2)
        if self.plain:
            return x + self.bias
        whole = torch.rsqrt(F.linear(scale.square(), self.weight.square().sum((2, 3))) + 1e-8)
        x = x * whole.unsqueeze(-1).unsqueeze(-1) + self.noise * self.strength
        return F.leaky_relu(x + self.bias, 0.2) * 2 ** 0.5


class StyleGan2(nn.Module):
    """A face from noise: styles scale the convolutions, pictures of each size are summed, after Karras et al. 2020, narrower."""

    def __init__(self, style=256, widths=(256, 256, 256, 128, 64)):
        super().__init__()
        layers = []
        for _ in range(8):
            layers += [nn.Linear(style, style), nn.LeakyReLU(0.2)]
        self.mapping, self.start = nn.Sequential(*layers), nn.Parameter(torch.randn(1, widths[0], 4, 4))
        self.first, self.colours = StyledConv(widths[0], widths[0], style, 4), nn.ModuleList([StyledConv(widths[0], 3, style, 4, kernel=1, plain=True)])
        self.rises, self.convs = nn.ModuleList(), nn.ModuleList()
        for level, (channels, width) in enumerate(zip(widths, widths[1:])):
            self.rises.append(StyledConv(channels, width, style, 8 << level, rise=True))
            self.convs.append(StyledConv(width, width, style, 8 << level))
            self.colours.append(StyledConv(width, 3, style, 8 << level, kernel=1, plain=True))
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.register_buffer("spread", (4 * torch.outer(taps, taps) / 64).expand(3, 1, 4, 4).clone())

    def forward(self, noise):
        code = self.mapping(noise * torch.rsqrt(noise.square().mean(1, keepdim=True) + 1e-8))
        x = self.first(self.start.expand(noise.shape[0], -1, -1, -1), code)
        image = self.colours[0](x, code)
        for rise, conv, colour in zip(self.rises, self.convs, self.colours[1:]):
            x = conv(rise(x, code), code)
            image = F.conv_transpose2d(image, self.spread, stride=2, padding=1, groups=3) + colour(x, code)
        return image


class PointPillars(nn.Module):
    """Cars among laser points: columns of points laid out as a picture, boxes by convolutions, after Lang et al. 2019."""

    def __init__(self, features=9, width=64, side=128, boxes=6):
        super().__init__()
        self.side, self.line, self.norm = side, nn.Linear(features, width, bias=False), nn.BatchNorm1d(width)
        self.blocks, self.rises, channels = nn.ModuleList(), nn.ModuleList(), width
        for level, (out, depth) in enumerate(((64, 4), (128, 6), (256, 6))):
            layers = []
            for index in range(depth):
                layers.append(conv_norm(channels, out, stride=2 if index == 0 else 1))
                channels = out
            self.blocks.append(nn.Sequential(*layers))
            self.rises.append(nn.Sequential(nn.ConvTranspose2d(out, 128, 1 << level, 1 << level, bias=False), nn.BatchNorm2d(128), nn.ReLU()))
        self.heads = nn.ModuleList(nn.Conv2d(384, boxes * count, 1) for count in (3, 7, 2))

    def forward(self, pillars, places):
        x = self.line(pillars)
        x = F.relu(self.norm(x.flatten(0, 2)).view(x.shape)).amax(2).transpose(1, 2)
        empty = x.new_zeros(x.shape[0], x.shape[1], self.side * self.side)
        x = empty.scatter_add(2, places.unsqueeze(1).expand(-1, x.shape[1], -1), x).unflatten(2, (self.side, self.side))
        seen = []
        for block, rise in zip(self.blocks, self.rises):
            x = block(x)
            seen.append(rise(x))
        x = torch.cat(seen, dim=1)
        return torch.cat([head(x) for head in self.heads], dim=1)


class ClipBlock(nn.Module):
    def __init__(self, channels, width, stride, kernel):
        super().__init__()
        out = 4 * width
        self.body = nn.Sequential(
            nn.Conv3d(channels, width, (kernel, 1, 1), padding=(kernel // 2, 0, 0), bias=False), nn.BatchNorm3d(width), nn.ReLU(),
            nn.Conv3d(width, width, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False), nn.BatchNorm3d(width), nn.ReLU(),
            nn.Conv3d(width, out, 1, bias=False), nn.BatchNorm3d(out))
        self.around = nn.Identity() if channels == out and stride == 1 else nn.Sequential(
            nn.Conv3d(channels, out, 1, (1, stride, stride), bias=False), nn.BatchNorm3d(out))

    def forward(self, x):
        return F.relu(self.body(x) + self.around(x))


class ClipPath(nn.Module):
    def __init__(self, width, kernels, beside, depths):
        super().__init__()
        first = kernels[0]
        self.stem = nn.Sequential(nn.Conv3d(3, width, (first, 7, 7), (1, 2, 2), (first // 2, 3, 3), bias=False), nn.BatchNorm3d(width), nn.ReLU(),
                                  nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)))
        self.stages, channels = nn.ModuleList(), width
        for level, (depth, kernel) in enumerate(zip(depths, kernels[1:])):
            blocks = [ClipBlock(channels + beside * channels // width, width << level, 2 if level else 1, kernel)]
            channels = 4 * width << level
            self.stages.append(nn.Sequential(*blocks, *(ClipBlock(channels, width << level, 1, kernel) for _ in range(depth - 1))))


class SlowFast(nn.Module):
    """Actions in clips: a wide path of few frames, and a narrow one of all that tells it more, after Feichtenhofer et al. 2019, narrower."""

    def __init__(self, width=32, ratio=8, every=8, depths=(2, 2, 2, 2), classes=400):
        super().__init__()
        thin = width // ratio
        self.every = every
        self.slow, self.fast = ClipPath(width, (1, 1, 1, 3, 3), 2 * thin, depths), ClipPath(thin, (5, 3, 3, 3, 3), 0, depths)
        outs = [thin] + [4 * thin << level for level in range(len(depths) - 1)]
        self.tell = nn.ModuleList(nn.Sequential(nn.Conv3d(out, 2 * out, (5, 1, 1), (every, 1, 1), (2, 0, 0), bias=False), nn.BatchNorm3d(2 * out), nn.ReLU())
                                  for out in outs)
        self.head = nn.Linear(32 * (width + thin), classes)

    def forward(self, clip):
        slow, fast = self.slow.stem(clip[:, :, ::self.every]), self.fast.stem(clip)
        for tell, wide, narrow in zip(self.tell, self.slow.stages, self.fast.stages):
            slow, fast = wide(torch.cat([slow, tell(fast)], dim=1)), narrow(fast)
        return self.head(torch.cat([slow.mean((2, 3, 4)), fast.mean((2, 3, 4))], dim=1))


class GatedAttention(nn.Module):
    """Along the last axis but one, with a bias for each head if there is one."""

    def __init__(self, width, heads, pair=0):
        super().__init__()
        self.heads, self.norm = heads, nn.LayerNorm(width)
        self.qkv, self.gate, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width), nn.Linear(width, width)
        if pair:
            self.pair_norm, self.bias = nn.LayerNorm(pair), nn.Linear(pair, heads, bias=False)

    def forward(self, x, pair=None):
        x = self.norm(x)
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).movedim(-3, 0).transpose(-3, -2).unbind(0)
        scores = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-2, -1))
        if pair is not None:
            scores = scores + self.bias(self.pair_norm(pair)).permute(0, 3, 1, 2).unsqueeze(1)
        y = torch.matmul(scores.softmax(-1), v).transpose(-3, -2).flatten(-2)
        return self.out(y * torch.sigmoid(self.gate(x)))


class TriangleProduct(nn.Module):
    def __init__(self, width, rule):
        super().__init__()
        self.rule, self.norm, self.after = rule, nn.LayerNorm(width), nn.LayerNorm(width)
        self.values, self.opens = nn.Linear(width, 2 * width), nn.Linear(width, 2 * width)
        self.gate, self.out = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        x = self.norm(x)
        a, b = (self.values(x) * torch.sigmoid(self.opens(x))).chunk(2, dim=-1)
        return self.out(self.after(torch.einsum(self.rule, a, b))) * torch.sigmoid(self.gate(x))


class OuterMean(nn.Module):
    def __init__(self, width, pair, hidden=16):
        super().__init__()
        self.norm, self.both, self.out = nn.LayerNorm(width), nn.Linear(width, 2 * hidden), nn.Linear(hidden * hidden, pair)

    def forward(self, x):
        a, b = self.both(self.norm(x)).chunk(2, dim=-1)
        return self.out(torch.einsum("bsic,bsjd->bijcd", a, b).flatten(-2) / x.shape[1])


def transition(width):
    return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))


class EvoBlock(nn.Module):
    def __init__(self, width, pair):
        super().__init__()
        self.rows, self.columns, self.mlp = GatedAttention(width, 8, pair), GatedAttention(width, 8), transition(width)
        self.outer, self.pair_mlp = OuterMean(width, pair), transition(pair)
        self.products = nn.ModuleList([TriangleProduct(pair, "bikc,bjkc->bijc"), TriangleProduct(pair, "bkic,bkjc->bijc")])
        self.start, self.end = GatedAttention(pair, 4, pair), GatedAttention(pair, 4, pair)

    def forward(self, x, pair):
        x = x + self.rows(x, pair)
        x = x + self.columns(x.transpose(1, 2)).transpose(1, 2)
        x = x + self.mlp(x)
        pair = pair + self.outer(x)
        for product in self.products:
            pair = pair + product(pair)
        pair = pair + self.start(pair, pair)
        turned = pair.transpose(1, 2)
        pair = pair + self.end(turned, turned).transpose(1, 2)
        return x, pair + self.pair_mlp(pair)


class Evoformer(nn.Module):
    """How far a protein's residues are apart, from sequences akin to it: AlphaFold 2's trunk, after Jumper et al. 2021, narrower, two blocks."""

    def __init__(self, residues=48, letters=23, width=128, pair=64, blocks=2, bins=64, far=32):
        super().__init__()
        self.letters, self.left, self.right = nn.Embedding(letters, width), nn.Embedding(letters, pair), nn.Embedding(letters, pair)
        self.place = nn.Embedding(2 * far + 1, pair)
        at = torch.arange(residues)
        self.register_buffer("apart", (at.unsqueeze(1) - at).clamp(-far, far) + far)
        self.blocks, self.head = nn.ModuleList(EvoBlock(width, pair) for _ in range(blocks)), nn.Linear(pair, bins)

    def forward(self, sequences):
        first = sequences[:, 0]
        x, pair = self.letters(sequences), self.left(first).unsqueeze(2) + self.right(first).unsqueeze(1) + self.place(self.apart)
        for block in self.blocks:
            x, pair = block(x, pair)
        pair = self.head(pair)
        return pair + pair.transpose(1, 2)
