# SPDX-License-Identifier: Apache-2.0
"""Makes the file that bench_import reads: about 1,500 nodes, 300 MB of weights, a symbolic batch.

    .venv/bin/python bench/make_large_export.py build/large.pt2
"""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.before(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width)
        x = x + self.out(y)
        return x + self.down(F.gelu(self.up(self.between(x))))


class Blocks(nn.Module):
    def __init__(self, blocks, width, heads):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


def main():
    path = sys.argv[1] if len(sys.argv) == 2 else sys.exit("usage: make_large_export.py FILE.pt2")
    torch.manual_seed(0)
    model = Blocks(blocks=100, width=256, heads=8).eval()
    x = torch.randn(2, 64, 256)
    program = torch.export.export(model, (x,), dynamic_shapes={"x": {0: torch.export.Dim("batch")}}, strict=False)
    torch.export.save(program, path)
    nodes = sum(1 for node in program.graph.nodes if node.op == "call_function")
    megabytes = sum(one.numel() * one.element_size() for one in model.parameters()) / 1e6
    print(f"{path}: {nodes} nodes, {megabytes:.0f} MB of weights")


if __name__ == "__main__":
    main()
