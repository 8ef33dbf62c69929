# SPDX-License-Identifier: Apache-2.0
"""Validation models that no library has, named as the lists beside this file name them."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class LstmTagger(nn.Module):
    """Words in, one label a word out: an embedding, a two-way LSTM of two layers, a linear layer."""

    def __init__(self, words=8000, width=256, labels=32):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, width, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * width, labels)

    def forward(self, ids):
        return self.head(self.lstm(self.embedding(ids))[0])


class GruClassifier(nn.Module):
    """A sequence of feature vectors in, one label out: a GRU of three layers, its last state."""

    def __init__(self, features=80, width=384, labels=40):
        super().__init__()
        self.gru = nn.GRU(features, width, num_layers=3, batch_first=True)
        self.head = nn.Linear(width, labels)

    def forward(self, x):
        return self.head(self.gru(x)[0][:, -1])


class UNet(nn.Module):
    """Segmentation after Ronneberger et al. 2015, with padding and batch norm."""

    def __init__(self, width=32, depth=4, labels=2):
        super().__init__()
        block = lambda a, b: nn.Sequential(
            nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True),
            nn.Conv2d(b, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True))
        widths = [width * 2**i for i in range(depth + 1)]
        self.down = nn.ModuleList(block(a, b) for a, b in zip([3] + widths[:-1], widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in zip(widths[:-1], widths[1:]))
        self.join = nn.ModuleList(block(2 * a, a) for a in widths[:-1])
        self.head = nn.Conv2d(width, labels, 1)

    def forward(self, x):
        kept = []
        for i, down in enumerate(self.down):
            x = down(x if i == 0 else F.max_pool2d(x, 2))
            kept.append(x)
        kept.pop()
        for up, join in zip(reversed(self.up), reversed(self.join)):
            x = join(torch.cat([kept.pop(), up(x)], dim=1))
        return self.head(x)


class TemporalConvNet(nn.Module):
    """Dilated causal convolutions over a sequence, after Bai et al. 2018."""

    def __init__(self, features=64, width=128, levels=6):
        super().__init__()
        self.first = nn.Conv1d(features, width, 1)
        self.a = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=2**i) for i in range(levels))
        self.b = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=2**i) for i in range(levels))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.first(x)
        for a, b in zip(self.a, self.b):
            pad = (2 * a.dilation[0], 0)
            y = F.relu(a(F.pad(x, pad)))
            y = F.relu(b(F.pad(y, pad)))
            x = F.relu(x + y)
        return self.head(x[:, :, -1])


class WaveNet(nn.Module):
    """Gated dilated convolutions over a signal with skips, after van den Oord et al. 2016."""

    def __init__(self, width=64, skips=128, levels=9, cycles=2):
        super().__init__()
        dilations = [2**i for _ in range(cycles) for i in range(levels)]
        self.gates = nn.ModuleList(nn.Conv1d(width, 2 * width, 2, dilation=d) for d in dilations)
        self.residual = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in dilations)
        self.skip = nn.ModuleList(nn.Conv1d(width, skips, 1) for _ in dilations)
        self.head = nn.Sequential(nn.ReLU(), nn.Conv1d(skips, skips, 1), nn.ReLU(), nn.Conv1d(skips, 256, 1))

    def forward(self, x):
        total = 0
        for gate, residual, skip in zip(self.gates, self.residual, self.skip):
            a, b = gate(F.pad(x, (gate.dilation[0], 0))).chunk(2, dim=1)
            y = torch.tanh(a) * torch.sigmoid(b)
            total = total + skip(y)
            x = x + residual(y)
        return self.head(total)


class PointNet(nn.Module):
    """Classification of point clouds after Qi et al. 2017, without the transforms."""

    def __init__(self, labels=40):
        super().__init__()
        layers = []
        for a, b in [(3, 64), (64, 64), (64, 64), (64, 128), (128, 1024)]:
            layers += [nn.Conv1d(a, b, 1), nn.BatchNorm1d(b), nn.ReLU()]
        self.points = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(1024, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 256),
                                  nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, labels))

    def forward(self, x):
        return self.head(self.points(x).max(dim=2)[0])


class DcganGenerator(nn.Module):
    """Noise in, an image of 64 x 64 out, by transposed convolutions, after Radford et al. 2016."""

    def __init__(self, noise=100, width=64):
        super().__init__()
        widths = [8 * width, 4 * width, 2 * width, width]
        layers = [nn.ConvTranspose2d(noise, widths[0], 4, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(True)]
        for a, b in zip(widths, widths[1:]):
            layers += [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh())

    def forward(self, x):
        return self.layers(x[:, :, None, None])


class Espcn(nn.Module):
    """Super-resolution by sub-pixels, after Shi et al. 2016."""

    def __init__(self, scale=3):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 64, 5, padding=2), nn.Tanh(), nn.Conv2d(64, 32, 3, padding=1), nn.Tanh(),
                                    nn.Conv2d(32, scale * scale, 3, padding=1), nn.PixelShuffle(scale))

    def forward(self, x):
        return self.layers(x)


class Nerf(nn.Module):
    """Encoded points in, density and colour out, after Mildenhall et al. 2020."""

    def __init__(self, encoded=63, width=256):
        super().__init__()
        self.first = nn.ModuleList([nn.Linear(encoded, width)] + [nn.Linear(width, width) for _ in range(4)])
        self.second = nn.ModuleList([nn.Linear(width + encoded, width)] + [nn.Linear(width, width) for _ in range(2)])
        self.head = nn.Linear(width, 4)

    def forward(self, x):
        y = x
        for layer in self.first:
            y = F.relu(layer(y))
        y = torch.cat([x, y], dim=-1)
        for layer in self.second:
            y = F.relu(layer(y))
        return self.head(y)


class Dlrm(nn.Module):
    """Recommendation from numbers and categories, after Naumov et al. 2019."""

    def __init__(self, numbers=13, categories=26, rows=10000, width=64):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(rows, width) for _ in range(categories))
        self.bottom = nn.Sequential(nn.Linear(numbers, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, width), nn.ReLU())
        pairs = (categories + 1) * categories // 2
        self.top = nn.Sequential(nn.Linear(pairs + width, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 1))
        self.register_buffer("pairs", torch.tril_indices(categories + 1, categories + 1, -1))

    def forward(self, numbers, ids):
        x = self.bottom(numbers)
        all_ = torch.stack([x] + [table(ids[:, i]) for i, table in enumerate(self.tables)], dim=1)
        products = torch.bmm(all_, all_.transpose(1, 2))
        return torch.sigmoid(self.top(torch.cat([x, products[:, self.pairs[0], self.pairs[1]]], dim=1)))


class StyleTransfer(nn.Module):
    """Image to image with instance norms and residual blocks, after Johnson et al. 2016."""

    def __init__(self, width=32, blocks=5):
        super().__init__()
        conv = lambda a, b, k, s: [nn.ReflectionPad2d(k // 2), nn.Conv2d(a, b, k, s), nn.InstanceNorm2d(b, affine=True)]
        self.down = nn.Sequential(*conv(3, width, 9, 1), nn.ReLU(), *conv(width, 2 * width, 3, 2), nn.ReLU(),
                                  *conv(2 * width, 4 * width, 3, 2), nn.ReLU())
        self.blocks = nn.ModuleList(nn.Sequential(*conv(4 * width, 4 * width, 3, 1), nn.ReLU(), *conv(4 * width, 4 * width, 3, 1))
                                    for _ in range(blocks))
        self.up = nn.Sequential(nn.Upsample(scale_factor=2), *conv(4 * width, 2 * width, 3, 1), nn.ReLU(), nn.Upsample(scale_factor=2),
                                *conv(2 * width, width, 3, 1), nn.ReLU(), nn.ReflectionPad2d(4), nn.Conv2d(width, 3, 9))

    def forward(self, x):
        x = self.down(x)
        for block in self.blocks:
            x = x + block(x)
        return self.up(x)


class HifiGan(nn.Module):
    """Vocoder: a mel spectrogram in, a signal out, after Kong et al. 2020."""

    def __init__(self, mels=80, width=128, rates=(8, 4, 2), kernels=(3, 7), dilations=(1, 3)):
        super().__init__()
        self.first = nn.Conv1d(mels, width, 7, padding=3)
        self.up, self.blocks = nn.ModuleList(), nn.ModuleList()
        for i, rate in enumerate(rates):
            a, b = width // 2**i, width // 2 ** (i + 1)
            self.up.append(nn.ConvTranspose1d(a, b, 2 * rate, rate, rate // 2))
            self.blocks.append(nn.ModuleList(nn.ModuleList(nn.Conv1d(b, b, k, padding=d * (k // 2), dilation=d) for d in dilations) for k in kernels))
        self.last = nn.Conv1d(width // 2 ** len(rates), 1, 7, padding=3)

    def forward(self, x):
        x = self.first(x)
        for up, blocks in zip(self.up, self.blocks):
            x = up(F.leaky_relu(x, 0.1))
            total = 0
            for layers in blocks:
                y = x
                for layer in layers:
                    y = y + layer(F.leaky_relu(y, 0.1))
                total = total + y
            x = total / len(blocks)
        return torch.tanh(self.last(F.leaky_relu(x)))


class ConvTasNet(nn.Module):
    """Two speakers out of one signal, after Luo and Mesgarani 2019."""

    def __init__(self, filters=128, width=64, hidden=128, levels=6, repeats=2, speakers=2):
        super().__init__()
        self.speakers, self.filters = speakers, filters
        self.encoder = nn.Conv1d(1, filters, 16, stride=8, bias=False)
        self.norm = nn.GroupNorm(1, filters)
        self.narrow = nn.Conv1d(filters, width, 1)
        block = lambda d: nn.Sequential(nn.Conv1d(width, hidden, 1), nn.PReLU(), nn.GroupNorm(1, hidden),
                                        nn.Conv1d(hidden, hidden, 3, padding=d, dilation=d, groups=hidden), nn.PReLU(),
                                        nn.GroupNorm(1, hidden), nn.Conv1d(hidden, width, 1))
        self.blocks = nn.ModuleList(block(2**i) for _ in range(repeats) for i in range(levels))
        self.mask = nn.Sequential(nn.PReLU(), nn.Conv1d(width, speakers * filters, 1), nn.Sigmoid())
        self.decoder = nn.ConvTranspose1d(filters, 1, 16, stride=8, bias=False)

    def forward(self, x):
        e = self.encoder(x)
        y = self.narrow(self.norm(e))
        for block in self.blocks:
            y = y + block(y)
        masks = self.mask(y).view(-1, self.speakers, self.filters, e.shape[-1])
        return self.decoder((masks * e[:, None]).flatten(0, 1))


class Edsr(nn.Module):
    """Super-resolution by residual blocks without norms, after Lim et al. 2017."""

    def __init__(self, width=64, blocks=8, scale=2):
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1)) for _ in range(blocks))
        self.up = nn.Sequential(nn.Conv2d(width, scale**2 * width, 3, padding=1), nn.PixelShuffle(scale), nn.Conv2d(width, 3, 3, padding=1))

    def forward(self, x):
        x = self.first(x)
        y = x
        for block in self.blocks:
            y = y + 0.1 * block(y)
        return self.up(x + y)


class Crnn(nn.Module):
    """Text in images: convolutions, then a two-way LSTM over columns, after Shi et al. 2015."""

    def __init__(self, labels=37, hidden=256):
        super().__init__()
        conv = lambda a, b: [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU()]
        self.image = nn.Sequential(*conv(1, 64), nn.MaxPool2d(2), *conv(64, 128), nn.MaxPool2d(2), *conv(128, 256), *conv(256, 256),
                                   nn.MaxPool2d((2, 1)), *conv(256, 512), nn.MaxPool2d((2, 1)), nn.Conv2d(512, 512, 2), nn.ReLU())
        self.columns = nn.LSTM(512, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * hidden, labels)

    def forward(self, x):
        return self.head(self.columns(self.image(x).squeeze(2).transpose(1, 2))[0])


class DeepFm(nn.Module):
    """Recommendation: factorisation machine and perceptron over one table, after Guo et al. 2017."""

    def __init__(self, fields=39, rows=50000, width=16, hidden=400):
        super().__init__()
        self.table, self.linear = nn.Embedding(rows, width), nn.Embedding(rows, 1)
        self.deep = nn.Sequential(nn.Linear(fields * width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
                                  nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, ids):
        v = self.table(ids)
        pairs = 0.5 * (v.sum(1).square() - v.square().sum(1)).sum(1, keepdim=True)
        return torch.sigmoid(self.linear(ids).sum(1) + pairs + self.deep(v.flatten(1)))


class FtTransformer(nn.Module):
    """Tables: each number becomes a token, after Gorishniy et al. 2021."""

    def __init__(self, numbers=48, width=192, layers=3, heads=8):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(numbers, width)), nn.Parameter(torch.randn(numbers, width))
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.layers = nn.ModuleList(nn.ModuleDict({
            "before": nn.LayerNorm(width), "qkv": nn.Linear(width, 3 * width), "out": nn.Linear(width, width),
            "between": nn.LayerNorm(width), "up": nn.Linear(width, 2 * width), "down": nn.Linear(width, width)}) for _ in range(layers))
        self.heads, self.head = heads, nn.Linear(width, 1)

    def forward(self, x):
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x[:, :, None] * self.weight + self.bias], dim=1)
        for layer in self.layers:
            q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in layer["qkv"](layer["before"](x)).chunk(3, dim=-1))
            x = x + layer["out"](F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
            a, b = layer["up"](layer["between"](x)).chunk(2, dim=-1)
            x = x + layer["down"](a * F.relu(b))
        return self.head(F.relu(x[:, 0]))


class Pix2Pix(nn.Module):
    """Image to image: a U of strided and transposed 4x4 convolutions, after Isola et al. 2017."""

    def __init__(self, width=32, depth=6):
        super().__init__()
        widths = [min(width * 2**i, 8 * width) for i in range(depth)]
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in zip([3] + widths[:-1], widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b if i == 0 else 2 * b, a, 4, 2, 1) for i, (a, b) in enumerate(zip(([3] + widths[:-1])[::-1], widths[::-1])))
        self.down_norms = nn.ModuleList(nn.BatchNorm2d(b) for b in widths)
        self.up_norms = nn.ModuleList(nn.BatchNorm2d(a) for a in widths[:-1][::-1])

    def forward(self, x):
        kept = []
        for conv, norm in zip(self.down, self.down_norms):
            x = norm(conv(F.leaky_relu(x, 0.2)))
            kept.append(x)
        for i, up in enumerate(self.up):
            x = up(F.relu(x if i == 0 else torch.cat([x, kept[-1 - i]], dim=1)))
            if i < len(self.up_norms):
                x = self.up_norms[i](x)
        return torch.tanh(x)


class DenseGcn(nn.Module):
    """Graph convolutions with a dense adjacency matrix, after Kipf and Welling 2017."""

    def __init__(self, features=300, width=256, labels=7, layers=3):
        super().__init__()
        widths = [features] + [width] * (layers - 1) + [labels]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x, adjacency):
        for i, layer in enumerate(self.layers):
            x = torch.bmm(adjacency, layer(x))
            if i + 1 < len(self.layers):
                x = F.relu(x)
        return F.log_softmax(x, dim=-1)


class VariationalAutoencoder(nn.Module):
    """Perceptrons around a small code, after Kingma and Welling 2014; the mean of the code is decoded."""

    def __init__(self, pixels=784, hidden=1024, code=32):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.Softplus(), nn.Linear(hidden, hidden), nn.Softplus())
        self.mean, self.spread = nn.Linear(hidden, code), nn.Linear(hidden, code)
        self.decoder = nn.Sequential(nn.Linear(code, hidden), nn.Softplus(), nn.Linear(hidden, hidden), nn.Softplus(), nn.Linear(hidden, pixels))

    def forward(self, x):
        y = self.encoder(x)
        mean = self.mean(y)
        return torch.sigmoid(self.decoder(mean + 0.5 * torch.exp(0.5 * self.spread(y))))


class Seq2SeqTransformer(nn.Module):
    """Encoder and decoder of torch.nn.Transformer, norms after the sums, after Vaswani et al. 2017."""

    def __init__(self, words=12000, width=256, heads=8, layers=3):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.body = nn.Transformer(width, heads, layers, layers, 4 * width, batch_first=True)
        self.head = nn.Linear(width, words)

    def forward(self, source, target):
        mask = torch.triu(torch.full((target.shape[1], target.shape[1]), float("-inf")), diagonal=1)
        return self.head(self.body(self.embedding(source), self.embedding(target), tgt_mask=mask, tgt_is_causal=True))


class TextCnn(nn.Module):
    """Words in, a label out: convolutions of several widths over embedded words, after Kim 2014."""

    def __init__(self, words=20000, width=128, filters=100, labels=20):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.convolutions = nn.ModuleList(nn.Conv1d(width, filters, size) for size in (3, 4, 5))
        self.head = nn.Linear(3 * filters, labels)

    def forward(self, ids):
        x = self.embedding(ids).transpose(1, 2)
        return self.head(torch.cat([F.relu(conv(x)).amax(-1) for conv in self.convolutions], dim=1))


class AlphaZeroNet(nn.Module):
    """A board of 19 x 19 in, a policy and a value out, after Silver et al. 2017."""

    def __init__(self, planes=17, width=128, blocks=6, side=19):
        super().__init__()
        conv = lambda a, b, size: nn.Sequential(nn.Conv2d(a, b, size, padding=size // 2, bias=False), nn.BatchNorm2d(b))
        self.stem = conv(planes, width, 3)
        self.blocks = nn.ModuleList(nn.ModuleList([conv(width, width, 3), conv(width, width, 3)]) for _ in range(blocks))
        self.policy, self.value = conv(width, 2, 1), conv(width, 1, 1)
        self.policy_head = nn.Linear(2 * side * side, side * side + 1)
        self.value_head = nn.Sequential(nn.Linear(side * side, 256), nn.ReLU(), nn.Linear(256, 1), nn.Tanh())

    def forward(self, x):
        x = F.relu(self.stem(x))
        for first, second in self.blocks:
            x = F.relu(x + second(F.relu(first(x))))
        return self.policy_head(F.relu(self.policy(x)).flatten(1)), self.value_head(F.relu(self.value(x)).flatten(1))


class DqnNet(nn.Module):
    """Four grey frames in, a value of each action out, after Mnih et al. 2015."""

    def __init__(self, actions=18):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(4, 32, 8, stride=4), nn.ReLU(), nn.Conv2d(32, 64, 4, stride=2), nn.ReLU(),
                                      nn.Conv2d(64, 64, 3), nn.ReLU())
        self.head = nn.Sequential(nn.Linear(64 * 7 * 7, 512), nn.ReLU(), nn.Linear(512, actions))

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


class NeuralFactorization(nn.Module):
    """Users and items in, a score out: a product of embeddings beside a perceptron of them, after He et al. 2017."""

    def __init__(self, users=60000, items=30000, width=64):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(count, width) for count in (users, items, users, items))
        self.deep = nn.Sequential(nn.Linear(2 * width, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
        self.head = nn.Linear(width + 64, 1)

    def forward(self, users, items):
        a, b, c, d = (table(ids) for table, ids in zip(self.tables, (users, items, users, items)))
        return self.head(torch.cat([a * b, self.deep(torch.cat([c, d], dim=1))], dim=1)).sigmoid()


class HighwayNet(nn.Module):
    """Layers that let a share of their input pass, after Srivastava et al. 2015."""

    def __init__(self, features=784, width=512, layers=10, labels=10):
        super().__init__()
        self.first, self.head = nn.Linear(features, width), nn.Linear(width, labels)
        self.change = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.gate = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))

    def forward(self, x):
        x = F.relu(self.first(x))
        for change, gate in zip(self.change, self.gate):
            share = torch.sigmoid(gate(x))
            x = share * F.relu(change(x)) + (1 - share) * x
        return self.head(x)


class GraphAttention(nn.Module):
    """Attention over a dense graph's neighbours, after Velickovic et al. 2018."""

    def __init__(self, features=128, width=64, heads=8, labels=16):
        super().__init__()
        self.heads, self.width = heads, width
        self.project = nn.ModuleList([nn.Linear(features, heads * width, bias=False), nn.Linear(heads * width, heads * width, bias=False)])
        self.source = nn.ParameterList(nn.Parameter(torch.randn(heads, width)) for _ in range(2))
        self.target = nn.ParameterList(nn.Parameter(torch.randn(heads, width)) for _ in range(2))
        self.head = nn.Linear(heads * width, labels)

    def forward(self, x, adjacency):
        for project, source, target in zip(self.project, self.source, self.target):
            h = project(x).unflatten(-1, (self.heads, self.width)).transpose(1, 2)
            scores = (h * source[:, None]).sum(-1)[..., :, None] + (h * target[:, None]).sum(-1)[..., None, :]
            scores = F.leaky_relu(scores, 0.2) + (adjacency[:, None] <= 0) * -1e9
            x = F.elu((scores.softmax(-1) @ h).transpose(1, 2).flatten(2))
        return self.head(x)


class FeaturePyramid(nn.Module):
    """A small detector: four levels of features, joined downwards, two shared heads, after Lin et al. 2017."""

    def __init__(self, width=96, labels=20, anchors=9):
        super().__init__()
        conv = lambda a, b, stride: nn.Sequential(nn.Conv2d(a, b, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU())
        widths = [48, 96, 192, 384]
        self.stem = nn.Sequential(conv(3, 32, 2), conv(32, 48, 2))
        self.levels = nn.ModuleList(nn.Sequential(conv(a, b, 1 if i == 0 else 2), conv(b, b, 1)) for i, (a, b) in enumerate(zip([48] + widths[:-1], widths)))
        self.lateral = nn.ModuleList(nn.Conv2d(b, width, 1) for b in widths)
        self.smooth = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in widths)
        head = lambda out: nn.Sequential(conv(width, width, 1), conv(width, width, 1), nn.Conv2d(width, out, 3, padding=1))
        self.classes, self.boxes = head(labels * anchors), head(4 * anchors)

    def forward(self, x):
        x, kept = self.stem(x), []
        for level in self.levels:
            x = level(x)
            kept.append(x)
        out, above = [], None
        for lateral, smooth, features in zip(reversed(self.lateral), reversed(self.smooth), reversed(kept)):
            y = lateral(features)
            above = y if above is None else y + F.interpolate(above, scale_factor=2.0, mode="nearest")
            y = smooth(above)
            out += [self.classes(y).flatten(2), self.boxes(y).flatten(2)]
        return tuple(out)
