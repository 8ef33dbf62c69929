# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `hidden`: the shapes are the papers', the weights random."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvLstm(nn.Module):
    """Radar images in, the next one out: an LSTM whose products are convolutions, after Shi et al. 2015."""

    def __init__(self, width=32, layers=2):
        super().__init__()
        self.width = width
        self.gates = nn.ModuleList(nn.Conv2d((1 if i == 0 else width) + width, 4 * width, 3, padding=1) for i in range(layers))
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, frames):
        sequence = frames.unbind(1)
        for gates in self.gates:
            hidden = cell = frames.new_zeros(frames.shape[0], self.width, *frames.shape[3:])
            results = []
            for x in sequence:
                i, f, o, g = gates(torch.cat([x, hidden], dim=1)).chunk(4, dim=1)
                cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
                hidden = o.sigmoid() * cell.tanh()
                results.append(hidden)
            sequence = results
        return self.head(sequence[-1]).sigmoid()


class C3d(nn.Module):
    """Clips in, actions out: 3x3x3 convolutions and volume pools, after Tran et al. 2015, a quarter as wide."""

    def __init__(self, actions=101):
        super().__init__()
        layers, channels = [], 3
        for width, repeats, pool in ((16, 1, (1, 2, 2)), (32, 1, 2), (64, 2, 2), (128, 2, 2), (128, 2, 2)):
            for _ in range(repeats):
                layers += [nn.Conv3d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            layers.append(nn.MaxPool3d(pool, pool))
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(128 * 3 * 3, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, actions))

    def forward(self, clips):
        return self.head(self.features(clips).flatten(1))


class DiffusionBlock(nn.Module):
    def __init__(self, width, out, time):
        super().__init__()
        self.norm, self.conv = nn.GroupNorm(8, width), nn.Conv2d(width, out, 3, padding=1)
        self.time = nn.Linear(time, out)
        self.later_norm, self.later_conv = nn.GroupNorm(8, out), nn.Conv2d(out, out, 3, padding=1)
        self.skip = nn.Conv2d(width, out, 1) if width != out else nn.Identity()

    def forward(self, x, time):
        y = self.conv(F.silu(self.norm(x))) + self.time(F.silu(time))[:, :, None, None]
        return self.skip(x) + self.later_conv(F.silu(self.later_norm(y)))


class DiffusionUnet(nn.Module):
    """The noise of an image at a time: residual blocks, attention in the middle, after Ho et al. 2020."""

    def __init__(self, width=64, time=256):
        super().__init__()
        self.width = width
        self.time = nn.Sequential(nn.Linear(width, time), nn.SiLU(), nn.Linear(time, time))
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.down = nn.ModuleList(DiffusionBlock(a, b, time) for a, b in ((width, width), (width, 2 * width), (2 * width, 2 * width)))
        self.norm, self.qkv, self.mix = nn.GroupNorm(8, 2 * width), nn.Conv2d(2 * width, 6 * width, 1), nn.Conv2d(2 * width, 2 * width, 1)
        self.up = nn.ModuleList(DiffusionBlock(a, b, time) for a, b in ((4 * width, 2 * width), (4 * width, width), (2 * width, width)))
        self.head = nn.Sequential(nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, 3, 3, padding=1))

    def attend(self, x):
        n, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(n, 3, c, h * w).unbind(1)
        scores = torch.softmax(torch.bmm(q.transpose(1, 2), k) / math.sqrt(c), dim=-1)
        return x + self.mix(torch.bmm(v, scores.transpose(1, 2)).reshape(n, c, h, w))

    def forward(self, x, step):
        rates = torch.exp(torch.arange(self.width // 2, device=x.device) * (-math.log(10000.0) / (self.width // 2)))
        angles = step[:, :1].float() * rates
        time = self.time(torch.cat([angles.sin(), angles.cos()], dim=1))
        x, kept = self.stem(x), []
        for block in self.down:
            x = block(x, time)
            kept.append(x)
            x = F.avg_pool2d(x, 2)
        x = self.attend(x)
        for block in self.up:
            x = block(torch.cat([F.interpolate(x, scale_factor=2.0), kept.pop()], dim=1), time)
        return self.head(x)


class TwoTowers(nn.Module):
    """Readers and articles, each a bag of words and a perceptron, and their product, after Yi et al. 2019."""

    def __init__(self, words=50000, width=64):
        super().__init__()
        self.reader_words, self.article_words = nn.EmbeddingBag(words, width), nn.EmbeddingBag(words, width)
        tower = lambda: nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 64))
        self.reader, self.article = tower(), tower()

    def forward(self, reader, article):
        a, b = self.reader(self.reader_words(reader)), self.article(self.article_words(article))
        return (F.normalize(a, dim=1) * F.normalize(b, dim=1)).sum(1)


class SasRec(nn.Module):
    """What a customer buys next, from what was bought: a small causal transformer, after Kang and McAuley 2018."""

    def __init__(self, articles=20000, length=50, width=64, layers=2):
        super().__init__()
        self.articles, self.place = nn.Embedding(articles, width), nn.Parameter(torch.randn(length, width))
        layer = lambda: nn.TransformerEncoderLayer(width, 2, width * 4, 0.0, "relu", batch_first=True, norm_first=True)
        self.layers = nn.ModuleList(layer() for _ in range(layers))
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(length), persistent=False)

    def forward(self, bought):
        x = self.articles(bought) + self.place
        for layer in self.layers:
            x = layer(x, src_mask=self.mask)
        return x[:, -1] @ self.articles.weight[:2000].T


class EdgeConv(nn.Module):
    def __init__(self, width, out, neighbours):
        super().__init__()
        self.neighbours = neighbours
        self.conv = nn.Sequential(nn.Conv2d(2 * width, out, 1, bias=False), nn.BatchNorm2d(out), nn.LeakyReLU(0.2))

    def forward(self, x):
        n, c, points = x.shape
        square = (x * x).sum(1)
        near = (2 * torch.bmm(x.transpose(1, 2), x) - square[:, :, None] - square[:, None]).topk(self.neighbours, dim=-1)[1]
        index = near.reshape(n, 1, points * self.neighbours).expand(n, c, points * self.neighbours)
        others = x.gather(2, index).reshape(n, c, points, self.neighbours)
        mine = x.unsqueeze(-1).expand_as(others)
        return self.conv(torch.cat([others - mine, mine], dim=1)).amax(-1)


class Dgcnn(nn.Module):
    """Points and their neighbours, found anew in each layer, after Wang et al. 2019."""

    def __init__(self, neighbours=16, labels=40):
        super().__init__()
        self.layers = nn.ModuleList(EdgeConv(a, b, neighbours) for a, b in ((3, 64), (64, 64), (64, 128)))
        self.mix = nn.Sequential(nn.Conv1d(256, 512, 1, bias=False), nn.BatchNorm1d(512), nn.LeakyReLU(0.2))
        self.head = nn.Sequential(nn.Linear(1024, 256), nn.LeakyReLU(0.2), nn.Linear(256, labels))

    def forward(self, x):
        kept = []
        for layer in self.layers:
            x = layer(x)
            kept.append(x)
        x = self.mix(torch.cat(kept, dim=1))
        return self.head(torch.cat([x.amax(-1), x.mean(-1)], dim=1))


class Cnn14(nn.Module):
    """Sounds as pictures of their spectrum, twelve 3x3 convolutions, after Kong et al. 2020, a quarter as wide."""

    def __init__(self, labels=527):
        super().__init__()
        self.norm = nn.BatchNorm2d(64)
        layers, channels = [], 1
        for width in (16, 32, 64, 128, 256, 512):
            for _ in range(2):
                layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
            layers.append(nn.AvgPool2d(2))
        self.features = nn.Sequential(*layers[:-1])
        self.mix, self.head = nn.Linear(512, 512), nn.Linear(512, labels)

    def forward(self, spectrum):
        x = self.norm(spectrum.transpose(1, 3)).transpose(1, 3)
        x = self.features(x).mean(3)
        return self.head(F.relu(self.mix(x.amax(2) + x.mean(2)))).sigmoid()


class RealNvp(nn.Module):
    """A density that is followed backwards through couplings, after Dinh et al. 2017."""

    def __init__(self, features=64, width=256, couplings=6):
        super().__init__()
        half = features // 2
        self.nets = nn.ModuleList(nn.Sequential(nn.Linear(half, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
                                                nn.Linear(width, 2 * half)) for _ in range(couplings))

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        logarithm = 0.0
        for net in self.nets:
            scale, shift = net(a).chunk(2, dim=1)
            scale = scale.tanh()
            a, b = b * scale.exp() + shift, a
            logarithm = logarithm + scale.sum(1)
        return logarithm - 0.5 * (a.square() + b.square()).sum(1)


class ResidualStack(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.first, self.second = nn.Conv2d(width, inner, 3, padding=1, bias=False), nn.Conv2d(inner, width, 1, bias=False)

    def forward(self, x):
        return x + self.second(F.relu(self.first(F.relu(x))))


class VqVae(nn.Module):
    """Pictures as codes of a book and back, after van den Oord et al. 2017."""

    def __init__(self, width=128, codes=512, code=64):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, width // 2, 4, 2, 1), nn.ReLU(), nn.Conv2d(width // 2, width, 4, 2, 1), nn.ReLU(),
                                     ResidualStack(width, 32), ResidualStack(width, 32), nn.Conv2d(width, code, 1))
        self.book = nn.Embedding(codes, code)
        self.decoder = nn.Sequential(nn.Conv2d(code, width, 3, padding=1), ResidualStack(width, 32), ResidualStack(width, 32), nn.ReLU(),
                                     nn.ConvTranspose2d(width, width // 2, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(width // 2, 3, 4, 2, 1))

    def forward(self, x):
        y = self.encoder(x).permute(0, 2, 3, 1)
        flat = y.reshape(-1, y.shape[-1])
        far = flat.square().sum(1, keepdim=True) - 2 * flat @ self.book.weight.T + self.book.weight.square().sum(1)
        return self.decoder(self.book(far.argmin(1)).reshape(y.shape).permute(0, 3, 1, 2))


class Cbhg(nn.Module):
    """Letters to a spectrum: a bank of convolutions, highways and a GRU of both directions, after Wang et al. 2017 (Tacotron)."""

    def __init__(self, letters=60, width=128, bank=8, bands=80):
        super().__init__()
        self.letters = nn.Embedding(letters, 256)
        self.before = nn.Sequential(nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, width), nn.ReLU())
        self.bank = nn.ModuleList(nn.Sequential(nn.Conv1d(width, width, k + 1, padding=(k + 1) // 2, bias=False), nn.BatchNorm1d(width), nn.ReLU())
                                  for k in range(bank))
        self.after = nn.Sequential(nn.Conv1d(bank * width, width, 3, padding=1, bias=False), nn.BatchNorm1d(width), nn.ReLU(),
                                   nn.Conv1d(width, width, 3, padding=1, bias=False), nn.BatchNorm1d(width))
        self.change = nn.ModuleList(nn.Linear(width, width) for _ in range(4))
        self.gate = nn.ModuleList(nn.Linear(width, width) for _ in range(4))
        self.recurrent = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * width, bands)

    def forward(self, text):
        x = self.before(self.letters(text)).transpose(1, 2)
        length = x.shape[2]
        y = F.max_pool1d(torch.cat([conv(x)[:, :, :length] for conv in self.bank], dim=1), 2, 1, 1)[:, :, :length]
        x = (x + self.after(y)).transpose(1, 2)
        for change, gate in zip(self.change, self.gate):
            share = gate(x).sigmoid()
            x = share * F.relu(change(x)) + (1 - share) * x
        return self.head(self.recurrent(x)[0])


class BiDaf(nn.Module):
    """Where the answer begins and ends: LSTMs of both directions and attention both ways, after Seo et al. 2017."""

    def __init__(self, words=30000, width=100):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.read = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.score = nn.Linear(6 * width, 1)
        self.model = nn.LSTM(8 * width, width, num_layers=2, batch_first=True, bidirectional=True)
        self.first, self.last = nn.Linear(10 * width, 1), nn.Linear(10 * width, 1)

    def forward(self, passage, question):
        p, q = self.read(self.words(passage))[0], self.read(self.words(question))[0]
        a, b = p.unsqueeze(2).expand(-1, -1, q.shape[1], -1), q.unsqueeze(1).expand(-1, p.shape[1], -1, -1)
        scores = self.score(torch.cat([a, b, a * b], dim=-1)).squeeze(-1)
        asked = torch.bmm(scores.softmax(-1), q)
        told = torch.bmm(scores.amax(-1).softmax(-1).unsqueeze(1), p).expand_as(p)
        g = torch.cat([p, asked, p * asked, p * told], dim=-1)
        both = torch.cat([g, self.model(g)[0]], dim=-1)
        return self.first(both).squeeze(-1), self.last(both).squeeze(-1)


class SchNet(nn.Module):
    """An energy from atoms and their distances: filters of Gaussians, gathered and added by neighbour, after Schuett et al. 2017."""

    def __init__(self, kinds=100, width=64, gaussians=50, layers=3):
        super().__init__()
        self.atoms = nn.Embedding(kinds, width)
        self.register_buffer("centres", torch.linspace(0, 10, gaussians), persistent=False)
        self.filters = nn.ModuleList(nn.Sequential(nn.Linear(gaussians, width), nn.Softplus(), nn.Linear(width, width)) for _ in range(layers))
        self.before = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(layers))
        self.after = nn.ModuleList(nn.Sequential(nn.Linear(width, width), nn.Softplus(), nn.Linear(width, width)) for _ in range(layers))
        self.head = nn.Sequential(nn.Linear(width, width // 2), nn.Softplus(), nn.Linear(width // 2, 1))

    def forward(self, kinds, places, source, target):
        x = self.atoms(kinds)
        far = (places.index_select(0, source) - places.index_select(0, target)).square().sum(1, keepdim=True).add(1e-6).sqrt()
        basis = torch.exp(-10.0 * (far - self.centres).square())
        for filters, before, after in zip(self.filters, self.before, self.after):
            messages = before(x).index_select(0, source) * filters(basis)
            x = x + after(torch.zeros_like(x).index_add(0, target, messages))
        return self.head(x).sum(0)


class TideBlock(nn.Module):
    def __init__(self, width, inner, out):
        super().__init__()
        self.first, self.second, self.skip, self.norm = nn.Linear(width, inner), nn.Linear(inner, out), nn.Linear(width, out), nn.LayerNorm(out)

    def forward(self, x):
        return self.norm(self.second(F.relu(self.first(x))) + self.skip(x))


class Tide(nn.Module):
    """Long forecasts by dense residual blocks, after Das et al. 2023."""

    def __init__(self, past=336, ahead=96, covariates=8, width=256):
        super().__init__()
        self.covariates = TideBlock(covariates, 64, 4)
        self.encoder = nn.Sequential(TideBlock(past + 4 * (past + ahead), width, width), TideBlock(width, width, width))
        self.decoder = nn.Sequential(TideBlock(width, width, width), TideBlock(width, width, 16 * ahead))
        self.last, self.line = TideBlock(16 + 4, 64, 1), nn.Linear(past, ahead)
        self.ahead = ahead

    def forward(self, series, dates):
        dates = self.covariates(dates)
        x = self.decoder(self.encoder(torch.cat([series, dates.flatten(1)], dim=1))).reshape(series.shape[0], self.ahead, 16)
        return self.last(torch.cat([x, dates[:, -self.ahead:]], dim=-1)).squeeze(-1) + self.line(series)


class DenseResidual(nn.Module):
    def __init__(self, width, growth):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(width + i * growth, growth if i < 4 else width, 3, padding=1) for i in range(5))

    def forward(self, x):
        kept = [x]
        for conv in self.convs[:-1]:
            kept.append(F.leaky_relu(conv(torch.cat(kept, dim=1)), 0.2))
        return x + 0.2 * self.convs[-1](torch.cat(kept, dim=1))


class Esrgan(nn.Module):
    """Pictures four times as large: dense blocks in residual blocks, after Wang et al. 2018, with four of 23 blocks."""

    def __init__(self, width=32, growth=16, blocks=4):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.body = nn.ModuleList(nn.Sequential(*(DenseResidual(width, growth) for _ in range(3))) for _ in range(blocks))
        self.mix, self.up, self.more = (nn.Conv2d(width, width, 3, padding=1) for _ in range(3))
        self.head = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(width, 3, 3, padding=1))

    def forward(self, x):
        x = self.stem(x)
        y = x
        for block in self.body:
            y = y + 0.2 * block(y)
        x = x + self.mix(y)
        x = F.leaky_relu(self.up(F.interpolate(x, scale_factor=2.0)), 0.2)
        x = F.leaky_relu(self.more(F.interpolate(x, scale_factor=2.0)), 0.2)
        return self.head(x)
