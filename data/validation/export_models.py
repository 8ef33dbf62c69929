# SPDX-License-Identifier: Apache-2.0
"""Exports the validation models that the lists beside this file name, with random weights.

    python -m venv .venv-export
    .venv-export/bin/pip install torch==2.13.0 numpy pillow pyyaml huggingface_hub safetensors tokenizers regex typer
    .venv-export/bin/pip install --no-deps torchvision==0.28.0 timm==1.0.31 transformers==5.23.0
    .venv-export/bin/python data/validation/export_models.py development --out exported/development
    .venv-export/bin/python data/validation/export_models.py final --out exported/final
    .venv-export/bin/python data/validation/export_models.py fresh --out exported/fresh
    .venv-export/bin/python data/validation/export_models.py unseen --out exported/unseen
    .venv-export/bin/python data/validation/export_models.py withheld --out exported/withheld

The lists are frozen: they were written before an estimator was tuned on what they hold. `final` was scored once and then
looked at; `fresh` was written after that and before the changes that followed; `unseen` the same after `fresh`, and
`withheld` after `unseen`. An entry:

    {"name": "swin_t", "family": "swin", "library": "torchvision", "model": "swin_t",
     "inputs": [{"sizes": [1, 3, 224, 224]}]}

`library` says how `model` and `options` are read (see the builders below); inputs are float32 noise, or whole numbers
below `below`. Dimension 0 of every input is exported as a symbolic batch; where a model does not allow that, with the
listed size, and the report says so. A family stands in one list only, and in none if the program builds it itself.
"""

import argparse
import gc
import json
import pathlib
import sys
import time
import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
PINNED = "2.13.0"
LISTS = ("development", "final", "fresh", "unseen", "withheld")  # in the order in which they were written
BUILT_IN = {"mlp", "conv_block", "resnet", "vgg", "mobilenet_v2", "efficientnet", "vit", "bert", "gpt2"}


# ---- models that no library has --------------------------------------------------------------------------------


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


class OneOutput(nn.Module):
    """A model that gives a dictionary, and of it one tensor."""

    def __init__(self, model, output):
        super().__init__()
        self.model, self.output = model, output

    def forward(self, x):
        return self.model(x)[self.output]


# ---- builders: entry -> module ---------------------------------------------------------------------------------


class FirstOutput(nn.Module):
    """A transformers model with a plain signature and one tensor as result."""

    def __init__(self, model, names, output, fixed):
        super().__init__()
        self.model, self.names, self.output, self.fixed = model, names, output, fixed

    def forward(self, *inputs):
        return self.model(**dict(zip(self.names, inputs)), **self.fixed)[self.output]


def from_torchvision(entry):
    # Its wheel's own operators do not load beside a CPU build of torch; declaring them is enough to import it.
    if "torchvision" not in sys.modules:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        from_torchvision.library = library
    import torchvision

    space = torchvision.models
    for part in entry["model"].split(".")[:-1]:
        space = getattr(space, part)
    model = getattr(space, entry["model"].split(".")[-1])(weights=None, **entry.get("options", {}))
    return OneOutput(model, entry["output"]) if "output" in entry else model


def from_timm(entry):
    from_torchvision.__dict__.get("library") or from_torchvision({"model": "alexnet"})
    import timm

    return timm.create_model(entry["model"], pretrained=False, **entry.get("options", {}))


def from_transformers(entry):
    from_torchvision.__dict__.get("library") or from_torchvision({"model": "alexnet"})
    import transformers

    config = getattr(transformers, entry["config"])(**entry.get("options", {}))
    model = getattr(transformers, entry["model"])(config)
    names = [one["name"] for one in entry["inputs"]]
    return FirstOutput(model, names, entry.get("output", "last_hidden_state"), {"return_dict": True, **entry.get("call", {})})


def from_here(entry):
    return globals()[entry["model"]](**entry.get("options", {}))


BUILDERS = {"torchvision": from_torchvision, "timm": from_timm, "transformers": from_transformers, "here": from_here}


# ---- exporting -------------------------------------------------------------------------------------------------


def make_inputs(entry, batch):
    inputs = []
    for one in entry["inputs"]:
        sizes = [batch] + one["sizes"][1:]
        inputs.append(torch.randint(0, one["below"], sizes) if "below" in one else torch.randn(sizes))
    return tuple(inputs)


def export_entry(entry):
    """The exported program, and whether its batch is symbolic."""
    torch.manual_seed(0)
    model = BUILDERS[entry["library"]](entry).eval()
    if not entry.get("static"):
        batch = torch.export.Dim("batch", min=1, max=1024)
        shapes = [{0: batch} for _ in entry["inputs"]]
        if isinstance(model, FirstOutput):
            shapes = [tuple(shapes)]  # forward(*inputs)
        try:
            inputs = make_inputs(entry, 2)
            return torch.export.export(model, inputs, dynamic_shapes=shapes, strict=False), True
        except Exception as problem:  # any: the exporter's ways to fail are many
            print(f"  {entry['name']}: no symbolic batch: {str(problem).strip().splitlines()[0][:150]}", file=sys.stderr)
    return torch.export.export(model, make_inputs(entry, entry["inputs"][0]["sizes"][0]), strict=False), False


def read_lists():
    lists = {name: json.loads((HERE / f"{name}.json").read_text())["models"] for name in LISTS}
    taken = set(BUILT_IN)
    for name, entries in lists.items():
        families = {entry["family"] for entry in entries}
        if shared := families & taken:
            sys.exit(f"export_models.py: {name}.json: {', '.join(sorted(shared))} stand elsewhere too, expected new families")
        taken |= families
    return lists


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("list", choices=LISTS)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the .pt2 files")
    parser.add_argument("--only", help="the one entry with this name")
    parser.add_argument("--again", action="store_true", help="also what is there already")
    arguments = parser.parse_args()
    if not torch.__version__.startswith(PINNED):
        sys.exit(f"export_models.py: found torch {torch.__version__}, expected {PINNED}")
    warnings.filterwarnings("ignore")
    arguments.out.mkdir(parents=True, exist_ok=True)
    failed = []
    for entry in read_lists()[arguments.list]:
        path = arguments.out / f"{entry['name']}.pt2"
        if (arguments.only and entry["name"] != arguments.only) or (path.exists() and not arguments.again):
            continue
        begin = time.time()
        try:
            with torch.no_grad():
                program, dynamic = export_entry(entry)
            part = path.with_suffix(".part.pt2")
            torch.export.save(program, part)
            part.rename(path)
            nodes = sum(1 for node in program.graph.nodes if node.op == "call_function")
            print(f"{entry['name']}: {nodes} nodes, batch {'symbolic' if dynamic else 'fixed'}, "
                  f"{path.stat().st_size / 1e6:.0f} MB, {time.time() - begin:.0f} s", flush=True)
            del program
        except Exception as problem:
            failed.append(entry["name"])
            print(f"{entry['name']}: FAILED: {str(problem).strip().splitlines()[0][:300]}", flush=True)
        gc.collect()
    if failed:
        sys.exit(f"export_models.py: {len(failed)} not exported: {', '.join(failed)}")


if __name__ == "__main__":
    main()
