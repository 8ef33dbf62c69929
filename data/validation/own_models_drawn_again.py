# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `drawn_again`: the shapes are the papers', the weights random."""

import torch
import torch.nn as nn
import torch.nn.functional as F

# ---- curves, roads, tastes -------------------------------------------------------------------------------------


class SplineLayer(nn.Module):
    """A line of the inputs' SiLU and one of their B-splines, whose heights are learned for each pair."""

    def __init__(self, features, width, grid=5, order=3, low=-1.0, high=1.0):
        super().__init__()
        self.order, step = order, (high - low) / grid
        knots = torch.arange(-order, grid + order + 1, dtype=torch.float32) * step + low
        self.register_buffer("knots", knots.expand(features, -1).contiguous())
        self.base = nn.Parameter(torch.randn(width, features) / features ** 0.5)
        self.heights = nn.Parameter(0.1 * torch.randn(width, features, grid + order) / features ** 0.5)
        self.scale = nn.Parameter(torch.randn(width, features) / features ** 0.5)

    def splines(self, x):
        knots, x, order = self.knots, x.unsqueeze(-1), self.order
        bases = ((x >= knots[:, :-1]) & (x < knots[:, 1:])).to(x.dtype)
        for k in range(1, order + 1):
            rising = (x - knots[:, : -(k + 1)]) / (knots[:, k:-1] - knots[:, : -(k + 1)])
            falling = (knots[:, k + 1 :] - x) / (knots[:, k + 1 :] - knots[:, 1:-k])
            bases = rising * bases[:, :, :-1] + falling * bases[:, :, 1:]
        return bases

    def forward(self, x):
        heights = self.heights * self.scale.unsqueeze(-1)
        return F.linear(F.silu(x), self.base) + F.linear(self.splines(x).flatten(1), heights.flatten(1))


class KolmogorovArnold(nn.Module):
    """A digit of 28 x 28 by learned curves in the place of weights, after Liu et al. 2024."""

    def __init__(self, widths=(784, 128, 64, 10)):
        super().__init__()
        self.layers = nn.Sequential(*(SplineLayer(last, width) for last, width in zip(widths, widths[1:])))

    def forward(self, pixels):
        return self.layers(pixels)


class GatedTime(nn.Module):
    """A convolution along time, half of it the other half's gate."""

    def __init__(self, channels, width, taps):
        super().__init__()
        self.taps, self.more = taps, width - channels
        self.conv = nn.Conv2d(channels, 2 * width, (taps, 1))
        self.around = nn.Conv2d(channels, width, 1) if channels > width else None

    def forward(self, x):
        around = self.around(x) if self.around is not None else F.pad(x, (0, 0, 0, 0, 0, self.more))
        kept, gate = self.conv(x).chunk(2, 1)
        return (kept + around[:, :, self.taps - 1 :]) * torch.sigmoid(gate)


class ChebyshevSpace(nn.Module):
    """A convolution over the roads' graph, by Chebyshev polynomials of its Laplacian."""

    def __init__(self, channels, width, nodes, order):
        super().__init__()
        self.register_buffer("kernels", torch.randn(order, nodes, nodes) / nodes ** 0.5)
        self.weight = nn.Parameter(torch.randn(order, channels, width) / (order * channels) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        near = torch.einsum("khi,btij->btkhj", self.kernels, x.permute(0, 2, 3, 1))
        y = torch.einsum("btkhi,kij->bthj", near, self.weight) + self.bias
        return F.relu(y.permute(0, 3, 1, 2) + x)


class TrafficBlock(nn.Module):
    """Time, space, time, and a norm over the nodes."""

    def __init__(self, channels, inner, width, nodes, taps, order):
        super().__init__()
        self.before, self.space = GatedTime(channels, inner, taps), ChebyshevSpace(inner, inner, nodes, order)
        self.after, self.norm, self.drop = GatedTime(inner, width, taps), nn.LayerNorm((nodes, width)), nn.Dropout(0.5)

    def forward(self, x):
        x = self.after(self.space(self.before(x)))
        return self.drop(self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))


class TrafficStgcn(nn.Module):
    """The speed on each of 228 roads from its last hour, after Yu et al. 2018."""

    def __init__(self, nodes=228, steps=12, taps=3, order=3, inner=16, width=64):
        super().__init__()
        self.blocks = nn.Sequential(TrafficBlock(1, inner, width, nodes, taps, order), TrafficBlock(width, inner, width, nodes, taps, order))
        self.last, self.norm = GatedTime(width, 128, steps - 4 * (taps - 1)), nn.LayerNorm((nodes, 128))
        self.line, self.head = nn.Linear(128, 128), nn.Linear(128, 1)

    def forward(self, speeds):
        x = self.norm(self.last(self.blocks(speeds)).permute(0, 2, 3, 1))
        return self.head(F.relu(self.line(x))).permute(0, 3, 1, 2)


class NeuMf(nn.Module):
    """Whether a person would like a thing: a product of two tables beside a perceptron over two more, after He et al. 2017."""

    def __init__(self, users=6040, things=3706, factors=32, widths=(256, 128, 64, 32)):
        super().__init__()
        self.user, self.thing = nn.Embedding(users, factors), nn.Embedding(things, factors)
        self.deep_user, self.deep_thing = nn.Embedding(users, widths[0] // 2), nn.Embedding(things, widths[0] // 2)
        layers = []
        for last, width in zip(widths, widths[1:]):
            layers += [nn.Linear(last, width), nn.ReLU()]
        self.layers, self.head = nn.Sequential(*layers), nn.Linear(factors + widths[-1], 1)

    def forward(self, user, thing):
        product = self.user(user) * self.thing(thing)
        deep = self.layers(torch.cat([self.deep_user(user), self.deep_thing(thing)], -1))
        return torch.sigmoid(self.head(torch.cat([product, deep], -1))).squeeze(-1)


# ---- pictures --------------------------------------------------------------------------------------------------


class RcanBlock(nn.Module):
    """Two convolutions, their channels weighed by the whole map's mean."""

    def __init__(self, width, reduction):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1), nn.ReLU(inplace=True), nn.Conv2d(width, width, 3, 1, 1))
        self.weigh = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, width // reduction, 1), nn.ReLU(inplace=True),
                                   nn.Conv2d(width // reduction, width, 1), nn.Sigmoid())

    def forward(self, x):
        y = self.body(x)
        return x + y * self.weigh(y)


class RcanGroup(nn.Module):
    """Blocks and a convolution, with a way around them all."""

    def __init__(self, width, blocks, reduction):
        super().__init__()
        self.body = nn.Sequential(*(RcanBlock(width, reduction) for _ in range(blocks)), nn.Conv2d(width, width, 3, 1, 1))

    def forward(self, x):
        return x + self.body(x)


class Rcan(nn.Module):
    """A picture twice as large, by residuals in residuals, after Zhang et al. 2018; 4 groups of 8 blocks for 10 of 20."""

    def __init__(self, width=64, groups=4, blocks=8, reduction=16, scale=2):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1))
        self.head = nn.Conv2d(3, width, 3, 1, 1)
        self.body = nn.Sequential(*(RcanGroup(width, blocks, reduction) for _ in range(groups)), nn.Conv2d(width, width, 3, 1, 1))
        self.tail = nn.Sequential(nn.Conv2d(width, scale * scale * width, 3, 1, 1), nn.PixelShuffle(scale), nn.Conv2d(width, 3, 3, 1, 1))

    def forward(self, image):
        x = self.head(image - self.mean)
        return self.tail(x + self.body(x)) + self.mean


def conv_norm(channels, width, kernel, stride=1, relu=True):
    """A convolution, a norm, an activation where one is wanted."""
    layers = [nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if relu else []))


class LightConv(nn.Module):
    """A pointwise convolution, then a depthwise one of 3 x 3."""

    def __init__(self, channels, width):
        super().__init__()
        self.point = nn.Conv2d(channels, width, 1, bias=False)
        self.depth = nn.Conv2d(width, width, 3, 1, 1, groups=width, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x):
        return F.relu(self.norm(self.depth(self.point(x))))


class OmniScaleBlock(nn.Module):
    """Four streams of one to four light convolutions, added up behind one gate that they share."""

    def __init__(self, channels, width, reduction=4, gate_reduction=16):
        super().__init__()
        middle = width // reduction
        self.first = conv_norm(channels, middle, 1)
        self.streams = nn.ModuleList(nn.Sequential(*(LightConv(middle, middle) for _ in range(count))) for count in range(1, 5))
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(middle, middle // gate_reduction, 1), nn.ReLU(inplace=True),
                                  nn.Conv2d(middle // gate_reduction, middle, 1), nn.Sigmoid())
        self.last = conv_norm(middle, width, 1, relu=False)
        self.around = conv_norm(channels, width, 1, relu=False) if channels != width else None

    def forward(self, x):
        y, total = self.first(x), 0
        for stream in self.streams:
            z = stream(y)
            total = total + z * self.gate(z)
        around = self.around(x) if self.around is not None else x
        return F.relu(self.last(total) + around)


class OsNet(nn.Module):
    """Who it is that walks by, after Zhou et al. 2019 (x1.0)."""

    def __init__(self, people=751, widths=(64, 256, 384, 512), features=512):
        super().__init__()
        layers = [conv_norm(3, widths[0], 7, 2), nn.MaxPool2d(3, 2, 1)]
        for index, (last, width) in enumerate(zip(widths, widths[1:])):
            layers += [OmniScaleBlock(last, width), OmniScaleBlock(width, width)]
            if index < 2:
                layers += [conv_norm(width, width, 1), nn.AvgPool2d(2, 2)]
        self.layers = nn.Sequential(*layers, conv_norm(widths[-1], widths[-1], 1))
        self.line = nn.Sequential(nn.Linear(widths[-1], features), nn.BatchNorm1d(features), nn.ReLU(inplace=True))
        self.head = nn.Linear(features, people)

    def forward(self, image):
        x = F.adaptive_avg_pool2d(self.layers(image), 1)
        features = self.line(x.view(x.size(0), -1))
        return features, self.head(features)


def squash(x):
    """Vectors of the same direction, of lengths below one."""
    square = x.pow(2).sum(-1, keepdim=True)
    return square / (1 + square) * x / (square.sqrt() + 1e-8)


class CapsuleNet(nn.Module):
    """A digit as the longest of ten vectors, and drawn again from it, after Sabour et al. 2017."""

    def __init__(self, width=256, size=8, places=1152, classes=10, out=16, rounds=3):
        super().__init__()
        self.size, self.rounds = size, rounds
        self.conv, self.first = nn.Conv2d(1, width, 9), nn.Conv2d(width, width, 9, 2)
        self.weight = nn.Parameter(0.01 * torch.randn(1, places, classes, out, size))
        self.register_buffer("eye", torch.eye(classes))
        self.draw = nn.Sequential(nn.Linear(classes * out, 512), nn.ReLU(inplace=True), nn.Linear(512, 1024), nn.ReLU(inplace=True),
                                  nn.Linear(1024, 784), nn.Sigmoid())

    def forward(self, image):
        x = self.first(F.relu(self.conv(image)))
        x = squash(x.view(x.size(0), -1, self.size))
        votes = torch.matmul(self.weight, x[:, :, None, :, None]).squeeze(-1)
        logits = torch.zeros_like(votes[..., 0])
        for index in range(self.rounds):
            shares = F.softmax(logits, 2).unsqueeze(-1)
            digits = squash((shares * votes).sum(1))
            if index + 1 < self.rounds:
                logits = logits + (votes * digits.unsqueeze(1)).sum(-1)
        lengths = digits.pow(2).sum(-1).sqrt()
        longest = self.eye.index_select(0, lengths.argmax(1))
        return lengths, self.draw((digits * longest.unsqueeze(-1)).flatten(1))


# ---- text ------------------------------------------------------------------------------------------------------


class WeighedGru(nn.Module):
    """A GRU in both directions, and the mean of its states that a learned vector weighs."""

    def __init__(self, width, hidden):
        super().__init__()
        self.gru = nn.GRU(width, hidden, batch_first=True, bidirectional=True)
        self.line, self.context = nn.Linear(2 * hidden, 2 * hidden), nn.Linear(2 * hidden, 1, bias=False)

    def forward(self, x):
        states, _ = self.gru(x)
        weights = F.softmax(self.context(torch.tanh(self.line(states))), 1)
        return (weights * states).sum(1)


class HierarchicalAttention(nn.Module):
    """A review's stars: words make sentences, sentences the whole, after Yang et al. 2016."""

    def __init__(self, words=20000, width=200, hidden=50, classes=5):
        super().__init__()
        self.table = nn.Embedding(words, width, padding_idx=0)
        self.words, self.sentences = WeighedGru(width, hidden), WeighedGru(2 * hidden, hidden)
        self.head = nn.Linear(2 * hidden, classes)

    def forward(self, document):
        count, length = document.shape[1:]
        sentences = self.words(self.table(document.reshape(-1, length)))
        return self.head(self.sentences(sentences.view(-1, count, sentences.shape[1]))).log_softmax(1)


class Esim(nn.Module):
    """Whether one sentence follows from another, each read in the other's light, after Chen et al. 2017."""

    def __init__(self, words=20000, width=300, hidden=300, classes=3):
        super().__init__()
        self.table, self.drop = nn.Embedding(words, width, padding_idx=0), nn.Dropout(0.5)
        self.read = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.narrow = nn.Sequential(nn.Linear(8 * hidden, hidden), nn.ReLU())
        self.compose = nn.LSTM(hidden, hidden, batch_first=True, bidirectional=True)
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(8 * hidden, hidden), nn.Tanh(), nn.Dropout(0.5), nn.Linear(hidden, classes))

    def pooled(self, own, other):
        x, _ = self.compose(self.drop(self.narrow(torch.cat([own, other, own - other, own * other], -1))))
        return torch.cat([x.mean(1), x.max(1).values], -1)

    def forward(self, premise, hypothesis):
        first, _ = self.read(self.drop(self.table(premise)))
        second, _ = self.read(self.drop(self.table(hypothesis)))
        alike = torch.bmm(first, second.transpose(1, 2))
        to_first = torch.bmm(F.softmax(alike, 2), second)
        to_second = torch.bmm(F.softmax(alike.transpose(1, 2), 2), first)
        return self.head(torch.cat([self.pooled(first, to_first), self.pooled(second, to_second)], -1))
