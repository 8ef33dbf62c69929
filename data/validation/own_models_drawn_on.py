# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `drawn_on`: the shapes are the papers', the weights random."""

import torch
import torch.nn as nn
import torch.nn.functional as F

# ---- music -----------------------------------------------------------------------------------------------------


class OpenUnmix(nn.Module):
    """One voice's share of a song's spectrogram, after Stoter et al. 2019; the transform itself stands outside."""

    def __init__(self, bins=2049, kept=1487, channels=2, width=512, layers=3):
        super().__init__()
        self.kept = kept
        self.mean_in, self.scale_in = nn.Parameter(torch.zeros(kept)), nn.Parameter(torch.ones(kept))
        self.mean_out, self.scale_out = nn.Parameter(torch.ones(bins)), nn.Parameter(torch.ones(bins))
        self.line_in, self.norm_in = nn.Linear(kept * channels, width, bias=False), nn.BatchNorm1d(width)
        self.lstm = nn.LSTM(width, width // 2, num_layers=layers, bidirectional=True, dropout=0.4)
        self.line, self.norm = nn.Linear(2 * width, width, bias=False), nn.BatchNorm1d(width)
        self.line_out, self.norm_out = nn.Linear(width, bins * channels, bias=False), nn.BatchNorm1d(bins * channels)

    def forward(self, song):
        mix = song.permute(3, 0, 1, 2)
        frames, songs, channels, bins = mix.shape
        x = (mix[..., : self.kept] + self.mean_in) * self.scale_in
        x = torch.tanh(self.norm_in(self.line_in(x.reshape(frames * songs, channels * self.kept))))
        x = x.view(frames, songs, -1)
        x = torch.cat([x, self.lstm(x)[0]], 2).flatten(0, 1)
        x = F.relu(self.norm(self.line(x)))
        x = self.norm_out(self.line_out(x)).view(frames, songs, channels, bins)
        return (F.relu(x * self.scale_out + self.mean_out) * mix).permute(1, 2, 3, 0)


# ---- tastes ----------------------------------------------------------------------------------------------------


class BothWaysBlock(nn.Module):
    """Attention to what came before and after, then two lines, each behind a norm and with a way around it."""

    def __init__(self, width, heads, drop):
        super().__init__()
        self.heads, self.drop = heads, nn.Dropout(drop)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.norm_attend, self.norm_lines = nn.LayerNorm(width), nn.LayerNorm(width)
        self.first, self.second = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)

    def attend(self, x, mask):
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = torch.matmul(query, key.transpose(2, 3)) / query.size(3) ** 0.5
        shares = self.drop(F.softmax(scores.masked_fill(mask, -1e9), -1))
        return self.out(torch.matmul(shares, value).transpose(1, 2).flatten(2))

    def forward(self, x, mask):
        x = x + self.drop(self.attend(self.norm_attend(x), mask))
        return x + self.drop(self.second(self.drop(F.gelu(self.first(self.norm_lines(x))))))


class Bert4Rec(nn.Module):
    """What stands at the end of a person's films, which is masked, after Sun et al. 2019; norms first, as in a public port."""

    def __init__(self, things=3416, longest=200, width=64, heads=2, blocks=2, drop=0.1):
        super().__init__()
        self.things, self.places = nn.Embedding(things + 2, width, padding_idx=0), nn.Embedding(longest, width)
        self.blocks = nn.ModuleList(BothWaysBlock(width, heads, drop) for _ in range(blocks))
        self.drop, self.line, self.norm = nn.Dropout(drop), nn.Linear(width, width), nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(things + 2))

    def forward(self, before):
        mask = (before == 0).unsqueeze(1).unsqueeze(2)
        x = self.drop(self.things(before) + self.places.weight[: before.size(1)])
        for block in self.blocks:
            x = block(x, mask)
        return F.linear(self.norm(F.gelu(self.line(x[:, -1]))), self.things.weight, self.bias)


class HoledBlock(nn.Module):
    """Two convolutions that look back only, the second twice as far apart, and a way around both."""

    def __init__(self, width, taps, apart):
        super().__init__()
        self.reach = (taps - 1) * apart
        self.conv1, self.norm1 = nn.Conv1d(width, width, taps, dilation=apart), nn.LayerNorm(width, eps=1e-8)
        self.conv2, self.norm2 = nn.Conv1d(width, width, taps, dilation=2 * apart), nn.LayerNorm(width, eps=1e-8)

    def forward(self, x):
        y = self.conv1(F.pad(x.transpose(1, 2), (self.reach, 0))).transpose(1, 2)
        y = F.relu(self.norm1(y))
        y = self.conv2(F.pad(y.transpose(1, 2), (2 * self.reach, 0))).transpose(1, 2)
        return F.relu(self.norm2(y)) + x


class NextItNet(nn.Module):
    """What a person takes next, by convolutions with holes over the last fifty things, after Yuan et al. 2019."""

    def __init__(self, things=3707, width=64, taps=3, apart=(1, 4), times=5):
        super().__init__()
        self.things = nn.Embedding(things, width, padding_idx=0)
        self.blocks = nn.Sequential(*(HoledBlock(width, taps, far) for far in apart * times))
        self.line = nn.Linear(width, width)

    def forward(self, before):
        x = self.line(self.blocks(self.things(before))[:, -1])
        return torch.matmul(x, self.things.weight.t())


# ---- text, genomes ---------------------------------------------------------------------------------------------


class Dpcnn(nn.Module):
    """What kind of text it is, by convolutions over half as many words each time, after Johnson and Zhang 2017."""

    def __init__(self, words=30000, word=300, width=250, halvings=7, classes=10, drop=0.5):
        super().__init__()
        self.words, self.region = nn.Embedding(words, word), nn.Conv1d(word, width, 3, padding=1)
        self.convs = nn.ModuleList(nn.Conv1d(width, width, 3, padding=1) for _ in range(2 * halvings + 2))
        self.drop, self.head = nn.Dropout(drop), nn.Linear(width, classes)

    def forward(self, text):
        x = self.region(self.drop(self.words(text).transpose(1, 2)))
        for index in range(0, len(self.convs), 2):
            if index:
                x = F.max_pool1d(F.pad(x, (0, 1)), 3, 2)
            x = x + self.convs[index + 1](F.relu(self.convs[index](F.relu(x))))
        return self.head(self.drop(x.amax(2)))


class Basset(nn.Module):
    """In which of 164 kinds of cell 600 letters of a genome lie open, after Kelley et al. 2016."""

    def __init__(self, cells=164, widths=(300, 200, 200), taps=(19, 11, 7), pools=(3, 4, 4), line=1000, left=10):
        super().__init__()
        layers, channels = [], 4
        for width, tap, pool in zip(widths, taps, pools):
            layers += [nn.Conv1d(channels, width, tap), nn.BatchNorm1d(width), nn.ReLU(), nn.MaxPool1d(pool)]
            channels = width
        self.convs = nn.Sequential(*layers)
        self.lines = nn.Sequential(
            nn.Linear(channels * left, line), nn.BatchNorm1d(line), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(line, line), nn.BatchNorm1d(line), nn.ReLU(), nn.Dropout(0.3), nn.Linear(line, cells))

    def forward(self, letters):
        return torch.sigmoid(self.lines(self.convs(letters).flatten(1)))


# ---- pictures --------------------------------------------------------------------------------------------------


class ZeroDce(nn.Module):
    """A dark picture made light by eight curves for each pixel, after Guo et al. 2020."""

    def __init__(self, width=32, times=8):
        super().__init__()
        self.down = nn.ModuleList(nn.Conv2d(width if index else 3, width, 3, 1, 1) for index in range(4))
        self.up = nn.ModuleList(nn.Conv2d(2 * width, width, 3, 1, 1) for _ in range(2))
        self.curves, self.times = nn.Conv2d(2 * width, 3 * times, 3, 1, 1), times

    def forward(self, picture):
        maps = [picture]
        for conv in self.down:
            maps.append(F.relu(conv(maps[-1]), inplace=True))
        x = F.relu(self.up[0](torch.cat([maps[3], maps[4]], 1)), inplace=True)
        x = F.relu(self.up[1](torch.cat([maps[2], x], 1)), inplace=True)
        curves = torch.tanh(self.curves(torch.cat([maps[1], x], 1)))
        for curve in torch.split(curves, 3, 1):
            picture = picture + curve * (torch.pow(picture, 2) - picture)
        return picture, curves


class Vdsr(nn.Module):
    """What a picture's brightness lacks after it was made larger, by twenty convolutions, after Kim et al. 2016."""

    def __init__(self, width=64, depth=20):
        super().__init__()
        layers = [nn.Conv2d(1, width, 3, 1, 1, bias=False), nn.ReLU(inplace=True)]
        for _ in range(depth - 2):
            layers += [nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, 1, 3, 1, 1, bias=False))

    def forward(self, picture):
        return picture + self.layers(picture)


class LinkBlock(nn.Module):
    """Two convolutions and a way around them, as in a residual net of 18 layers."""

    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.norm2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.around = None
        if stride > 1 or channels != width:
            self.around = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)), inplace=True)))
        return F.relu(y + (x if self.around is None else self.around(x)), inplace=True)


def link_decoder(channels, width, stride):
    """A quarter of the channels, twice as large, and as many channels as are wanted."""
    quarter = channels // 4
    return nn.Sequential(
        nn.Conv2d(channels, quarter, 1, bias=False), nn.BatchNorm2d(quarter), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(quarter, quarter, 3, stride, 1, stride - 1, bias=False), nn.BatchNorm2d(quarter), nn.ReLU(inplace=True),
        nn.Conv2d(quarter, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True))


class LinkNet(nn.Module):
    """What each pixel of a street belongs to, the encoder's maps added to the decoder's, after Chaurasia and Culurciello 2017."""

    def __init__(self, classes=20, widths=(64, 128, 256, 512)):
        super().__init__()
        first = widths[0]
        self.first = nn.Sequential(
            nn.Conv2d(3, first, 7, 2, 3, bias=False), nn.BatchNorm2d(first), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        self.encoders, self.decoders, channels = nn.ModuleList(), nn.ModuleList(), first
        for index, width in enumerate(widths):
            stride = 2 if index else 1
            self.encoders.append(nn.Sequential(LinkBlock(channels, width, stride), LinkBlock(width, width, 1)))
            self.decoders.append(link_decoder(width, channels, stride))
            channels = width
        half = first // 2
        self.head = nn.Sequential(
            nn.ConvTranspose2d(first, half, 3, 2, 1, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(inplace=True),
            nn.Conv2d(half, half, 3, 1, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(inplace=True),
            nn.ConvTranspose2d(half, classes, 2, 2))

    def forward(self, picture):
        x, maps = self.first(picture), []
        for encoder in self.encoders:
            x = encoder(x)
            maps.append(x)
        for index in range(len(maps) - 1, 0, -1):
            x = self.decoders[index](x) + maps[index - 1]
        return self.head(self.decoders[0](x))
