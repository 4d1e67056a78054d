"""HSTU as src/model/hstu/hstu.ts: biases by position and by the time between items, one negative per position."""

import math

import torch
import torch.nn.functional as F
from torch import nn

EPSILON = 1e-6
BUCKET_WIDTH = 0.301


class Block(nn.Module):
    def __init__(self, problem, name):
        super().__init__()
        self.norm = problem.layer_norm(f"{name}/norm", EPSILON)
        self.projection = problem.linear(f"{name}/projection")
        self.position_bias = problem.parameter(f"{name}/positionBias")
        self.time_bias = problem.parameter(f"{name}/timeBias")
        self.output_norm = problem.layer_norm(f"{name}/outputNorm", EPSILON)
        self.output = problem.linear(f"{name}/output")

    def forward(self, x, places, buckets, visible):
        gate, value, query, key = F.silu(self.projection(self.norm(x))).chunk(4, dim=-1)
        # As in the research code; plain indexing and F.embedding take three times as long in the backward pass.
        time_bias = torch.index_select(self.time_bias, 0, buckets.view(-1)).view(buckets.shape)
        weights = F.silu(query @ key.transpose(1, 2) + self.position_bias[places] + time_bias) * visible
        return x + self.output(gate * self.output_norm(weights @ value))


class Model(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.item = problem.embedding("itemEmbedding", padding_idx=0)
        self.position = problem.parameter("positionEmbedding")
        num_blocks = sum(name.endswith("/projection/kernel") for name in problem.weights)
        self.blocks = nn.ModuleList(Block(problem, f"block{i}") for i in range(num_blocks))
        self.final_norm = problem.layer_norm("finalNorm", EPSILON)
        self.length = self.position.shape[0]
        order = torch.arange(self.length)
        # Biases by position end with that of a position and itself.
        self.register_buffer("places", (self.length - 1 + order - order[:, None]).clamp(max=self.length - 1))
        self.register_buffer("causal", torch.ones(self.length, self.length).tril() / self.length)

    def loss(self, batch):
        items, targets, times = batch["items"], batch["targets"], batch["times"][:, :-1]
        visible = self.causal * (items != 0).float()[:, None, :]
        # Once for all blocks; the research code makes them in each.
        gaps = (times[:, :, None] - times[:, None, :]).abs().clamp(min=1)
        buckets = (gaps.double().log() / BUCKET_WIDTH).long().clamp(max=128)
        x = self.item(items) * math.sqrt(self.item.embedding_dim) + self.position
        for block in self.blocks:
            x = block(x, self.places, buckets, visible)
        states = self.final_norm(x)

        learned = targets != 0
        positive = (states * self.item(targets)).sum(-1)[learned]
        negative = (states * self.item(batch["negatives"])).sum(-1)[learned]
        return F.softplus(-positive).mean() + F.softplus(negative).mean()
