# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `redrawn`: the shapes are the papers', the weights random."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

# ---- text ------------------------------------------------------------------------------------------------------


class Highway(nn.Module):
    """Of each number a learned share of what a line makes of it, the rest of what it was."""

    def __init__(self, width, layers=2):
        super().__init__()
        self.lines = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.gates = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))

    def forward(self, x):
        for line, gate in zip(self.lines, self.gates):
            share = torch.sigmoid(gate(x))
            x = share * F.relu(line(x)) + (1 - share) * x
        return x


class SeparableConv(nn.Module):
    """Each channel along the words, then the channels of each word."""

    def __init__(self, channels, width, taps):
        super().__init__()
        self.depth = nn.Conv1d(channels, channels, taps, padding=taps // 2, groups=channels, bias=False)
        self.point = nn.Conv1d(channels, width, 1)

    def forward(self, x):
        return F.relu(self.point(self.depth(x)))


class ReaderBlock(nn.Module):
    """Places, convolutions, attention and two lines, each behind a norm and with a way around it."""

    def __init__(self, width, convs, taps, heads, longest=400, drop=0.1):
        super().__init__()
        self.heads, self.drop = heads, drop
        place = torch.arange(longest).unsqueeze(1) * torch.exp(-math.log(10000.0) / (width // 2 - 1) * torch.arange(width // 2))
        self.register_buffer("places", torch.cat([place.sin(), place.cos()], 1))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(convs))
        self.convs = nn.ModuleList(SeparableConv(width, width, taps) for _ in range(convs))
        self.norm_attend, self.norm_lines = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)

    def attend(self, x):
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        weights = F.softmax(torch.matmul(query * query.size(3) ** -0.5, key.transpose(2, 3)), -1)
        return self.out(torch.matmul(F.dropout(weights, self.drop, self.training), value).transpose(1, 2).flatten(2))

    def forward(self, x):
        x = x + self.places[: x.size(1)]
        for norm, conv in zip(self.norms, self.convs):
            x = x + F.dropout(conv(norm(x).transpose(1, 2)).transpose(1, 2), self.drop, self.training)
        x = x + F.dropout(self.attend(self.norm_attend(x)), self.drop, self.training)
        return x + F.dropout(self.second(F.relu(self.first(self.norm_lines(x)))), self.drop, self.training)


class QaNet(nn.Module):
    """Where in a text a question's answer begins and ends, after Yu et al. 2018; letters by a convolution, as in public ports."""

    def __init__(self, words=20000, letters=96, word=300, letter=64, spelt=200, width=128, heads=8, blocks=7):
        super().__init__()
        self.words, self.letters = nn.Embedding(words, word, padding_idx=0), nn.Embedding(letters, letter, padding_idx=0)
        self.spell = nn.Conv2d(letter, spelt, (1, 5))
        self.highway, self.narrow = Highway(word + spelt), SeparableConv(word + spelt, width, 7)
        self.read = ReaderBlock(width, 4, 7, heads)
        self.near_text, self.near_question = nn.Linear(width, 1, bias=False), nn.Linear(width, 1, bias=False)
        self.near_both = nn.Parameter(torch.randn(width) / width ** 0.5)
        self.merge = SeparableConv(4 * width, width, 5)
        self.blocks = nn.Sequential(*(ReaderBlock(width, 2, 5, heads) for _ in range(blocks)))
        self.begin, self.end = nn.Linear(2 * width, 1, bias=False), nn.Linear(2 * width, 1, bias=False)

    def embed(self, words, letters):
        spelt = F.relu(self.spell(self.letters(letters).permute(0, 3, 1, 2))).max(3).values.transpose(1, 2)
        x = self.highway(torch.cat([self.words(words), spelt], 2))
        return self.read(self.narrow(x.transpose(1, 2)).transpose(1, 2))

    def forward(self, words, letters, asked, asked_letters):
        text, question = self.embed(words, letters), self.embed(asked, asked_letters)
        near = torch.bmm(text * self.near_both, question.transpose(1, 2))
        near = near + self.near_text(text) + self.near_question(question).transpose(1, 2)
        by_question = F.softmax(near, 2)
        told = torch.bmm(by_question, question)
        again = torch.bmm(torch.bmm(by_question, F.softmax(near, 1).transpose(1, 2)), text)
        x = self.merge(torch.cat([text, told, text * told, text * again], 2).transpose(1, 2)).transpose(1, 2)
        first = self.blocks(x)
        second = self.blocks(first)
        third = self.blocks(second)
        begin = self.begin(torch.cat([first, second], 2)).squeeze(2)
        end = self.end(torch.cat([first, third], 2)).squeeze(2)
        return begin.log_softmax(1), end.log_softmax(1)


# ---- tastes, movements, voices ---------------------------------------------------------------------------------


class Caser(nn.Module):
    """What a person takes next, from the last five things as a small picture, after Tang and Wang 2018."""

    def __init__(self, users=6040, things=3416, width=50, last=5, across=16, down=4, drop=0.5):
        super().__init__()
        self.users, self.things, self.drop = nn.Embedding(users, width), nn.Embedding(things, width), nn.Dropout(drop)
        self.across = nn.ModuleList(nn.Conv2d(1, across, (height, width)) for height in range(1, last + 1))
        self.down = nn.Conv2d(1, down, (last, 1))
        self.line = nn.Linear(down * width + across * last, width)
        self.weights, self.biases = nn.Embedding(things, 2 * width), nn.Embedding(things, 1)

    def forward(self, before, user, candidates):
        picture = self.things(before).unsqueeze(1)
        down = self.down(picture).flatten(1)
        across = []
        for conv in self.across:
            y = F.relu(conv(picture).squeeze(3))
            across.append(F.max_pool1d(y, y.size(2)).squeeze(2))
        x = F.relu(self.line(self.drop(torch.cat([down] + across, 1))))
        x = torch.cat([x, self.users(user)], 1)
        return torch.baddbmm(self.biases(candidates), self.weights(candidates), x.unsqueeze(2)).squeeze(2)


class DeepConvLstm(nn.Module):
    """What somebody is doing, from half a second of 113 sensors, after Ordonez and Roggen 2016."""

    def __init__(self, sensors=113, width=64, taps=5, layers=4, hidden=128, classes=18):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(width if index else 1, width, (taps, 1)) for index in range(layers))
        self.lstm = nn.LSTM(width * sensors, hidden, num_layers=2, batch_first=True, dropout=0.5)
        self.drop, self.head = nn.Dropout(0.5), nn.Linear(hidden, classes)

    def forward(self, x):
        for conv in self.convs:
            x = F.relu(conv(x))
        x, _ = self.lstm(self.drop(x.permute(0, 2, 1, 3).flatten(2)))
        return self.head(self.drop(x[:, -1])).log_softmax(1)


class BandFilters(nn.Module):
    """Band-pass filters, each given by its two edges, over the samples of a voice."""

    def __init__(self, count=80, taps=251, rate=16000, lowest=50.0, narrowest=50.0):
        super().__init__()
        self.rate, self.lowest, self.narrowest = rate, lowest, narrowest
        mel = torch.linspace(2595 * math.log10(1 + 30 / 700), 2595 * math.log10(1 + (rate / 2 - lowest - narrowest) / 700), count + 1)
        edges = 700 * (10 ** (mel / 2595) - 1)
        self.low, self.band = nn.Parameter(edges[:-1].unsqueeze(1)), nn.Parameter(edges.diff().unsqueeze(1))
        half = (taps - 1) // 2
        self.register_buffer("window", 0.54 - 0.46 * torch.cos(2 * math.pi * torch.linspace(0, taps / 2 - 1, half) / taps))
        self.register_buffer("times", 2 * math.pi * torch.arange(-half, 0.0).unsqueeze(0) / rate)

    def forward(self, x):
        low = self.lowest + self.low.abs()
        high = torch.clamp(low + self.narrowest + self.band.abs(), self.lowest, self.rate / 2)
        band = high - low
        left = (torch.sin(high * self.times) - torch.sin(low * self.times)) / (self.times / 2) * self.window
        filters = torch.cat([left, 2 * band, torch.flip(left, [1])], 1) / (2 * band)
        return F.conv1d(x, filters.unsqueeze(1))


class SpreadNorm(nn.Module):
    """A norm by the mean and the unbiased deviation of the last dimension."""

    def __init__(self, *sizes):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(*sizes)), nn.Parameter(torch.zeros(*sizes))

    def forward(self, x):
        return self.weight * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-6) + self.bias


class SincNet(nn.Module):
    """Who speaks, from a fifth of a second of samples, after Ravanelli and Bengio 2018."""

    def __init__(self, samples=3200, filters=80, taps=251, width=60, line=2048, people=462):
        super().__init__()
        self.norm_in = SpreadNorm(samples)
        self.convs = nn.ModuleList([BandFilters(filters, taps), nn.Conv1d(filters, width, 5), nn.Conv1d(width, width, 5)])
        self.norms, length = nn.ModuleList(), samples
        for size, channels in ((taps, filters), (5, width), (5, width)):
            length = (length - size + 1) // 3
            self.norms.append(SpreadNorm(channels, length))
        self.norm_line = SpreadNorm(width * length)
        lines, last = [], width * length
        for _ in range(3):
            lines += [nn.Linear(last, line), nn.BatchNorm1d(line, momentum=0.05), nn.LeakyReLU(0.2)]
            last = line
        self.lines, self.head = nn.Sequential(*lines), nn.Linear(line, people)

    def forward(self, samples):
        x = self.norm_in(samples).unsqueeze(1)
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            x = conv(x) if index else conv(x).abs()
            x = F.leaky_relu(norm(F.max_pool1d(x, 3)), 0.2)
        return self.head(self.lines(self.norm_line(x.flatten(1)))).log_softmax(1)


# ---- pictures, series ------------------------------------------------------------------------------------------


class PyramidStep(nn.Module):
    """Ten convolutions and a transposed one: the features twice as large."""

    def __init__(self, width, depth):
        super().__init__()
        layers = []
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(width, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True))

    def forward(self, x):
        return self.layers(x)


class LapSrn(nn.Module):
    """A picture's brightness twice and four times as large, by adding what is missing, after Lai et al. 2017."""

    def __init__(self, width=64, depth=10, levels=2):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, width, 3, 1, 1, bias=False), nn.LeakyReLU(0.2, inplace=True))
        self.steps = nn.ModuleList(PyramidStep(width, depth) for _ in range(levels))
        self.larger = nn.ModuleList(nn.ConvTranspose2d(1, 1, 4, 2, 1, bias=False) for _ in range(levels))
        self.missing = nn.ModuleList(nn.Conv2d(width, 1, 3, 1, 1, bias=False) for _ in range(levels))

    def forward(self, picture):
        x, pictures = self.first(picture), []
        for step, larger, missing in zip(self.steps, self.larger, self.missing):
            x = step(x)
            picture = larger(picture) + missing(x)
            pictures.append(picture)
        return tuple(pictures)


class MixerStep(nn.Module):
    """A line along time, then two along the variates, each behind a norm over both and with a way around it."""

    def __init__(self, steps, variates, width, drop):
        super().__init__()
        self.norm_time, self.norm_variates = nn.LayerNorm((steps, variates)), nn.LayerNorm((steps, variates))
        self.time, self.drop = nn.Linear(steps, steps), nn.Dropout(drop)
        self.first, self.second = nn.Linear(variates, width), nn.Linear(width, variates)

    def forward(self, x):
        x = x + self.drop(F.relu(self.time(self.norm_time(x).transpose(1, 2)))).transpose(1, 2)
        return x + self.drop(self.second(self.drop(F.relu(self.first(self.norm_variates(x))))))


class TsMixer(nn.Module):
    """The next 96 hours of 321 consumers from the last 512, by lines alone, after Chen et al. 2023."""

    def __init__(self, steps=512, ahead=96, variates=321, width=64, blocks=4, drop=0.7):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(variates)), nn.Parameter(torch.zeros(variates))
        self.blocks = nn.Sequential(*(MixerStep(steps, variates, width, drop) for _ in range(blocks)))
        self.head = nn.Linear(steps, ahead)

    def forward(self, series):
        mean = series.mean(1, keepdim=True)
        spread = torch.sqrt(series.var(1, keepdim=True, unbiased=False) + 1e-5)
        x = self.blocks((series - mean) / spread * self.weight + self.bias)
        x = self.head(x.transpose(1, 2)).transpose(1, 2)
        return (x - self.bias) / self.weight * spread + mean


# ---- molecules, crystals ---------------------------------------------------------------------------------------


class MessagePassingQm9(nn.Module):
    """A property of each of some molecules, after Gilmer et al. 2017; messages averaged, as in a public port."""

    def __init__(self, atom=11, bond=5, width=64, rounds=3, reads=3, molecules=20):
        super().__init__()
        self.width, self.rounds, self.reads, self.molecules = width, rounds, reads, molecules
        self.first = nn.Linear(atom, width)
        self.matrix = nn.Sequential(nn.Linear(bond, 128), nn.ReLU(), nn.Linear(128, width * width))
        self.own, self.gru = nn.Linear(width, width), nn.GRUCell(width, width)
        self.lstm = nn.LSTMCell(2 * width, width)
        self.lines = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, atoms, bonds, kinds, owner):
        source, target = bonds.unbind(0)
        x = F.relu(self.first(atoms))
        matrices = self.matrix(kinds).view(-1, self.width, self.width)
        count = x.new_zeros(x.shape[0]).index_add(0, target, torch.ones_like(target, dtype=x.dtype)).clamp(min=1).unsqueeze(1)
        for _ in range(self.rounds):
            messages = torch.bmm(x.index_select(0, source).unsqueeze(1), matrices).squeeze(1)
            mean = torch.zeros_like(x).index_add(0, target, messages) / count
            x = self.gru(F.relu(mean + self.own(x)), x)
        state = memory = x.new_zeros(self.molecules, self.width)
        both = x.new_zeros(self.molecules, 2 * self.width)
        for _ in range(self.reads):
            state, memory = self.lstm(both, (state, memory))
            near = (x * state.index_select(0, owner)).sum(1)
            most = near.new_zeros(self.molecules).scatter_reduce(0, owner, near, "amax", include_self=False)
            shares = torch.exp(near - most.index_select(0, owner))
            total = near.new_zeros(self.molecules).index_add(0, owner, shares)
            shares = (shares / (total.index_select(0, owner) + 1e-16)).unsqueeze(1)
            both = torch.cat([state, torch.zeros_like(state).index_add(0, owner, shares * x)], 1)
        return self.lines(both).view(-1)


class CrystalLayer(nn.Module):
    """Each atom with each of its twelve neighbours, behind a gate, added up."""

    def __init__(self, width, bond):
        super().__init__()
        self.line = nn.Linear(2 * width + bond, 2 * width)
        self.norm_pairs, self.norm = nn.BatchNorm1d(2 * width), nn.BatchNorm1d(width)

    def forward(self, x, bonds, near):
        count, many = near.shape
        others = x[near]
        pairs = self.line(torch.cat([x.unsqueeze(1).expand(count, many, x.shape[1]), others, bonds], 2))
        pairs = self.norm_pairs(pairs.view(count * many, -1)).view(count, many, -1)
        gate, core = pairs.chunk(2, 2)
        return F.softplus(x + self.norm((torch.sigmoid(gate) * F.softplus(core)).sum(1)))


class CrystalGraph(nn.Module):
    """The energy of each of some crystals from its atoms and their distances, after Xie and Grossman 2018."""

    def __init__(self, atom=92, bond=41, width=64, layers=3, line=128):
        super().__init__()
        self.first = nn.Linear(atom, width)
        self.layers = nn.ModuleList(CrystalLayer(width, bond) for _ in range(layers))
        self.line, self.head = nn.Linear(width, line), nn.Linear(line, 1)

    def forward(self, atoms, bonds, near, crystals):
        x = self.first(atoms)
        for layer in self.layers:
            x = layer(x, bonds, near)
        x = x[crystals].mean(1)
        return self.head(F.softplus(self.line(F.softplus(x))))
