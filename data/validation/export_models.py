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
    .venv-export/bin/python data/validation/export_models.py sealed --out exported/sealed
    .venv-export/bin/python data/validation/export_models.py blind --out exported/blind
    .venv-export/bin/python data/validation/export_models.py untouched --out exported/untouched
    .venv-export/bin/python data/validation/export_models.py reserved --out exported/reserved
    .venv-export/bin/python data/validation/export_models.py hidden --out exported/hidden
    .venv-export/bin/python data/validation/export_models.py unread --out exported/unread
    .venv-export/bin/python data/validation/export_models.py unopened --out exported/unopened
    .venv-export/bin/python data/validation/export_models.py unnamed --out exported/unnamed
    .venv-export/bin/python data/validation/export_models.py uncharted --out exported/uncharted
    .venv-export/bin/python data/validation/export_models.py offshore --out exported/offshore
    .venv-export/bin/python data/validation/export_models.py sampled --out exported/sampled
    .venv-export/bin/python data/validation/export_models.py resampled --out exported/resampled
    .venv-export/bin/python data/validation/export_models.py drawn_again --out exported/drawn_again
    .venv-export/bin/python data/validation/export_models.py redrawn --out exported/redrawn
    .venv-export/bin/python data/validation/export_models.py drawn_on --out exported/drawn_on

The lists are frozen: they were written before an estimator was tuned on what they hold. `final` was scored once and then
looked at; `fresh` was written after that and before the changes that followed; `unseen` the same after `fresh`, and
`withheld` after `unseen`, `sealed` after `withheld`, `blind` after `sealed`, `untouched` after `blind`, `reserved` after
`untouched`, `hidden` after `reserved`, `unread` after `hidden`, `unopened` after `unread`, `unnamed` after `unopened`,
`uncharted` after `unnamed`, `offshore` after `uncharted`, `sampled` after `offshore`, `resampled` after `sampled`,
`drawn_again` after `resampled`, `redrawn` after `drawn_again`, `drawn_on` after `redrawn`. An entry:

    {"name": "swin_t", "family": "swin", "library": "torchvision", "model": "swin_t",
     "inputs": [{"sizes": [1, 3, 224, 224]}]}

`library` says how `model` and `options` are read (see the builders below); inputs are float32 noise, or whole numbers
below `below`. Dimension 0 of every input is exported as a symbolic batch, with the listed size as its example (two for one,
which the exporter would take for a constant); where a model does not allow that, it is fixed, and the report says so. A family stands in one list only, and in none if the program builds it itself.
"""

import argparse
import gc
import json
import pathlib
import sys
import time
import warnings

import own_models
import own_models_drawn_again
import own_models_drawn_on
import own_models_hidden
import own_models_later
import own_models_offshore
import own_models_redrawn
import own_models_resampled
import own_models_sampled
import own_models_uncharted
import own_models_unnamed
import own_models_unopened
import own_models_unread
import torch
import torch.nn as nn

HERE = pathlib.Path(__file__).resolve().parent
PINNED = "2.13.0"
LISTS = ("development", "final", "fresh", "unseen", "withheld", "sealed", "blind", "untouched",
         "reserved", "hidden", "unread", "unopened", "unnamed", "uncharted",
         "offshore", "sampled", "resampled", "drawn_again", "redrawn",
         "drawn_on")  # in the order in which they were written
OWN_MODELS = (own_models, own_models_later, own_models_hidden, own_models_unread, own_models_unopened, own_models_unnamed,
              own_models_uncharted, own_models_offshore, own_models_sampled, own_models_resampled, own_models_drawn_again,
              own_models_redrawn, own_models_drawn_on)
BUILT_IN = {"mlp", "conv_block", "resnet", "vgg", "mobilenet_v2", "efficientnet", "vit", "bert", "gpt2"}


# ---- builders: entry -> module ---------------------------------------------------------------------------------


class OneOutput(nn.Module):
    """A model that gives a dictionary, and of it one tensor."""

    def __init__(self, model, output):
        super().__init__()
        self.model, self.output = model, output

    def forward(self, x):
        return self.model(x)[self.output]


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
    home = next(home for home in OWN_MODELS if hasattr(home, entry["model"]))
    return getattr(home, entry["model"])(**entry.get("options", {}))


BUILDERS = {"torchvision": from_torchvision, "timm": from_timm, "transformers": from_transformers, "here": from_here}


# ---- exporting -------------------------------------------------------------------------------------------------


def make_inputs(entry, least_batch=1):
    inputs = []
    for one in entry["inputs"]:
        sizes = [max(least_batch, one["sizes"][0])] + one["sizes"][1:]
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
            inputs = make_inputs(entry, least_batch=2)
            return torch.export.export(model, inputs, dynamic_shapes=shapes, strict=False), True
        except Exception as problem:  # any: the exporter's ways to fail are many
            print(f"  {entry['name']}: no symbolic batch: {str(problem).strip().splitlines()[0][:150]}", file=sys.stderr)
    return torch.export.export(model, make_inputs(entry), strict=False), False


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
