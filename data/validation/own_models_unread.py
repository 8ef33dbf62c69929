# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `unread`: the shapes are the papers', the weights random."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class XDeepFm(nn.Module):
    """Clicks: crossed fields, layer after layer, beside a perceptron, after Lian et al. 2018."""

    def __init__(self, fields=26, width=16, values=100000, crossed=(64, 64), hidden=400):
        super().__init__()
        self.table = nn.Embedding(values, width)
        sizes = (fields, *crossed)
        self.cross = nn.ModuleList(nn.Conv1d(fields * before, after, 1) for before, after in zip(sizes, crossed))
        self.deep = nn.Sequential(nn.Linear(fields * width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.head = nn.Linear(sum(crossed), 1)

    def forward(self, ids):
        first = x = self.table(ids)
        pooled = []
        for cross in self.cross:
            x = F.relu(cross((first.unsqueeze(2) * x.unsqueeze(1)).flatten(1, 2)))
            pooled.append(x.sum(-1))
        return torch.sigmoid(self.head(torch.cat(pooled, dim=1)) + self.deep(first.flatten(1)))


class NHits(nn.Module):
    """Forecasts by stacks that look at coarser and coarser means, after Challu et al. 2022."""

    def __init__(self, past=480, ahead=96, width=512, pools=(8, 4, 1)):
        super().__init__()
        self.past, self.ahead, self.pools = past, ahead, pools
        self.stacks = nn.ModuleList(
            nn.Sequential(nn.Linear(past // pool, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, past + max(1, ahead // pool)))
            for pool in pools)

    def forward(self, series):
        rest, forecast = series, 0
        for pool, stack in zip(self.pools, self.stacks):
            theta = stack(F.max_pool1d(rest.unsqueeze(1), pool).squeeze(1))
            rest = rest - theta[:, :self.past]
            forecast = forecast + F.interpolate(theta[:, self.past:].unsqueeze(1), size=self.ahead, mode="linear").squeeze(1)
        return forecast


class GatedMask(nn.Module):
    def __init__(self, width, kernel):
        super().__init__()
        self.conv, self.mix = nn.Conv2d(width, 2 * width, kernel, padding=kernel // 2), nn.Conv2d(width, width, 1)

    def forward(self, x):
        a, b = self.conv(x).chunk(2, dim=1)
        return x + self.mix(a.tanh() * b.sigmoid())


class PixelCnn(nn.Module):
    """The next pixel from those before it: gated convolutions, after van den Oord et al. 2016."""

    def __init__(self, width=48, blocks=5, levels=256):
        super().__init__()
        self.stem, self.body = nn.Conv2d(1, width, 7, padding=3), nn.Sequential(*(GatedMask(width, 3) for _ in range(blocks)))
        self.head = nn.Sequential(nn.ReLU(), nn.Conv2d(width, 128, 1), nn.ReLU(), nn.Conv2d(128, levels, 1))

    def forward(self, x):
        return self.head(self.body(self.stem(x)))


class ImpalaBlock(nn.Module):
    def __init__(self, channels, width):
        super().__init__()
        self.first, self.pool = nn.Conv2d(channels, width, 3, padding=1), nn.MaxPool2d(3, 2, 1)
        self.residuals = nn.ModuleList(nn.ModuleList([nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)]) for _ in range(2))

    def forward(self, x):
        x = self.pool(self.first(x))
        for first, second in self.residuals:
            x = x + second(F.relu(first(F.relu(x))))
        return x


class Impala(nn.Module):
    """Frames in, a policy and a value out, after Espeholt et al. 2018."""

    def __init__(self, actions=15):
        super().__init__()
        self.blocks = nn.Sequential(ImpalaBlock(4, 16), ImpalaBlock(16, 32), ImpalaBlock(32, 32))
        self.dense, self.policy, self.value = nn.Linear(32 * 11 * 11, 256), nn.Linear(256, actions), nn.Linear(256, 1)

    def forward(self, frames):
        x = F.relu(self.dense(F.relu(self.blocks(frames)).flatten(1)))
        return torch.cat([self.policy(x), self.value(x)], dim=1)


class DeepAr(nn.Module):
    """Probable futures of many series: two LSTMs over values and dates, after Salinas et al. 2017."""

    def __init__(self, covariates=5, width=40):
        super().__init__()
        self.lstm, self.mean, self.scale = nn.LSTM(1 + covariates, width, 3, batch_first=True), nn.Linear(width, 1), nn.Linear(width, 1)

    def forward(self, x):
        states = self.lstm(x)[0]
        return torch.cat([self.mean(states), F.softplus(self.scale(states))], dim=-1)


class GraphIsomorphism(nn.Module):
    """Molecules as dense graphs: sums over neighbours and perceptrons, after Xu et al. 2019."""

    def __init__(self, features=32, width=128, layers=4, tasks=12):
        super().__init__()
        self.stem, self.layers = nn.Linear(features, width), nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * width), nn.LayerNorm(2 * width), nn.ReLU(), nn.Linear(2 * width, width), nn.ReLU()) for _ in range(layers))
        self.head = nn.Linear(width, tasks)

    def forward(self, nodes, adjacency):
        x = self.stem(nodes)
        for layer in self.layers:
            x = layer(x + torch.bmm(adjacency, x))
        return self.head(x.sum(1))


class Demucs(nn.Module):
    """Sound to its sources: strided convolutions, gates and an LSTM between, after Defossez et al. 2019, narrower."""

    def __init__(self, width=32, depth=4, sources=4):
        super().__init__()
        down, up, channels = [], [], 2
        for level in range(depth):
            out = width << level
            down.append(nn.Sequential(nn.Conv1d(channels, out, 8, 4), nn.ReLU(), nn.Conv1d(out, 2 * out, 1), nn.GLU(1)))
            last = nn.Identity() if level == 0 else nn.ReLU()
            up.insert(0, nn.Sequential(nn.Conv1d(out, 2 * out, 3, padding=1), nn.GLU(1),
                                       nn.ConvTranspose1d(out, 2 * sources if level == 0 else channels, 8, 4), last))
            channels = out
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up)
        self.lstm, self.line = nn.LSTM(channels, channels, 2, bidirectional=True), nn.Linear(2 * channels, channels)

    def forward(self, x):
        kept = []
        for layer in self.down:
            x = layer(x)
            kept.append(x)
        x = self.line(self.lstm(x.permute(2, 0, 1))[0]).permute(1, 2, 0)
        for layer in self.up:
            x = layer(x + kept.pop()[..., :x.shape[-1]])
        return x


class CharCnn(nn.Module):
    """Letters in, topics out: six convolutions over one-hot letters, after Zhang et al. 2015."""

    def __init__(self, letters=70, width=256, classes=14):
        super().__init__()
        self.letters, layers, channels = letters, [], letters
        for kernel, pool in ((7, 3), (7, 3), (3, 1), (3, 1), (3, 1), (3, 3)):
            layers += [nn.Conv1d(channels, width, kernel), nn.ReLU()] + ([nn.MaxPool1d(pool)] if pool > 1 else [])
            channels = width
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(34 * width, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, classes))

    def forward(self, text):
        return self.head(self.features(F.one_hot(text, self.letters).float().transpose(1, 2)).flatten(1))


class TabularResNet(nn.Module):
    """Tables: normed perceptrons with a way around them, after Gorishniy et al. 2021."""

    def __init__(self, columns=54, width=256, blocks=4, classes=7):
        super().__init__()
        self.stem = nn.Linear(columns, width)
        self.blocks = nn.ModuleList(nn.Sequential(nn.BatchNorm1d(width), nn.Linear(width, 2 * width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(2 * width, width)) for _ in range(blocks))
        self.head = nn.Sequential(nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, classes))

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)
