# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the lists `untouched` and `reserved`: the shapes are the papers', the weights random."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class CrossNetwork(nn.Module):
    """Features of tables crossed with each other beside a perceptron: DCN-v2, after Wang et al. 2021."""

    def __init__(self, tables=20, rows=20000, width=16, layers=3):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(rows, width) for _ in range(tables))
        features = tables * width
        self.cross = nn.ModuleList(nn.Linear(features, features) for _ in range(layers))
        self.deep = nn.Sequential(nn.Linear(features, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU())
        self.head = nn.Linear(features + 256, 1)

    def forward(self, ids):
        start = torch.cat([table(ids[:, i]) for i, table in enumerate(self.tables)], dim=1)
        x = start
        for layer in self.cross:
            x = start * layer(x) + x
        return self.head(torch.cat([x, self.deep(start)], dim=1)).sigmoid()


class NBeats(nn.Module):
    """A series in, its next steps out: blocks that explain and subtract, after Oreshkin et al. 2020."""

    def __init__(self, past=168, future=24, width=512, blocks=8):
        super().__init__()
        self.past = past
        body = lambda: nn.Sequential(nn.Linear(past, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
                                     nn.Linear(width, past + future))
        self.blocks = nn.ModuleList(body() for _ in range(blocks))

    def forward(self, x):
        ahead = 0
        for block in self.blocks:
            said = block(x)
            x, ahead = x - said[:, : self.past], ahead + said[:, self.past :]
        return ahead


class EcapaTdnn(nn.Module):
    """Speech in, a voice's vector out: dilated convolutions in steps, channel gates, attentive statistics, after Desplanques et al. 2020."""

    class Block(nn.Module):
        def __init__(self, width, dilation, steps=8):
            super().__init__()
            self.before, self.after = nn.Conv1d(width, width, 1), nn.Conv1d(width, width, 1)
            self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(2))
            part = width // steps
            self.parts = nn.ModuleList(nn.Conv1d(part, part, 3, dilation=dilation, padding=dilation) for _ in range(steps - 1))
            self.gate = nn.Sequential(nn.Conv1d(width, 128, 1), nn.ReLU(), nn.Conv1d(128, width, 1), nn.Sigmoid())

        def forward(self, x):
            pieces = self.norms[0](F.relu(self.before(x))).chunk(len(self.parts) + 1, dim=1)
            out, last = [pieces[0]], 0
            for conv, piece in zip(self.parts, pieces[1:]):
                last = F.relu(conv(piece + last))
                out.append(last)
            y = self.norms[1](F.relu(self.after(torch.cat(out, dim=1))))
            return x + y * self.gate(y.mean(dim=2, keepdim=True))

    def __init__(self, bands=80, width=256, voice=192):
        super().__init__()
        self.first = nn.Sequential(nn.Conv1d(bands, width, 5, padding=2), nn.ReLU(), nn.BatchNorm1d(width))
        self.blocks = nn.ModuleList(self.Block(width, dilation) for dilation in (2, 3, 4))
        self.join = nn.Conv1d(3 * width, 768, 1)
        self.attention = nn.Sequential(nn.Conv1d(768, 128, 1), nn.Tanh(), nn.Conv1d(128, 768, 1))
        self.head = nn.Linear(2 * 768, voice)

    def forward(self, x):
        x, kept = self.first(x), []
        for block in self.blocks:
            x = block(x)
            kept.append(x)
        x = F.relu(self.join(torch.cat(kept, dim=1)))
        share = self.attention(x).softmax(dim=2)
        mean = (share * x).sum(dim=2)
        spread = ((share * x * x).sum(dim=2) - mean * mean).clamp(min=1e-6).sqrt()
        return self.head(torch.cat([mean, spread], dim=1))


class YoloTiny(nn.Module):
    """A small one-shot detector of two scales, after Redmon and Farhadi 2018."""

    def __init__(self, labels=20, anchors=3):
        super().__init__()
        conv = lambda a, b, size=3: nn.Sequential(nn.Conv2d(a, b, size, padding=size // 2, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(0.1))
        widths = [3, 16, 32, 64, 128, 256]
        self.body = nn.ModuleList(conv(a, b) for a, b in zip(widths, widths[1:]))
        self.deep = nn.Sequential(conv(256, 512), conv(512, 256, 1))
        out = anchors * (labels + 5)
        self.coarse = nn.Sequential(conv(256, 512), nn.Conv2d(512, out, 1))
        self.up = conv(256, 128, 1)
        self.fine = nn.Sequential(conv(384, 256), nn.Conv2d(256, out, 1))

    def forward(self, x):
        for conv in self.body:
            above = conv(x)
            x = F.max_pool2d(above, 2)
        deep = self.deep(x)
        joined = torch.cat([F.interpolate(self.up(deep), scale_factor=2.0, mode="nearest"), above], dim=1)
        return self.coarse(deep), self.fine(joined)


class DeepSpeech(nn.Module):
    """A spectrogram in, letters out: two strided convolutions, recurrent layers, a head, after Amodei et al. 2016."""

    def __init__(self, bands=80, width=320, letters=29):
        super().__init__()
        self.convs = nn.Sequential(nn.Conv2d(1, 32, (11, 11), stride=(2, 2), padding=5), nn.BatchNorm2d(32), nn.Hardtanh(0, 20),
                                   nn.Conv2d(32, 32, (11, 11), stride=(2, 1), padding=5), nn.BatchNorm2d(32), nn.Hardtanh(0, 20))
        self.recurrent = nn.GRU(32 * (bands // 4), width, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * width, letters)

    def forward(self, x):
        x = self.convs(x).flatten(1, 2).transpose(1, 2)
        return self.head(self.recurrent(x)[0]).log_softmax(-1)


class EegNet(nn.Module):
    """Electrodes in, a label out: long thin convolutions, depthwise ones, after Lawhern et al. 2018."""

    def __init__(self, electrodes=64, samples=512, labels=4):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, (1, 64), padding=(0, 32), bias=False), nn.BatchNorm2d(8),
                                  nn.Conv2d(8, 16, (electrodes, 1), groups=8, bias=False), nn.BatchNorm2d(16), nn.ELU(), nn.AvgPool2d((1, 4)),
                                  nn.Conv2d(16, 16, (1, 16), padding=(0, 8), groups=16, bias=False), nn.Conv2d(16, 16, 1, bias=False),
                                  nn.BatchNorm2d(16), nn.ELU(), nn.AvgPool2d((1, 8)), nn.Flatten())
        self.head = nn.Linear(16 * (samples // 32), labels)

    def forward(self, x):
        return self.head(self.body(x))


class ConvAutoencoder(nn.Module):
    """An image in, the image out, by way of a narrow middle: strided convolutions and transposed ones."""

    def __init__(self, widths=(3, 32, 64, 128, 256)):
        super().__init__()
        down = [nn.Sequential(nn.Conv2d(a, b, 4, stride=2, padding=1), nn.GroupNorm(8, b), nn.SiLU()) for a, b in zip(widths, widths[1:])]
        up = [nn.Sequential(nn.SiLU(), nn.ConvTranspose2d(b, a, 4, stride=2, padding=1)) for a, b in reversed(list(zip(widths, widths[1:])))]
        self.body = nn.Sequential(*down, nn.Conv2d(widths[-1], widths[-1], 3, padding=1), *up, nn.Sigmoid())

    def forward(self, x):
        return self.body(x)


class AutoInt(nn.Module):
    """Features of tables that attend to each other, after Song et al. 2019."""

    def __init__(self, tables=26, rows=10000, width=32, heads=2, layers=3):
        super().__init__()
        self.table = nn.Embedding(tables * rows, width)
        self.register_buffer("offsets", torch.arange(tables) * rows)
        self.attention = nn.ModuleList(nn.MultiheadAttention(width, heads, batch_first=True) for _ in range(layers))
        self.shortcut = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(layers))
        self.head = nn.Linear(tables * width, 1)

    def forward(self, ids):
        x = self.table(ids + self.offsets)
        for attention, shortcut in zip(self.attention, self.shortcut):
            x = F.relu(attention(x, x, x, need_weights=False)[0] + shortcut(x))
        return self.head(x.flatten(1)).sigmoid()


class ActorCritic(nn.Module):
    """A robot's state in, an action's mean and a value out: two perceptrons of tanh, after Schulman et al. 2017."""

    def __init__(self, state=376, actions=17, width=256):
        super().__init__()
        net = lambda out: nn.Sequential(nn.Linear(state, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, out))
        self.actor, self.critic = net(actions), net(1)

    def forward(self, x):
        return self.actor(x), self.critic(x)


# ---- of the list `reserved` ------------------------------------------------------------------------------------------------


class Dncnn(nn.Module):
    """A noisy image in, its noise taken away: one size of map, many layers, after Zhang et al. 2017."""

    def __init__(self, width=64, depth=17):
        super().__init__()
        middle = [nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()) for _ in range(depth - 2)]
        self.body = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), *middle, nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, x):
        return x - self.body(x)


class SrResNet(nn.Module):
    """An image four times as wide: residual blocks with PReLU, pixels shuffled at the end, after Ledig et al. 2017."""

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.PReLU(),
                                      nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

        def forward(self, x):
            return x + self.body(x)

    def __init__(self, width=64, blocks=8):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, width, 9, padding=4), nn.PReLU())
        self.body = nn.Sequential(*(self.Block(width) for _ in range(blocks)), nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        double = lambda: nn.Sequential(nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2), nn.PReLU())
        self.head = nn.Sequential(double(), double(), nn.Conv2d(width, 3, 9, padding=4))

    def forward(self, x):
        x = self.first(x)
        return self.head(x + self.body(x))


class Siren(nn.Module):
    """Coordinates in, a signal out, through sines, after Sitzmann et al. 2020."""

    def __init__(self, width=256, layers=4):
        super().__init__()
        sizes = [2] + [width] * layers
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        for layer in self.layers:
            x = torch.sin(30.0 * layer(x))
        return self.head(x)


class Hourglass(nn.Module):
    """Joints of a body: down to 4x4 and up again beside skips, twice, after Newell et al. 2016."""

    class Bottleneck(nn.Module):
        def __init__(self, width):
            super().__init__()
            half = width // 2
            self.body = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, half, 1), nn.BatchNorm2d(half), nn.ReLU(),
                                      nn.Conv2d(half, half, 3, padding=1), nn.BatchNorm2d(half), nn.ReLU(), nn.Conv2d(half, width, 1))

        def forward(self, x):
            return x + self.body(x)

    class Level(nn.Module):
        def __init__(self, width, depth):
            super().__init__()
            block = Hourglass.Bottleneck
            self.beside, self.down, self.up = block(width), block(width), block(width)
            self.inner = Hourglass.Level(width, depth - 1) if depth > 1 else block(width)

        def forward(self, x):
            low = self.up(self.inner(self.down(F.max_pool2d(x, 2))))
            return self.beside(x) + F.interpolate(low, scale_factor=2.0, mode="nearest")

    def __init__(self, width=128, joints=16, stacks=2):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, width, 7, stride=2, padding=3), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2))
        self.levels = nn.ModuleList(self.Level(width, 4) for _ in range(stacks))
        self.heads = nn.ModuleList(nn.Conv2d(width, joints, 1) for _ in range(stacks))
        self.back = nn.ModuleList(nn.Conv2d(joints, width, 1) for _ in range(stacks))

    def forward(self, x):
        x = self.first(x)
        for level, head, back in zip(self.levels, self.heads, self.back):
            said = head(level(x))
            x = x + back(said)
        return said


class SetTransformer(nn.Module):
    """A set in, one vector out: attention by way of a few learned points, pooled by a learned query, after Lee et al. 2019."""

    class Attend(nn.Module):
        def __init__(self, width, heads=4):
            super().__init__()
            self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
            self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
            self.feed = nn.Sequential(nn.Linear(width, width), nn.ReLU())

        def forward(self, x, y):
            x = self.norms[0](x + self.attention(x, y, y, need_weights=False)[0])
            return self.norms[1](x + self.feed(x))

    def __init__(self, features=3, width=128, points=32, layers=2, labels=40):
        super().__init__()
        self.first = nn.Linear(features, width)
        self.points = nn.ParameterList(nn.Parameter(torch.randn(1, points, width)) for _ in range(layers))
        self.down = nn.ModuleList(self.Attend(width) for _ in range(layers))
        self.up = nn.ModuleList(self.Attend(width) for _ in range(layers))
        self.query, self.pool = nn.Parameter(torch.randn(1, 1, width)), self.Attend(width)
        self.head = nn.Linear(width, labels)

    def forward(self, x):
        x = self.first(x)
        for points, down, up in zip(self.points, self.down, self.up):
            x = up(x, down(points.expand(x.shape[0], -1, -1), x))
        return self.head(self.pool(self.query.expand(x.shape[0], -1, -1), x).squeeze(1))


class LeNet5(nn.Module):
    """Digits, after LeCun et al. 1998: tanh and mean pools."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
                                  nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))

    def forward(self, x):
        return self.body(x)


class InterestNetwork(nn.Module):
    """What a person looked at, weighed by what is offered now, after Zhou et al. 2018."""

    def __init__(self, goods=50000, width=32):
        super().__init__()
        self.table = nn.Embedding(goods, width)
        self.weigh = nn.Sequential(nn.Linear(4 * width, 80), nn.Sigmoid(), nn.Linear(80, 40), nn.Sigmoid(), nn.Linear(40, 1))
        self.head = nn.Sequential(nn.Linear(3 * width, 200), nn.PReLU(), nn.Linear(200, 80), nn.PReLU(), nn.Linear(80, 1))

    def forward(self, seen, offered):
        past, now = self.table(seen), self.table(offered)
        beside = now.expand(-1, past.shape[1], -1)
        share = self.weigh(torch.cat([past, beside, past - beside, past * beside], dim=2))
        interest = (share * past).sum(dim=1)
        return self.head(torch.cat([interest, now.squeeze(1), interest * now.squeeze(1)], dim=1)).sigmoid()
