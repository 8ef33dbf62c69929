# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `offshore`: the shapes are the papers', the weights random."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def conv(channels, width, kernel=1, stride=1, groups=1, active=nn.ReLU):
    """A convolution that keeps the size but for its stride, a norm, an activation or none."""
    layers = [nn.Conv2d(channels, width, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, *([active()] if active else []))


# ---- pictures and clips ----------------------------------------------------------------------------------------


class BlazeBlock(nn.Module):
    """One or two depthwise convolutions of 5 x 5, around which padded channels go."""

    def __init__(self, channels, width, stride=1, middle=None):
        super().__init__()
        self.more, self.pool = width - channels, nn.MaxPool2d(stride) if stride > 1 else nn.Identity()
        first = middle or width
        layers = [nn.Conv2d(channels, channels, 5, stride, 2, groups=channels), nn.Conv2d(channels, first, 1), nn.BatchNorm2d(first)]
        if middle:
            layers += [nn.ReLU(), nn.Conv2d(middle, middle, 5, 1, 2, groups=middle), nn.Conv2d(middle, width, 1), nn.BatchNorm2d(width)]
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        around = F.pad(self.pool(x), (0, 0, 0, 0, 0, self.more)) if self.more else self.pool(x)
        return F.relu(self.body(x) + around)


class BlazeFace(nn.Module):
    """Faces in a phone's picture: boxes and six points at two sizes of map, after Bazarevsky et al. 2019."""

    def __init__(self, points=6):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 24, 5, 2, 2), nn.ReLU())
        self.near = nn.Sequential(BlazeBlock(24, 24), BlazeBlock(24, 24), BlazeBlock(24, 48, 2), BlazeBlock(48, 48), BlazeBlock(48, 48),
                                  BlazeBlock(48, 96, 2, 24), BlazeBlock(96, 96, 1, 24), BlazeBlock(96, 96, 1, 24))
        self.far = nn.Sequential(BlazeBlock(96, 96, 2, 24), BlazeBlock(96, 96, 1, 24), BlazeBlock(96, 96, 1, 24))
        self.values = 4 + 2 * points
        self.scores = nn.ModuleList(nn.Conv2d(96, anchors, 1) for anchors in (2, 6))
        self.boxes = nn.ModuleList(nn.Conv2d(96, anchors * self.values, 1) for anchors in (2, 6))

    def forward(self, image):
        near = self.near(self.stem(image))
        maps = (near, self.far(near))
        scores = [score(x).permute(0, 2, 3, 1).flatten(1) for score, x in zip(self.scores, maps)]
        boxes = [box(x).permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, self.values)) for box, x in zip(self.boxes, maps)]
        return torch.sigmoid(torch.cat(scores, dim=1)), torch.cat(boxes, dim=1)


class Bottleneck(nn.Module):
    """Wide depthwise convolutions between narrow maps."""

    def __init__(self, channels, width, stride=1, growth=6):
        super().__init__()
        wide = growth * channels
        self.same = channels == width and stride == 1
        self.body = nn.Sequential(conv(channels, wide), conv(wide, wide, 3, stride, wide), conv(wide, width, active=None))

    def forward(self, x):
        return x + self.body(x) if self.same else self.body(x)


class FastScnn(nn.Module):
    """A street's parts on a weak computer: one learned way down, then a deep path beside a way around, after Poudel et al. 2019."""

    def __init__(self, classes=19):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
                                  conv(32, 32, 3, 2, 32), conv(32, 48), conv(48, 48, 3, 2, 48), conv(48, 64))
        blocks, channels = [], 64
        for width, stride in ((64, 2), (64, 1), (64, 1), (96, 2), (96, 1), (96, 1), (128, 1), (128, 1), (128, 1)):
            blocks.append(Bottleneck(channels, width, stride))
            channels = width
        self.deep, self.sizes = nn.Sequential(*blocks), (1, 2, 4, 8)
        self.pools = nn.ModuleList(conv(128, 32) for _ in self.sizes)
        self.pooled = conv(256, 128)
        self.low, self.wide = nn.Sequential(conv(128, 128, 3, groups=128), nn.Conv2d(128, 128, 1)), nn.Conv2d(64, 128, 1)
        self.head = nn.Sequential(conv(128, 128, 3, groups=128), conv(128, 128), conv(128, 128, 3, groups=128), conv(128, 128),
                                  nn.Dropout(0.1), nn.Conv2d(128, classes, 1))

    def forward(self, image):
        wide = self.down(image)
        x = self.deep(wide)
        parts = [F.interpolate(pool(F.adaptive_avg_pool2d(x, size)), size=x.shape[2:], mode="bilinear", align_corners=True)
                 for pool, size in zip(self.pools, self.sizes)]
        x = self.pooled(torch.cat([x, *parts], dim=1))
        x = self.low(F.interpolate(x, scale_factor=4, mode="bilinear", align_corners=True))
        return F.interpolate(self.head(F.relu(x + self.wide(wide))), size=image.shape[2:], mode="bilinear", align_corners=True)


class CompactSuper(nn.Module):
    """Pictures four times as large: plain convolutions with PReLU, added to the picture itself, after Wang et al. 2021, the compact one."""

    def __init__(self, width=64, depth=16, times=4):
        super().__init__()
        layers = [nn.Conv2d(3, width, 3, padding=1), nn.PReLU(width)]
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.PReLU(width)]
        self.times, self.body = times, nn.Sequential(*layers, nn.Conv2d(width, 3 * times * times, 3, padding=1), nn.PixelShuffle(times))

    def forward(self, image):
        return self.body(image) + F.interpolate(image, scale_factor=self.times, mode="nearest")


class SqueezeVolume(nn.Module):
    def __init__(self, width, part=1 / 16):
        super().__init__()
        narrow = max(8, int(width * part))
        self.body = nn.Sequential(nn.AdaptiveAvgPool3d(1), nn.Conv3d(width, narrow, 1), nn.ReLU(), nn.Conv3d(narrow, width, 1), nn.Sigmoid())

    def forward(self, x):
        return x * self.body(x)


class ClipBottleneck(nn.Module):
    """A depthwise convolution of 3 x 3 x 3 between two of one, with a channel gate in every other block."""

    def __init__(self, channels, width, stride, gate, growth=2.25):
        super().__init__()
        wide, step = int(growth * width), (1, stride, stride)
        self.body = nn.Sequential(
            nn.Conv3d(channels, wide, 1, bias=False), nn.BatchNorm3d(wide), nn.ReLU(),
            nn.Conv3d(wide, wide, 3, step, 1, groups=wide, bias=False), nn.BatchNorm3d(wide), SqueezeVolume(wide) if gate else nn.Identity(),
            nn.SiLU(), nn.Conv3d(wide, width, 1, bias=False), nn.BatchNorm3d(width))
        same = channels == width and stride == 1
        self.around = nn.Identity() if same else nn.Sequential(nn.Conv3d(channels, width, 1, step, bias=False), nn.BatchNorm3d(width))

    def forward(self, x):
        return F.relu(self.body(x) + self.around(x))


class X3d(nn.Module):
    """Actions in clips by thin depthwise volumes, after Feichtenhofer 2020, the extra small one."""

    def __init__(self, classes=400, widths=(24, 48, 96, 192), depths=(3, 5, 11, 7)):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv3d(3, 24, (1, 3, 3), (1, 2, 2), (0, 1, 1), bias=False),
                                  nn.Conv3d(24, 24, (5, 1, 1), padding=(2, 0, 0), groups=24, bias=False), nn.BatchNorm3d(24), nn.ReLU())
        blocks, channels = [], 24
        for width, depth in zip(widths, depths):
            for index in range(depth):
                blocks.append(ClipBottleneck(channels, width, 1 if index else 2, index % 2 == 0))
                channels = width
        self.blocks = nn.Sequential(*blocks)
        self.end = nn.Sequential(nn.Conv3d(channels, 432, 1, bias=False), nn.BatchNorm3d(432), nn.ReLU(), nn.AdaptiveAvgPool3d(1),
                                 nn.Conv3d(432, 2048, 1, bias=False), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(2048, classes))

    def forward(self, clip):
        return self.end(self.blocks(self.stem(clip)))


# ---- noise to pictures -----------------------------------------------------------------------------------------


class ConditionalNorm(nn.Module):
    """Batch norm whose scale and shift a code tells."""

    def __init__(self, width, code):
        super().__init__()
        self.norm = nn.BatchNorm2d(width, affine=False)
        self.scale, self.shift = nn.Linear(code, width, bias=False), nn.Linear(code, width, bias=False)

    def forward(self, x, code):
        return self.norm(x) * (1 + self.scale(code))[:, :, None, None] + self.shift(code)[:, :, None, None]


class RiseBlock(nn.Module):
    def __init__(self, channels, width, code):
        super().__init__()
        self.norms = nn.ModuleList([ConditionalNorm(channels, code), ConditionalNorm(width, code)])
        self.convs = nn.ModuleList([nn.Conv2d(channels, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)])
        self.around = nn.Conv2d(channels, width, 1)

    def forward(self, x, code):
        y = F.interpolate(F.relu(self.norms[0](x, code)), scale_factor=2, mode="nearest")
        y = F.relu(self.norms[1](self.convs[0](y), code))
        return self.convs[1](y) + self.around(F.interpolate(x, scale_factor=2, mode="nearest"))


class MapAttention(nn.Module):
    """Attention of a map to its pooled self."""

    def __init__(self, width):
        super().__init__()
        self.q, self.k, self.v = (nn.Conv2d(width, out, 1, bias=False) for out in (width // 8, width // 8, width // 2))
        self.out, self.gain = nn.Conv2d(width // 2, width, 1, bias=False), nn.Parameter(torch.zeros(1))

    def forward(self, x):
        q, k, v = self.q(x).flatten(2), F.max_pool2d(self.k(x), 2).flatten(2), F.max_pool2d(self.v(x), 2).flatten(2)
        weights = torch.bmm(q.transpose(1, 2), k).softmax(-1)
        return x + self.gain * self.out(torch.bmm(v, weights.transpose(1, 2)).unflatten(2, x.shape[2:]))


class BigGan(nn.Module):
    """A picture of a class from noise, a part of which each block gets, after Brock et al. 2019, half as wide, 128 x 128."""

    def __init__(self, classes=1000, part=20, shared=128, width=48, times=(16, 16, 8, 4, 2, 1)):
        super().__init__()
        self.classes, self.part, code = nn.Embedding(classes, shared), part, part + shared
        self.start = nn.Linear(part, 16 * width * times[0])
        self.blocks = nn.ModuleList(RiseBlock(width * a, width * b, code) for a, b in zip(times, times[1:]))
        self.attend = MapAttention(width * times[-2])
        self.end = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 3, 3, padding=1), nn.Tanh())

    def forward(self, noise, label):
        first, *parts = noise.split(self.part, dim=1)
        label = self.classes(label).squeeze(1)
        x = self.start(first).unflatten(1, (-1, 4, 4))
        for index, (block, part) in enumerate(zip(self.blocks, parts)):
            x = block(x, torch.cat([part, label], dim=1))
            if index == len(self.blocks) - 2:
                x = self.attend(x)
        return self.end(x)


# ---- speech and words ------------------------------------------------------------------------------------------


class NsNet2(nn.Module):
    """A call without its noise: a gain for each band of each frame by two GRUs, after Braun and Tashev 2020."""

    def __init__(self, bands=161, width=400, wide=600):
        super().__init__()
        self.start, self.memory = nn.Linear(bands, width), nn.GRU(width, width, 2, batch_first=True)
        self.end = nn.Sequential(nn.Linear(width, wide), nn.ReLU(), nn.Linear(wide, wide), nn.ReLU(), nn.Linear(wide, bands), nn.Sigmoid())

    def forward(self, spectrum):
        power = (spectrum * spectrum).sum(-1)
        gain = self.end(self.memory(self.start(torch.log10(power.clamp(min=1e-12))))[0])
        return spectrum * gain.unsqueeze(-1)


class LstmCrf(nn.Module):
    """Names in a sentence: an LSTM of both directions and the best path of labels, after Huang et al. 2015."""

    def __init__(self, words=30000, width=200, hidden=256, labels=9):
        super().__init__()
        self.words, self.memory = nn.Embedding(words, width), nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.head, self.moves = nn.Linear(2 * hidden, labels), nn.Parameter(torch.randn(labels, labels))
        self.first, self.last = nn.Parameter(torch.randn(labels)), nn.Parameter(torch.randn(labels))

    def forward(self, sentence):
        scores = self.head(self.memory(self.words(sentence))[0])
        best, origins = self.first + scores[:, 0], []
        for step in range(1, sentence.shape[1]):
            best, origin = (best.unsqueeze(2) + self.moves).max(dim=1)
            best = best + scores[:, step]
            origins.append(origin)
        total, label = (best + self.last).max(dim=1, keepdim=True)
        path = [label]
        for origin in reversed(origins):
            label = origin.gather(1, label)
            path.append(label)
        return torch.cat(path[::-1], dim=1), total


# ---- tables, tastes, series ------------------------------------------------------------------------------------


class TabTransformer(nn.Module):
    """Tables: the categories attend to each other, the numbers join them at the end, after Huang et al. 2020."""

    def __init__(self, sizes=(9, 16, 7, 15, 6, 5, 2, 42), numbers=6, width=32, depth=6, heads=8):
        super().__init__()
        starts = torch.tensor((0, *sizes[:-1])).cumsum(0)
        self.register_buffer("starts", starts)
        self.table, self.columns = nn.Embedding(sum(sizes), width - width // 8), nn.Parameter(torch.randn(len(sizes), width // 8))
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, activation="gelu", batch_first=True, norm_first=True)
        self.body, self.norm = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False), nn.LayerNorm(numbers)
        every = len(sizes) * width + numbers
        self.head = nn.Sequential(nn.Linear(every, 4 * every), nn.ReLU(), nn.Linear(4 * every, 2 * every), nn.ReLU(), nn.Linear(2 * every, 1))

    def forward(self, ids, numbers):
        x = self.table(ids + self.starts)
        x = self.body(torch.cat([x, self.columns.expand(x.shape[0], -1, -1)], dim=2))
        return torch.sigmoid(self.head(torch.cat([x.flatten(1), self.norm(numbers)], dim=1)))


class MultVae(nn.Module):
    """What else a person likes, from all that was liked: an autoencoder over every film, after Liang et al. 2018."""

    def __init__(self, films=20000, width=600, code=200, kept=100):
        super().__init__()
        self.code, self.kept, self.drop = code, kept, nn.Dropout(0.5)
        self.encoder = nn.Sequential(nn.Linear(films, width), nn.Tanh(), nn.Linear(width, 2 * code))
        self.decoder = nn.Sequential(nn.Linear(code, width), nn.Tanh(), nn.Linear(width, films))

    def forward(self, liked):
        mean = self.encoder(self.drop(F.normalize(liked, dim=1)))[:, :self.code]
        scores = self.decoder(mean).masked_fill(liked > 0, float("-inf"))
        return tuple(scores.topk(self.kept))


class DLinear(nn.Module):
    """Forecasts by two lines, one over a series' running mean, one over what is left, after Zeng et al. 2023."""

    def __init__(self, past=336, future=96, window=25):
        super().__init__()
        self.window = window
        self.trend, self.season = nn.Linear(past, future), nn.Linear(past, future)

    def forward(self, series):
        x, half = series.transpose(1, 2), (self.window - 1) // 2
        trend = F.avg_pool1d(F.pad(x, (half, half), mode="replicate"), self.window, 1)
        return (self.trend(trend) + self.season(x - trend)).transpose(1, 2)


class LightGcn(nn.Module):
    """People and things that they bought: embeddings averaged along a graph's edges, nothing else, after He et al. 2020."""

    def __init__(self, people=2000, things=3000, width=64, depth=3):
        super().__init__()
        self.people, self.depth, self.table = people, depth, nn.Parameter(torch.randn(people + things, width))

    def forward(self, edges, asked):
        person, thing = edges[0], edges[1] + self.people
        source, target = torch.cat([person, thing]), torch.cat([thing, person])
        count = self.table.new_zeros(self.table.shape[0]).index_add(0, target, torch.ones_like(target, dtype=self.table.dtype))
        root = count.clamp(min=1).rsqrt()
        weights = (root.index_select(0, source) * root.index_select(0, target)).unsqueeze(1)
        x, total = self.table, self.table
        for _ in range(self.depth):
            x = torch.zeros_like(x).index_add(0, target, x.index_select(0, source) * weights)
            total = total + x
        total = total / (self.depth + 1)
        scores = torch.mm(total[:self.people].index_select(0, asked), total[self.people:].t())
        return tuple(scores.topk(20))
