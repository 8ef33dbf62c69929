# SPDX-License-Identifier: Apache-2.0
"""Models that no library builds, of the list `uncharted`: the shapes are the papers', the weights random."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def perceptron(*widths, active=nn.ReLU):
    layers = []
    for width, out in zip(widths, widths[1:]):
        layers += [nn.Linear(width, out), active()]
    return nn.Sequential(*layers[:-1])


# ---- tables, clicks, series ------------------------------------------------------------------------------------


class WideDeep(nn.Module):
    """Which app is installed: a weight for each value beside a perceptron of embeddings, after Cheng et al. 2016."""

    def __init__(self, fields=26, numbers=13, values=100000, width=32, hidden=(1024, 512, 256)):
        super().__init__()
        self.wide, self.table, self.line = nn.Embedding(values, 1), nn.Embedding(values, width), nn.Linear(numbers, 1)
        self.deep = perceptron(fields * width + numbers, *hidden, 1)

    def forward(self, ids, numbers):
        wide = self.wide(ids).sum(1) + self.line(numbers)
        return torch.sigmoid(wide + self.deep(torch.cat([self.table(ids).flatten(1), numbers], dim=1)))


def sparsemax(x):
    """The point of the simplex that is nearest to each row."""
    ordered = x.sort(dim=-1, descending=True).values
    sums = ordered.cumsum(-1) - 1
    count = torch.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    last = (ordered * count > sums).sum(-1, keepdim=True)
    return F.relu(x - sums.gather(-1, last - 1) / last)


class GluLayer(nn.Module):
    def __init__(self, line, width):
        super().__init__()
        self.line, self.norm = line, nn.BatchNorm1d(2 * width)

    def forward(self, x):
        return F.glu(self.norm(self.line(x)), dim=-1)


class FeatureStep(nn.Module):
    """Gated layers, of which the first lines are shared by all steps."""

    def __init__(self, shared, width, own=2):
        super().__init__()
        lines = [*shared, *(nn.Linear(width, 2 * width, bias=False) for _ in range(own))]
        self.layers = nn.ModuleList(GluLayer(line, width) for line in lines)

    def forward(self, x):
        x = self.layers[0](x)
        for layer in self.layers[1:]:
            x = (x + layer(x)) * 0.5 ** 0.5
        return x


class TabNet(nn.Module):
    """Tables: each step attends to a few of the columns and tells of what is left, after Arik and Pfister 2021."""

    def __init__(self, columns=54, width=64, steps=5, classes=7, again=1.5):
        super().__init__()
        self.width, self.again, both = width, again, 2 * width
        shared = [nn.Linear(columns, 2 * both, bias=False), nn.Linear(both, 2 * both, bias=False)]
        self.norm, self.first = nn.BatchNorm1d(columns), FeatureStep(shared, both)
        self.steps = nn.ModuleList(FeatureStep(shared, both) for _ in range(steps))
        self.masks = nn.ModuleList(nn.Sequential(nn.Linear(width, columns, bias=False), nn.BatchNorm1d(columns)) for _ in range(steps))
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.norm(x)
        attend, prior, told = self.first(x)[:, self.width:], torch.ones_like(x), 0
        for step, mask in zip(self.steps, self.masks):
            mask = sparsemax(mask(attend) * prior)
            prior = prior * (self.again - mask)
            seen, attend = step(x * mask).chunk(2, dim=1)
            told = told + F.relu(seen)
        return self.head(told)


class GatedResidual(nn.Module):
    def __init__(self, width, out=None, context=0):
        super().__init__()
        out = out or width
        self.first, self.second = nn.Linear(width, out), nn.Linear(out, out)
        self.gate, self.norm = nn.Linear(out, 2 * out), nn.LayerNorm(out)
        self.around = nn.Identity() if out == width else nn.Linear(width, out)
        if context:
            self.context = nn.Linear(context, out, bias=False)

    def forward(self, x, context=None):
        y = self.first(x) if context is None else self.first(x) + self.context(context)
        return self.norm(self.around(x) + F.glu(self.gate(self.second(F.elu(y))), dim=-1))


class VariableSelection(nn.Module):
    def __init__(self, variables, width):
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.randn(variables, width)), nn.Parameter(torch.zeros(variables, width))
        self.weigh = GatedResidual(variables * width, variables, width)
        self.each = nn.ModuleList(GatedResidual(width) for _ in range(variables))

    def forward(self, x, context):
        x = x.unsqueeze(-1) * self.scale + self.shift
        weights = self.weigh(x.flatten(2), context.unsqueeze(1)).softmax(-1)
        seen = torch.stack([one(x[:, :, index]) for index, one in enumerate(self.each)], dim=-1)
        return (seen * weights.unsqueeze(2)).sum(-1)


class TemporalFusion(nn.Module):
    """Quantiles of sales to come: chosen variables, LSTMs, attention over what was, after Lim et al. 2021."""

    def __init__(self, before=8, ahead=4, shops=500, width=64, heads=4, past=96, future=24, quantiles=3):
        super().__init__()
        self.heads, self.past = heads, past
        self.shop = nn.Embedding(shops, width)
        self.contexts = nn.ModuleList(GatedResidual(width) for _ in range(4))
        self.choose_before, self.choose_ahead = VariableSelection(before, width), VariableSelection(ahead, width)
        self.encoder, self.decoder = nn.LSTM(width, width, batch_first=True), nn.LSTM(width, width, batch_first=True)
        self.gates = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(3))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.enrich, self.after = GatedResidual(width, context=width), GatedResidual(width)
        self.q, self.k, self.v = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width // heads)
        self.out, self.head = nn.Linear(width // heads, width, bias=False), nn.Linear(width, quantiles)
        steps = past + future
        self.register_buffer("mask", torch.full((steps, steps), float("-inf")).triu(1)[past:])

    def join(self, index, x, around):
        return self.norms[index](around + F.glu(self.gates[index](x), dim=-1))

    def forward(self, before, ahead, shop):
        choose, hidden, cell, enrich = (context(self.shop(shop).squeeze(1)) for context in self.contexts)
        before, ahead = self.choose_before(before, choose), self.choose_ahead(ahead, choose)
        seen, state = self.encoder(before, (hidden.unsqueeze(0), cell.unsqueeze(0)))
        x = torch.cat([seen, self.decoder(ahead, state)[0]], dim=1)
        local = self.join(0, x, torch.cat([before, ahead], dim=1))
        x = self.enrich(local, enrich.unsqueeze(1))
        q, k = (line(part).unflatten(-1, (self.heads, -1)).transpose(1, 2) for line, part in ((self.q, x[:, self.past:]), (self.k, x)))
        weights = (torch.matmul(q, k.transpose(-2, -1)) * q.shape[-1] ** -0.5 + self.mask).softmax(-1)
        y = self.out(torch.matmul(weights, self.v(x).unsqueeze(1)).mean(1))
        y = self.after(self.join(1, y, x[:, self.past:]))
        return self.head(self.join(2, y, local[:, self.past:]))


# ---- graphs, points, fields, flows -----------------------------------------------------------------------------


class GraphSage(nn.Module):
    """A large graph's nodes from the means of their neighbours, edge by edge, after Hamilton et al. 2017."""

    def __init__(self, features=128, width=256, classes=40, depth=3):
        super().__init__()
        widths = [features] + [width] * (depth - 1) + [classes]
        self.own = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        self.near = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in zip(widths, widths[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(depth - 1))

    def forward(self, x, edges):
        source, target = edges.unbind(0)
        count = x.new_zeros(x.shape[0]).index_add(0, target, torch.ones_like(target, dtype=x.dtype)).clamp(min=1).unsqueeze(1)
        for level, (own, near) in enumerate(zip(self.own, self.near)):
            mean = torch.zeros_like(x).index_add(0, target, x.index_select(0, source)) / count
            x = own(x) + near(mean)
            if level < len(self.norms):
                x = F.relu(self.norms[level](x))
        return x.log_softmax(-1)


class SkeletonBlock(nn.Module):
    def __init__(self, channels, width, stride, parts, joints):
        super().__init__()
        self.parts, self.strength = parts, nn.Parameter(torch.ones(parts, joints, joints))
        self.space = nn.Conv2d(channels, parts * width, 1)
        self.time = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, width, (9, 1), (stride, 1), (4, 0)),
                                  nn.BatchNorm2d(width))
        same = channels == width and stride == 1
        self.around = nn.Identity() if same else nn.Sequential(nn.Conv2d(channels, width, 1, (stride, 1)), nn.BatchNorm2d(width))

    def forward(self, x, near):
        y = torch.einsum("nkctv,kvw->nctw", self.space(x).unflatten(1, (self.parts, -1)), near * self.strength)
        return F.relu(self.time(y) + self.around(x))


class SkeletonGraph(nn.Module):
    """Actions from a body's joints: convolutions over the skeleton and along time (ST-GCN), after Yan et al. 2018, half as wide."""

    def __init__(self, joints=25, channels=3, parts=3, classes=60):
        super().__init__()
        self.norm = nn.BatchNorm1d(channels * joints)
        self.register_buffer("near", torch.rand(parts, joints, joints) / joints)
        self.blocks = nn.ModuleList()
        for width, depth in ((32, 4), (64, 3), (128, 3)):
            for index in range(depth):
                self.blocks.append(SkeletonBlock(channels, width, 2 if index == 0 and width > 32 else 1, parts, joints))
                channels = width
        self.head = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.norm(x.transpose(2, 3).flatten(1, 2)).unflatten(1, (x.shape[1], x.shape[3])).transpose(2, 3)
        for block in self.blocks:
            x = block(x, self.near)
        return self.head(x.mean((2, 3)))


def take(x, index):
    """Rows of x by an index of any shape behind the batch."""
    flat = index.flatten(1).unsqueeze(-1).expand(-1, -1, x.shape[-1])
    return x.gather(1, flat).unflatten(1, index.shape[1:])


def farthest(points, count):
    """Indices of points, each the one that is farthest from those before it."""
    last, index = points[:, :1], []
    least = (points - last).square().sum(-1)
    for _ in range(count):
        at = least.argmax(-1, keepdim=True)
        index.append(at)
        last = take(points, at)
        least = torch.minimum(least, (points - last).square().sum(-1))
    return torch.cat(index, dim=1)


class SetAbstraction(nn.Module):
    def __init__(self, count, near, radius, *widths):
        super().__init__()
        self.count, self.near, self.radius = count, near, radius
        layers = []
        for width, out in zip((widths[0] + 3, *widths[1:]), widths[1:]):
            layers += [nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        self.body = nn.Sequential(*layers)

    def forward(self, points, x):
        if self.count is None:
            return None, self.body(torch.cat([points, x], dim=-1).transpose(1, 2).unsqueeze(-1)).amax(2).squeeze(-1)
        centres = take(points, farthest(points, self.count))
        away = torch.cdist(centres, points)
        order = torch.arange(points.shape[1]).expand_as(away).masked_fill(away > self.radius, points.shape[1])
        order = order.sort(dim=-1).values[..., :self.near]
        first = order[..., :1]
        index = torch.where(order == points.shape[1], first, order)
        group = take(points, index) - centres.unsqueeze(2)
        group = group if x is None else torch.cat([group, take(x, index)], dim=-1)
        return centres, self.body(group.permute(0, 3, 2, 1)).amax(2).transpose(1, 2)


class PointNet2(nn.Module):
    """A thing from its points: the farthest of them, and those within a ball of each (PointNet++), after Qi et al. 2017."""

    def __init__(self, classes=40):
        super().__init__()
        self.first, self.second = SetAbstraction(128, 32, 0.4, 0, 64, 64, 128), SetAbstraction(32, 32, 0.8, 128, 128, 128, 256)
        self.third = SetAbstraction(None, None, None, 256, 256, 512, 1024)
        self.head = nn.Sequential(nn.Linear(1024, 512, bias=False), nn.BatchNorm1d(512), nn.ReLU(), nn.Dropout(0.4),
                                  nn.Linear(512, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.4), nn.Linear(256, classes))

    def forward(self, points):
        centres, x = self.first(points, None)
        centres, x = self.second(centres, x)
        return self.head(self.third(centres, x)[1])


class DeepONet(nn.Module):
    """An operator: a function at its sensors and places in, the other function there out, after Lu et al. 2021."""

    def __init__(self, sensors=100, places=2, width=128, depth=4):
        super().__init__()
        self.branch = perceptron(sensors, *[width] * depth, active=nn.GELU)
        self.trunk = nn.Sequential(perceptron(places, *[width] * depth, active=nn.GELU), nn.GELU())
        self.shift = nn.Parameter(torch.zeros(1))

    def forward(self, function, places):
        return torch.einsum("bw,bpw->bp", self.branch(function), self.trunk(places)) + self.shift


class HashGrid(nn.Module):
    """Features of points by the corners of the cells that they are in, from coarse to fine."""

    def __init__(self, levels=16, width=2, size=1 << 15, coarsest=16, finest=512):
        super().__init__()
        self.size, self.table = size, nn.Embedding(levels * size, width)
        growth = math.exp((math.log(finest) - math.log(coarsest)) / (levels - 1))
        self.register_buffer("scale", torch.tensor([[float(int(coarsest * growth ** level))] for level in range(levels)]))
        self.register_buffer("offset", (torch.arange(levels) * size).view(levels, 1))
        self.register_buffer("corners", torch.tensor([[i >> 2, i >> 1 & 1, i & 1] for i in range(8)]))

    def forward(self, points):
        place = points.unsqueeze(1) * self.scale
        low = place.floor()
        part = (place - low).unsqueeze(2)
        x, y, z = (low.long().unsqueeze(2) + self.corners).unbind(-1)
        key = torch.bitwise_xor(torch.bitwise_xor(x, y * 2654435761), z * 805459861)
        features = self.table(torch.remainder(key, self.size) + self.offset)
        weights = torch.where(self.corners == 1, part, 1 - part).prod(-1, keepdim=True)
        return (features * weights).sum(2).flatten(1)


def harmonics(d):
    """The sixteen spherical harmonics of the first four degrees."""
    x, y, z = d.unbind(-1)
    xx, yy, zz, xy, yz, xz = x * x, y * y, z * z, x * y, y * z, x * z
    return torch.stack([
        torch.full_like(x, 0.282095), -0.488603 * y, 0.488603 * z, -0.488603 * x,
        1.092548 * xy, -1.092548 * yz, 0.946175 * zz - 0.315392, -1.092548 * xz, 0.546274 * (xx - yy),
        0.590044 * y * (yy - 3 * xx), 2.890611 * xy * z, 0.457046 * y * (1 - 5 * zz), 0.373176 * z * (5 * zz - 3),
        0.457046 * x * (1 - 5 * zz), 1.445306 * z * (xx - yy), 0.590044 * x * (3 * yy - xx)], dim=-1)


class InstantNgp(nn.Module):
    """Density and colour of points seen along rays: hashed grids and small perceptrons, after Mueller et al. 2022."""

    def __init__(self, width=64, kept=16):
        super().__init__()
        self.grid, self.density, self.colour = HashGrid(), perceptron(32, width, kept), perceptron(kept + 16, width, width, 3)

    def forward(self, points, ways):
        x = self.density(self.grid((points * 0.1 + 0.5).clamp(0, 1)))
        colour = torch.sigmoid(self.colour(torch.cat([x, harmonics(F.normalize(ways, dim=-1))], dim=-1)))
        return torch.cat([colour, x[:, :1].exp()], dim=-1)


class SplineCoupling(nn.Module):
    """Rational quadratic splines for one half of the values, whose knots the other half tells."""

    def __init__(self, half, width, bins, bound=3.0, least=1e-3):
        super().__init__()
        self.bins, self.bound, self.least = bins, bound, least
        self.start, self.end = nn.Linear(half, width), nn.Linear(width, half * (3 * bins - 1))
        self.blocks = nn.ModuleList(nn.Sequential(nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width)) for _ in range(2))

    def knots(self, x):
        sizes = self.least + (1 - self.least * self.bins) * x.softmax(-1)
        places = F.pad(sizes.cumsum(-1), (1, 0)) * 2 * self.bound - self.bound
        return places, places[..., 1:] - places[..., :-1]

    def forward(self, told, x):
        y = self.start(told)
        for block in self.blocks:
            y = y + block(y)
        widths, heights, slopes = self.end(y).unflatten(1, (-1, 3 * self.bins - 1)).split([self.bins, self.bins, self.bins - 1], dim=-1)
        (left, width), (low, height) = self.knots(widths), self.knots(heights)
        slope = F.pad(self.least + F.softplus(slopes), (1, 1), value=1.0)
        inside = x.abs() <= self.bound
        at = x.clamp(-self.bound, self.bound).unsqueeze(-1)
        index = ((at >= left).sum(-1, keepdim=True) - 1).clamp(0, self.bins - 1)
        left, width, low, height = (part.gather(-1, index) for part in (left, width, low, height))
        first, second = slope.gather(-1, index), slope.gather(-1, index + 1)
        steep, part = height / width, (at - left) / width
        mixed = part * (1 - part)
        below = steep + (first + second - 2 * steep) * mixed
        moved = low + height * (steep * part.square() + first * mixed) / below
        grown = 2 * steep.log() + (second * part.square() + 2 * steep * mixed + first * (1 - part).square()).log() - 2 * below.log()
        return torch.where(inside, moved.squeeze(-1), x), torch.where(inside, grown.squeeze(-1), torch.zeros_like(x)).sum(1)


class SplineFlow(nn.Module):
    """How probable rows of a table are: couplings by splines, after Durkan et al. 2019."""

    def __init__(self, columns=16, width=128, bins=8, depth=6):
        super().__init__()
        self.layers = nn.ModuleList(SplineCoupling(columns // 2, width, bins) for _ in range(depth))
        self.mixes = nn.ModuleList(nn.Linear(columns, columns) for _ in range(depth))

    def forward(self, x):
        total = 0
        for layer, mix in zip(self.layers, self.mixes):
            told, moved = mix(x).chunk(2, dim=1)
            moved, grown = layer(told, moved)
            x, total = torch.cat([told, moved], dim=1), total + grown
        return total - 0.5 * (x.square() + math.log(2 * math.pi)).sum(1)


# ---- robots, diffusion -----------------------------------------------------------------------------------------


class Dreamer(nn.Module):
    """What comes of an image and of what is done then, imagined step by step, after Hafner et al. 2020."""

    def __init__(self, width=32, hidden=200, chance=30, actions=6, steps=15):
        super().__init__()
        self.steps, self.hidden, self.chance = steps, hidden, chance
        widths = [3] + [width << level for level in range(4)]
        layers = []
        for channels, out in zip(widths, widths[1:]):
            layers += [nn.Conv2d(channels, out, 4, 2), nn.ReLU()]
        self.encoder, seen = nn.Sequential(*layers, nn.Flatten()), widths[-1] * 4
        self.cell, self.join = nn.GRUCell(hidden, hidden), nn.Sequential(nn.Linear(chance + actions, hidden), nn.ELU())
        self.prior = perceptron(hidden, hidden, 2 * chance, active=nn.ELU)
        self.posterior = perceptron(hidden + seen, hidden, 2 * chance, active=nn.ELU)
        self.actor = perceptron(hidden + chance, 400, 400, 400, 2 * actions, active=nn.ELU)
        self.reward, self.value = (perceptron(hidden + chance, 400, 400, 1, active=nn.ELU) for _ in range(2))

    def forward(self, image):
        state = image.new_zeros(image.shape[0], self.hidden)
        chance = self.posterior(torch.cat([state, self.encoder(image)], dim=1))[:, :self.chance]
        seen = []
        for _ in range(self.steps):
            action = self.actor(torch.cat([state, chance], dim=1)).chunk(2, dim=1)[0].tanh()
            state = self.cell(self.join(torch.cat([chance, action], dim=1)), state)
            chance, spread = self.prior(state).chunk(2, dim=1)
            chance = chance + 0.1 * (F.softplus(spread) + 0.1)
            seen.append(torch.cat([state, chance], dim=1))
        seen = torch.stack(seen, dim=1)
        return torch.cat([self.reward(seen), self.value(seen)], dim=-1)


def sines(time, width):
    """A time as sines and cosines of a row of speeds."""
    half = width // 2
    angle = time.unsqueeze(-1) * torch.exp(torch.arange(half) * (-math.log(10000) / half))
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


class TimedBlock(nn.Module):
    def __init__(self, channels, width, code):
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(32, channels), nn.SiLU(), nn.Conv2d(channels, width, 3, padding=1))
        self.second = nn.Sequential(nn.GroupNorm(32, width), nn.SiLU(), nn.Dropout(0.1), nn.Conv2d(width, width, 3, padding=1))
        self.code = nn.Sequential(nn.SiLU(), nn.Linear(code, width))
        self.around = nn.Identity() if channels == width else nn.Conv2d(channels, width, 1)

    def forward(self, x, code):
        return self.around(x) + self.second(self.first(x) + self.code(code)[:, :, None, None])


class Attend(nn.Module):
    """Attention of a sequence to itself or to a text."""

    def __init__(self, width, heads, told=None):
        super().__init__()
        self.heads, self.q, self.out = heads, nn.Linear(width, width, bias=False), nn.Linear(width, width)
        self.k, self.v = (nn.Linear(told or width, width, bias=False) for _ in range(2))

    def forward(self, x, told=None):
        told = x if told is None else told
        parts = ((self.q, x), (self.k, told), (self.v, told))
        q, k, v = (line(part).unflatten(-1, (self.heads, -1)).transpose(1, 2) for line, part in parts)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class SpatialTransformer(nn.Module):
    def __init__(self, width, heads, text):
        super().__init__()
        self.norm, self.start, self.end = nn.GroupNorm(32, width, eps=1e-6), nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.own, self.told = Attend(width, heads), Attend(width, heads, text)
        self.wide, self.narrow = nn.Linear(width, 8 * width), nn.Linear(4 * width, width)

    def forward(self, x, text):
        y = self.start(self.norm(x))
        rows = y.flatten(2).transpose(1, 2)
        rows = rows + self.own(self.norms[0](rows))
        rows = rows + self.told(self.norms[1](rows), text)
        value, gate = self.wide(self.norms[2](rows)).chunk(2, dim=-1)
        rows = rows + self.narrow(value * F.gelu(gate))
        return x + self.end(rows.transpose(1, 2).unflatten(2, y.shape[2:]))


class LatentDiffusion(nn.Module):
    """The noise of latents, by time and a text that it attends to, after Rombach et al. 2022, narrower and shallower."""

    def __init__(self, channels=4, widths=(96, 192, 288), text=256, heads=4):
        super().__init__()
        self.width, code = widths[0], 4 * widths[0]
        self.time = perceptron(widths[0], code, code, active=nn.SiLU)
        self.stem = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.down, self.shrink, self.up, self.grow = (nn.ModuleList() for _ in range(4))
        for width, out in zip((widths[0], *widths), widths):
            self.down.append(nn.ModuleList([TimedBlock(width, out, code), SpatialTransformer(out, heads, text)]))
        for width in widths[:-1]:
            self.shrink.append(nn.Conv2d(width, width, 3, 2, 1))
            self.grow.append(nn.Conv2d(widths[widths.index(width) + 1], width, 3, padding=1))
        last = widths[-1]
        self.middle = nn.ModuleList([TimedBlock(last, last, code), SpatialTransformer(last, heads, text), TimedBlock(last, last, code)])
        for width in widths:
            self.up.append(nn.ModuleList([TimedBlock(2 * width, width, code), SpatialTransformer(width, heads, text)]))
        self.head = nn.Sequential(nn.GroupNorm(32, widths[0]), nn.SiLU(), nn.Conv2d(widths[0], channels, 3, padding=1))

    def forward(self, latents, time, text):
        code, x, kept = self.time(sines(time, self.width)), self.stem(latents), []
        for level, (block, attend) in enumerate(self.down):
            x = attend(block(x, code), text)
            kept.append(x)
            if level < len(self.shrink):
                x = self.shrink[level](x)
        x = self.middle[2](self.middle[1](self.middle[0](x, code), text), code)
        for level in reversed(range(len(self.up))):
            block, attend = self.up[level]
            x = attend(block(torch.cat([x, kept[level]], dim=1), code), text)
            if level:
                x = self.grow[level - 1](F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.head(x)


def mish_conv(channels, width):
    return nn.Sequential(nn.Conv1d(channels, width, 5, padding=2), nn.GroupNorm(8, width), nn.Mish())


class FilmBlock(nn.Module):
    def __init__(self, channels, width, code):
        super().__init__()
        self.first, self.second = mish_conv(channels, width), mish_conv(width, width)
        self.code = nn.Sequential(nn.Mish(), nn.Linear(code, 2 * width))
        self.around = nn.Identity() if channels == width else nn.Conv1d(channels, width, 1)

    def forward(self, x, code):
        scale, shift = self.code(code).unsqueeze(-1).chunk(2, dim=1)
        return self.second(self.first(x) * scale + shift) + self.around(x)


class DiffusionPolicy(nn.Module):
    """A robot's next actions out of noise, by what it sees: a U along time, after Chi et al. 2023, half as wide."""

    def __init__(self, actions=7, seen=64, step=128, widths=(128, 256, 512)):
        super().__init__()
        self.step, code = step, step + seen
        self.time = perceptron(step, 4 * step, step, active=nn.Mish)
        pairs = list(zip((actions, *widths), widths))
        self.down = nn.ModuleList(nn.ModuleList([FilmBlock(a, b, code), FilmBlock(b, b, code)]) for a, b in pairs)
        self.shrink = nn.ModuleList(nn.Conv1d(width, width, 3, 2, 1) for width in widths[:-1])
        self.middle = nn.ModuleList(FilmBlock(widths[-1], widths[-1], code) for _ in range(2))
        self.up = nn.ModuleList(nn.ModuleList([FilmBlock(2 * b, a, code), FilmBlock(a, a, code)]) for a, b in pairs[:0:-1])
        self.grow = nn.ModuleList(nn.ConvTranspose1d(width, width, 4, 2, 1) for width in widths[-2::-1])
        self.head = nn.Sequential(mish_conv(widths[0], widths[0]), nn.Conv1d(widths[0], actions, 1))

    def forward(self, actions, time, seen):
        code = torch.cat([self.time(sines(time, self.step)), seen], dim=1)
        x, kept = actions.transpose(1, 2), []
        for level, (first, second) in enumerate(self.down):
            x = second(first(x, code), code)
            kept.append(x)
            if level < len(self.shrink):
                x = self.shrink[level](x)
        for block in self.middle:
            x = block(x, code)
        for (first, second), grow in zip(self.up, self.grow):
            x = grow(second(first(torch.cat([x, kept.pop()], dim=1), code), code))
        return self.head(x).transpose(1, 2)


# ---- speech, sound, captions -----------------------------------------------------------------------------------


def sound_conv(channels, width, active):
    return nn.Sequential(nn.Conv1d(channels, width, 5, padding=2), nn.BatchNorm1d(width), active())


class Tacotron2(nn.Module):
    """Letters to a spectrum, frame by frame, by attention that knows where it was, after Shen et al. 2018, half as wide."""

    def __init__(self, letters=80, bands=80, width=256, cell=512, attend=128, places=32):
        super().__init__()
        self.cell, self.letters = cell, nn.Embedding(letters, width)
        self.convs = nn.Sequential(*(sound_conv(width, width, nn.ReLU) for _ in range(3)))
        self.encoder = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
        self.before = nn.Sequential(nn.Linear(bands, width // 2), nn.ReLU(), nn.Linear(width // 2, width // 2), nn.ReLU())
        self.attender, self.decoder = nn.LSTMCell(width // 2 + width, cell), nn.LSTMCell(cell + width, cell)
        self.query, self.key = nn.Linear(cell, attend, bias=False), nn.Linear(width, attend, bias=False)
        self.energy = nn.Linear(attend, 1, bias=False)
        self.place, self.where = nn.Conv1d(2, places, 31, padding=15, bias=False), nn.Linear(places, attend, bias=False)
        self.frame, self.stop = nn.Linear(cell + width, bands), nn.Linear(cell + width, 1)
        self.after = nn.Sequential(sound_conv(bands, width, nn.Tanh), *(sound_conv(width, width, nn.Tanh) for _ in range(3)),
                                   nn.Conv1d(width, bands, 5, padding=2), nn.BatchNorm1d(bands))

    def forward(self, letters, frames):
        text = self.encoder(self.convs(self.letters(letters).transpose(1, 2)).transpose(1, 2))[0]
        keys, known = self.key(text), self.before(frames)
        empty = text.new_zeros(text.shape[0], self.cell)
        first, second = (empty, empty), (empty, empty)
        context, weights, total = torch.zeros_like(text[:, 0]), torch.zeros_like(text[..., 0]), torch.zeros_like(text[..., 0])
        told, stops = [], []
        for step in range(frames.shape[1]):
            first = self.attender(torch.cat([known[:, step], context], dim=1), first)
            place = self.where(self.place(torch.stack([weights, total], dim=1)).transpose(1, 2))
            weights = self.energy(torch.tanh(self.query(first[0]).unsqueeze(1) + keys + place)).squeeze(-1).softmax(-1)
            total = total + weights
            context = torch.bmm(weights.unsqueeze(1), text).squeeze(1)
            second = self.decoder(torch.cat([first[0], context], dim=1), second)
            both = torch.cat([second[0], context], dim=1)
            told.append(self.frame(both))
            stops.append(self.stop(both))
        told = torch.stack(told, dim=2)
        return told + self.after(told), torch.cat(stops, dim=1)


class RnnTransducer(nn.Module):
    """Speech as it is spoken: every frame joined with every word part so far, after Graves 2012, the sizes of He et al. 2019, less."""

    def __init__(self, features=240, width=640, out=320, vocabulary=1024, joint=512):
        super().__init__()
        self.low, self.high = nn.LSTM(features, width, 2, batch_first=True), nn.LSTM(2 * width, width, 2, batch_first=True)
        self.heard, self.parts = nn.Linear(width, out), nn.Embedding(vocabulary, out)
        self.norm, self.predictor, self.said = nn.LayerNorm(out), nn.LSTM(out, width, batch_first=True), nn.Linear(width, out)
        self.left, self.right, self.head = nn.Linear(out, joint), nn.Linear(out, joint, bias=False), nn.Linear(joint, vocabulary)

    def forward(self, frames, parts):
        x = self.low(frames)[0].unflatten(1, (-1, 2)).flatten(2)
        heard = self.heard(self.high(x)[0])
        said = self.said(self.predictor(self.norm(self.parts(parts)))[0])
        return self.head(torch.tanh(self.left(heard).unsqueeze(2) + self.right(said).unsqueeze(1))).log_softmax(-1)


class Crepe(nn.Module):
    """The pitch of a voice: six convolutions of raw sound, the first of half a frame, after Kim et al. 2018, the medium one."""

    def __init__(self, times=16, pitches=360):
        super().__init__()
        layers, channels = [], 1
        for width, kernel, stride in ((32, 512, 4), (4, 64, 1), (4, 64, 1), (4, 64, 1), (8, 64, 1), (16, 64, 1)):
            left = (kernel - stride) // 2
            layers += [nn.ConstantPad1d((left, kernel - stride - left), 0.0), nn.Conv1d(channels, times * width, kernel, stride), nn.ReLU(),
                       nn.BatchNorm1d(times * width), nn.MaxPool1d(2), nn.Dropout(0.25)]
            channels = times * width
        self.body, self.head = nn.Sequential(*layers), nn.Linear(4 * channels, pitches)

    def forward(self, sound):
        sound = sound - sound.mean(1, keepdim=True)
        sound = sound / sound.std(1, keepdim=True).clamp(min=1e-8)
        return torch.sigmoid(self.head(self.body(sound.unsqueeze(1)).transpose(1, 2).flatten(1)))


class ShowAttendTell(nn.Module):
    """A picture's caption: an LSTM that looks at parts of the picture before each word, after Xu et al. 2015."""

    def __init__(self, features=512, width=512, words=10000):
        super().__init__()
        self.words, self.cell = nn.Embedding(words, width), nn.LSTMCell(width + features, width)
        self.hidden, self.memory = nn.Linear(features, width), nn.Linear(features, width)
        self.seen, self.state, self.score = nn.Linear(features, width), nn.Linear(width, width), nn.Linear(width, 1)
        self.gate, self.head = nn.Linear(width, features), nn.Sequential(nn.Dropout(0.5), nn.Linear(width, words))

    def forward(self, parts, caption):
        mean, seen, words = parts.mean(1), self.seen(parts), self.words(caption)
        state, told = (self.hidden(mean), self.memory(mean)), []
        for step in range(caption.shape[1]):
            weights = self.score(F.relu(seen + self.state(state[0]).unsqueeze(1))).softmax(1)
            look = (parts * weights).sum(1) * torch.sigmoid(self.gate(state[0]))
            state = self.cell(torch.cat([words[:, step], look], dim=1), state)
            told.append(self.head(state[0]))
        return torch.stack(told, dim=1)


# ---- pictures --------------------------------------------------------------------------------------------------


class BasicBlock(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
                                  nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        same = channels == width and stride == 1
        self.around = nn.Identity() if same else nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        return F.relu(self.body(x) + self.around(x), inplace=True)


class Backbone(nn.Module):
    """A residual network of eighteen layers, and the maps of its five sizes."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True))
        self.pool, self.stages, channels = nn.MaxPool2d(3, 2, 1), nn.ModuleList(), 64
        for level in range(4):
            width = 64 << level
            self.stages.append(nn.Sequential(BasicBlock(channels, width, 2 if level else 1), BasicBlock(width, width, 1)))
            channels = width

    def forward(self, x):
        seen = [self.stem(x)]
        x = self.pool(seen[0])
        for stage in self.stages:
            x = stage(x)
            seen.append(x)
        return seen


class CenterNet(nn.Module):
    """Things as points: a map of their middles, its peaks, sizes and offsets there, after Zhou et al. 2019, with ResNet-18."""

    def __init__(self, classes=80, width=256, kept=100):
        super().__init__()
        self.kept, self.backbone, layers = kept, Backbone(), []
        for channels in (512, width, width):
            layers += [nn.ConvTranspose2d(channels, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        self.rise = nn.Sequential(*layers)
        self.heat, self.size, self.shift = (
            nn.Sequential(nn.Conv2d(width, 64, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(64, count, 1)) for count in (classes, 2, 2))

    def forward(self, image):
        x = self.rise(self.backbone(image)[-1])
        heat, boxes = torch.sigmoid(self.heat(x)), torch.cat([self.shift(x), self.size(x)], dim=1).flatten(2)
        peaks = heat * (F.max_pool2d(heat, 3, 1, 1) == heat)
        scores, index = peaks.flatten(1).topk(self.kept)
        area, side = x.shape[2] * x.shape[3], x.shape[3]
        place = index % area
        boxes = boxes.gather(2, place.unsqueeze(1).expand(-1, 4, -1))
        middle = torch.stack([place % side, place // side], dim=1) + boxes[:, :2]
        corners = torch.cat([middle - boxes[:, 2:] / 2, middle + boxes[:, 2:] / 2], dim=1)
        return corners.transpose(1, 2), scores, index // area


def twice(channels, width):
    return nn.Sequential(nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
                         nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))


class NestedUNet(nn.Module):
    """Cells under a microscope: a U with more convolutions along its skips (UNet++), after Zhou et al. 2018, half as wide."""

    def __init__(self, widths=(16, 32, 64, 128, 256), classes=1):
        super().__init__()
        self.depth, self.nodes = len(widths), nn.ModuleDict()
        for level, width in enumerate(widths):
            self.nodes[f"{level}_0"] = twice(widths[level - 1] if level else 3, width)
            for step in range(1, self.depth - level):
                self.nodes[f"{level}_{step}"] = twice(step * width + widths[level + 1], width)
        self.heads = nn.ModuleList(nn.Conv2d(widths[0], classes, 1) for _ in range(self.depth - 1))

    def forward(self, x):
        seen = []
        for level in range(self.depth):
            x = self.nodes[f"{level}_0"](F.max_pool2d(x, 2) if level else x)
            seen.append([x])
        for step in range(1, self.depth):
            for level in range(self.depth - step):
                rise = F.interpolate(seen[level + 1][step - 1], scale_factor=2, mode="bilinear", align_corners=True)
                seen[level].append(self.nodes[f"{level}_{step}"](torch.cat([*seen[level], rise], dim=1)))
        return sum(head(x) for head, x in zip(self.heads, seen[0][1:])) / len(self.heads)


class PixelNorm(nn.Module):
    """Layer norm over the channels of a map."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        rows = self.norm(x.flatten(2).transpose(1, 2))
        return rows.transpose(1, 2).unflatten(2, x.shape[2:])


class ChannelAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.heat = heads, nn.Parameter(torch.ones(heads, 1, 1))
        wide = 3 * width
        self.qkv = nn.Sequential(nn.Conv2d(width, wide, 1, bias=False), nn.Conv2d(wide, wide, 3, padding=1, groups=wide, bias=False))
        self.out = nn.Conv2d(width, width, 1, bias=False)

    def forward(self, x):
        q, k, v = self.qkv(x).flatten(2).unflatten(1, (3, self.heads, -1)).unbind(1)
        weights = (torch.matmul(F.normalize(q, dim=-1), F.normalize(k, dim=-1).transpose(-2, -1)) * self.heat).softmax(-1)
        return self.out(torch.matmul(weights, v).flatten(1, 2).unflatten(2, x.shape[2:]))


class GatedForward(nn.Module):
    def __init__(self, width, growth=2.66):
        super().__init__()
        wide = 2 * int(growth * width)
        self.wide = nn.Sequential(nn.Conv2d(width, wide, 1, bias=False), nn.Conv2d(wide, wide, 3, padding=1, groups=wide, bias=False))
        self.out = nn.Conv2d(wide // 2, width, 1, bias=False)

    def forward(self, x):
        gate, value = self.wide(x).chunk(2, dim=1)
        return self.out(F.gelu(gate) * value)


class RestoreBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attend = nn.Sequential(PixelNorm(width), ChannelAttention(width, heads))
        self.mlp = nn.Sequential(PixelNorm(width), GatedForward(width))

    def forward(self, x):
        x = x + self.attend(x)
        return x + self.mlp(x)


class Restormer(nn.Module):
    """Rain taken out of a picture: attention among channels, not places, after Zamir et al. 2022, narrower and shallower."""

    def __init__(self, width=32, depths=(1, 2, 2), middle=2, heads=(1, 2, 4, 8), last=1):
        super().__init__()
        self.stem, self.head = nn.Conv2d(3, width, 3, padding=1, bias=False), nn.Conv2d(2 * width, 3, 3, padding=1, bias=False)
        self.down, self.shrink, self.up, self.grow, self.join = (nn.ModuleList() for _ in range(5))
        for level, depth in enumerate(depths):
            wide = width << level
            self.down.append(nn.Sequential(*(RestoreBlock(wide, heads[level]) for _ in range(depth))))
            self.shrink.append(nn.Sequential(nn.Conv2d(wide, wide // 2, 3, padding=1, bias=False), nn.PixelUnshuffle(2)))
            self.grow.append(nn.Sequential(nn.Conv2d(2 * wide, 4 * wide, 3, padding=1, bias=False), nn.PixelShuffle(2)))
            self.join.append(nn.Conv2d(2 * wide, wide, 1, bias=False) if level else nn.Identity())
            self.up.append(nn.Sequential(*(RestoreBlock(wide if level else 2 * wide, heads[level]) for _ in range(depth))))
        self.middle = nn.Sequential(*(RestoreBlock(width << len(depths), heads[-1]) for _ in range(middle)))
        self.last = nn.Sequential(*(RestoreBlock(2 * width, heads[0]) for _ in range(last)))

    def forward(self, image):
        x, kept = self.stem(image), []
        for blocks, shrink in zip(self.down, self.shrink):
            x = blocks(x)
            kept.append(x)
            x = shrink(x)
        x = self.middle(x)
        for level in reversed(range(len(self.up))):
            x = self.up[level](self.join[level](torch.cat([self.grow[level](x), kept[level]], dim=1)))
        return self.head(self.last(x)) + image


class MirrorConv(nn.Module):
    def __init__(self, channels, width, active=True):
        super().__init__()
        self.pad, self.conv = nn.ReflectionPad2d(1), nn.Conv2d(channels, width, 3)
        self.active = nn.ELU(inplace=True) if active else nn.Identity()

    def forward(self, x):
        return self.active(self.conv(self.pad(x)))


class MonoDepth2(nn.Module):
    """How far away a street is, from one picture, at four sizes, after Godard et al. 2019."""

    def __init__(self, widths=(16, 32, 64, 128, 256), seen=(64, 64, 128, 256, 512)):
        super().__init__()
        self.backbone, self.first, self.second, self.heads = Backbone(), nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            self.first.append(MirrorConv(widths[level + 1] if level + 1 < len(widths) else seen[-1], width))
            self.second.append(MirrorConv(width + (seen[level - 1] if level else 0), width))
            if level < 4:
                self.heads.append(MirrorConv(width, 1, active=False))

    def forward(self, image):
        seen = self.backbone((image - 0.45) / 0.225)
        x, depths = seen[-1], []
        for level in reversed(range(len(self.first))):
            x = F.interpolate(self.first[level](x), scale_factor=2, mode="nearest")
            x = self.second[level](torch.cat([x, seen[level - 1]], dim=1) if level else x)
            if level < len(self.heads):
                depths.append(torch.sigmoid(self.heads[level](x)))
        return tuple(depths)


def face_conv(channels, width, kernel=1, stride=1, padding=0, groups=1, active=True):
    layers = [nn.Conv2d(channels, width, kernel, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, *([nn.PReLU(width)] if active else []))


class FaceBlock(nn.Module):
    def __init__(self, channels, width, growth, stride):
        super().__init__()
        wide = growth * channels
        self.same = channels == width and stride == 1
        self.body = nn.Sequential(face_conv(channels, wide), face_conv(wide, wide, 3, stride, 1, wide),
                                  face_conv(wide, width, active=False))

    def forward(self, x):
        return x + self.body(x) if self.same else self.body(x)


class MobileFaceNet(nn.Module):
    """Whose face it is, on a phone: inverted residuals, one depthwise convolution of all that is left, after Chen et al. 2018."""

    def __init__(self, width=128):
        super().__init__()
        layers, channels = [face_conv(3, 64, 3, 2, 1), face_conv(64, 64, 3, 1, 1, 64)], 64
        for growth, out, depth, stride in ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)):
            for index in range(depth):
                layers.append(FaceBlock(channels, out, growth, stride if index == 0 else 1))
                channels = out
        self.body = nn.Sequential(*layers, face_conv(channels, 512), face_conv(512, 512, 7, groups=512, active=False),
                                  face_conv(512, width, active=False))

    def forward(self, face):
        return F.normalize(self.body(face).flatten(1), dim=1)
