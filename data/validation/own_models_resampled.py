# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `resampled`: the shapes are the papers', the weights random."""

import torch
import torch.nn as nn
import torch.nn.functional as F

# ---- speech ----------------------------------------------------------------------------------------------------


class KeywordDsCnn(nn.Module):
    """A spoken word from 49 frames of 10 coefficients: depthwise separable convolutions, after Zhang et al. 2017 (DS-CNN-S)."""

    def __init__(self, words=12, width=64, depth=4):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, width, (10, 4), 2, bias=False), nn.BatchNorm2d(width)
        layers = []
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, 1, 1, groups=width, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            layers += [nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        self.layers, self.drop, self.head = nn.Sequential(*layers), nn.Dropout(0.2), nn.Linear(width, words)

    def forward(self, coefficients):
        x = F.relu(self.norm(self.conv(F.pad(coefficients, (1, 1, 4, 5)))))
        x = F.adaptive_avg_pool2d(self.drop(self.layers(x)), 1)
        return self.head(x.flatten(1))


# ---- pictures and volumes --------------------------------------------------------------------------------------


class ConvVae(nn.Module):
    """Faces of 64 x 64 around a small code, drawn with the noise given, after Higgins et al. 2017."""

    def __init__(self, channels=3, widths=(32, 32, 64, 64), hidden=256, code=32):
        super().__init__()
        down, up, last = [], [], channels
        for index, width in enumerate(widths):
            down += [nn.Conv2d(last, width, 4, 2, 1), nn.ReLU()]
            up = [nn.ConvTranspose2d(width, last, 4, 2, 1), nn.ReLU() if index else nn.Sigmoid()] + up
            last = width
        self.down = nn.Sequential(*down, nn.Flatten(), nn.Linear(16 * last, hidden), nn.ReLU(), nn.Linear(hidden, 2 * code))
        self.rise = nn.Sequential(nn.Linear(code, hidden), nn.ReLU(), nn.Linear(hidden, 16 * last), nn.ReLU())
        self.up = nn.Sequential(nn.Unflatten(1, (last, 4, 4)), *up)

    def forward(self, image, noise):
        mean, spread = self.down(image).chunk(2, 1)
        code = mean + noise * torch.exp(0.5 * spread)
        return self.up(self.rise(code)), mean, spread


def twice3d(channels, middle, width):
    """Two convolutions of 3 x 3 x 3, each with a norm and an activation."""
    return nn.Sequential(nn.Conv3d(channels, middle, 3, 1, 1, bias=False), nn.BatchNorm3d(middle), nn.ReLU(inplace=True),
                         nn.Conv3d(middle, width, 3, 1, 1, bias=False), nn.BatchNorm3d(width), nn.ReLU(inplace=True))


class UNet3d(nn.Module):
    """A volume's labels, voxel by voxel: four levels with skips, after Cicek et al. 2016, half as wide."""

    def __init__(self, channels=1, labels=3, base=16, levels=4):
        super().__init__()
        widths = [base << (level + 1) for level in range(levels)]
        self.down = nn.ModuleList(twice3d(last, width // 2, width) for last, width in zip([channels] + widths, widths))
        self.pool = nn.MaxPool3d(2, 2)
        self.rise = nn.ModuleList(nn.ConvTranspose3d(width, width, 2, 2) for width in reversed(widths[1:]))
        self.up = nn.ModuleList(twice3d(3 * width, width, width) for width in reversed(widths[:-1]))
        self.head = nn.Conv3d(widths[0], labels, 1)

    def forward(self, volume):
        x, kept = self.down[0](volume), []
        for down in self.down[1:]:
            kept.append(x)
            x = down(self.pool(x))
        for rise, up, old in zip(self.rise, self.up, reversed(kept)):
            x = up(torch.cat([old, rise(x)], 1))
        return self.head(x)


def twice2d(channels, width):
    """Two convolutions of 3 x 3, each with a norm and an activation."""
    return nn.Sequential(nn.Conv2d(channels, width, 3, 1, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
                         nn.Conv2d(width, width, 3, 1, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))


class AttentionGate(nn.Module):
    """Lets through of a skip what the coarser map asks for."""

    def __init__(self, coarse, fine, width):
        super().__init__()
        self.ask = nn.Sequential(nn.Conv2d(coarse, width, 1), nn.BatchNorm2d(width))
        self.give = nn.Sequential(nn.Conv2d(fine, width, 1), nn.BatchNorm2d(width))
        self.weigh = nn.Sequential(nn.Conv2d(width, 1, 1), nn.BatchNorm2d(1), nn.Sigmoid())

    def forward(self, coarse, fine):
        return fine * self.weigh(F.relu(self.ask(coarse) + self.give(fine)))


class AttentionUNet(nn.Module):
    """A U-Net whose skips pass through gates, after Oktay et al. 2018, half as wide."""

    def __init__(self, channels=3, labels=2, base=32, levels=5):
        super().__init__()
        widths = [base << level for level in range(levels)]
        self.down = nn.ModuleList(twice2d(last, width) for last, width in zip([channels] + widths, widths))
        self.rise, self.gates, self.up = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for width in reversed(widths[:-1]):
            self.rise.append(nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(2 * width, width, 3, 1, 1),
                                           nn.BatchNorm2d(width), nn.ReLU(inplace=True)))
            self.gates.append(AttentionGate(width, width, width // 2))
            self.up.append(twice2d(2 * width, width))
        self.head = nn.Conv2d(base, labels, 1)

    def forward(self, image):
        x, kept = self.down[0](image), []
        for down in self.down[1:]:
            kept.append(x)
            x = down(F.max_pool2d(x, 2, 2))
        for rise, gate, up, old in zip(self.rise, self.gates, self.up, reversed(kept)):
            x = rise(x)
            x = up(torch.cat([gate(x, old), x], 1))
        return self.head(x)


# ---- text ------------------------------------------------------------------------------------------------------


class AttentionSeq2Seq(nn.Module):
    """A translation, word by word of the one given: a GRU cell that looks at a GRU's states, after Bahdanau et al. 2015."""

    def __init__(self, words=8000, width=256, hidden=256):
        super().__init__()
        self.source, self.target = nn.Embedding(words, width), nn.Embedding(words, width)
        self.encoder = nn.GRU(width, hidden, batch_first=True, bidirectional=True)
        self.begin, self.keys = nn.Linear(hidden, hidden), nn.Linear(2 * hidden, hidden, bias=False)
        self.ask, self.weigh = nn.Linear(hidden, hidden), nn.Linear(hidden, 1, bias=False)
        self.cell = nn.GRUCell(width + 2 * hidden, hidden)
        self.join, self.head = nn.Linear(width + 3 * hidden, hidden), nn.Linear(hidden, words)

    def forward(self, source, target):
        states, last = self.encoder(self.source(source))
        keys, state, words, outputs = self.keys(states), torch.tanh(self.begin(last[1])), self.target(target), []
        for index in range(target.shape[1]):
            word = words[:, index]
            scores = self.weigh(torch.tanh(self.ask(state).unsqueeze(1) + keys)).squeeze(2)
            seen = torch.bmm(F.softmax(scores, 1).unsqueeze(1), states).squeeze(1)
            state = self.cell(torch.cat([word, seen], 1), state)
            outputs.append(torch.tanh(self.join(torch.cat([state, seen, word], 1))))
        return self.head(torch.stack(outputs, 1))


class SentimentLstm(nn.Module):
    """Praise or blame: two LSTMs in both directions, their last states, a line; the model of many a tutorial."""

    def __init__(self, words=25000, width=100, hidden=256, classes=1):
        super().__init__()
        self.table, self.drop = nn.Embedding(words, width, padding_idx=1), nn.Dropout(0.5)
        self.lstm = nn.LSTM(width, hidden, 2, batch_first=True, bidirectional=True, dropout=0.5)
        self.head = nn.Linear(2 * hidden, classes)

    def forward(self, words):
        _, (state, _) = self.lstm(self.drop(self.table(words)))
        return self.head(self.drop(torch.cat([state[-2], state[-1]], 1)))


# ---- graphs, control -------------------------------------------------------------------------------------------


class RelationalLayer(nn.Module):
    """A matrix for each kind of edge, mixed of a few; the mean of what comes in by each kind, added up."""

    def __init__(self, features, width, kinds, bases):
        super().__init__()
        self.bases = nn.Parameter(torch.randn(bases, features, width) / features ** 0.5)
        self.mix = nn.Parameter(torch.randn(kinds, bases) / bases ** 0.5)
        self.own = nn.Linear(features, width)

    def forward(self, x, source, target, kind, share):
        nodes = x.shape[0]
        matrices = torch.einsum("kb,bio->kio", self.mix, self.bases)
        sent = torch.matmul(x, matrices).flatten(0, 1)
        messages = sent.index_select(0, kind * nodes + source) * share
        y = self.own(x)
        return y.index_add(0, target, messages)


class RelationalGcn(nn.Module):
    """The classes of a graph's nodes whose edges are of several kinds, after Schlichtkrull et al. 2018."""

    def __init__(self, features=64, width=64, classes=8, kinds=8, bases=4):
        super().__init__()
        self.kinds = kinds
        self.first = RelationalLayer(features, width, kinds, bases)
        self.second = RelationalLayer(width, classes, kinds, bases)

    def forward(self, x, edges, kind):
        source, target = edges.unbind(0)
        place = target * self.kinds + kind
        count = x.new_zeros(x.shape[0] * self.kinds).index_add(0, place, torch.ones_like(place, dtype=x.dtype))
        share = count.index_select(0, place).reciprocal().unsqueeze(1)
        x = F.relu(self.first(x, source, target, kind, share))
        return self.second(x, source, target, kind, share).log_softmax(-1)


class SoftActorCritic(nn.Module):
    """A move drawn with the noise given, its log likelihood, and the lesser of two critics' values, after Haarnoja et al. 2018."""

    def __init__(self, senses=17, moves=6, hidden=256):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(senses, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.mean, self.spread = nn.Linear(hidden, moves), nn.Linear(hidden, moves)
        critic = lambda: nn.Sequential(nn.Linear(senses + moves, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.critic1, self.critic2 = critic(), critic()

    def forward(self, state, noise):
        x = self.actor(state)
        mean, spread = self.mean(x), torch.clamp(self.spread(x), -20, 2)
        raw = mean + noise * spread.exp()
        move = torch.tanh(raw)
        likely = -0.5 * noise.pow(2) - spread - 0.9189385332046727 - torch.log(1 - move.pow(2) + 1e-6)
        pair = torch.cat([state, move], 1)
        return move, likely.sum(1, keepdim=True), torch.min(self.critic1(pair), self.critic2(pair))
