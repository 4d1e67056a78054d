"""SASRec as src/model/sasrec.ts: pre-norm, output projection, padded keys masked, one negative per position."""

import math

import torch
import torch.nn.functional as F
from torch import nn

EPSILON = 1e-8
FORBIDDEN = -1e9


class Block(nn.Module):
    def __init__(self, problem, name):
        super().__init__()
        self.query = problem.linear(f"{name}/attention/query")
        self.key = problem.linear(f"{name}/attention/key")
        self.value = problem.linear(f"{name}/attention/value")
        self.output = problem.linear(f"{name}/attention/output")
        self.attention_norm = problem.layer_norm(f"{name}/attentionNorm", EPSILON)
        self.inner = problem.linear(f"{name}/feedForward/inner")
        self.outer = problem.linear(f"{name}/feedForward/outer")
        self.feed_forward_norm = problem.layer_norm(f"{name}/feedForwardNorm", EPSILON)

    def forward(self, x, mask):
        normed = self.attention_norm(x)
        query, key, value = self.query(normed), self.key(normed), self.value(normed)
        # With one head, F.scaled_dot_product_attention with a mask takes longer than this.
        logits = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
        weights = torch.softmax(logits + mask, dim=-1)
        x = x + self.output(weights @ value)
        return x + self.outer(F.relu(self.inner(self.feed_forward_norm(x))))


class Model(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.item = problem.embedding("itemEmbedding", padding_idx=0)
        self.position = problem.parameter("positionEmbedding")
        num_blocks = sum(name.endswith("/attentionNorm/gamma") for name in problem.weights)
        self.blocks = nn.ModuleList(Block(problem, f"block{i}") for i in range(num_blocks))
        self.final_norm = problem.layer_norm("finalNorm", EPSILON)
        length = self.position.shape[0]
        causal = torch.full((length, length), FORBIDDEN).triu(1)
        self.register_buffer("causal", causal[None])

    def loss(self, batch):
        items, targets = batch["items"], batch["targets"]
        present = (items != 0).unsqueeze(-1).float()
        mask = self.causal + (items == 0).float()[:, None, :] * FORBIDDEN
        x = (self.item(items) * math.sqrt(self.item.embedding_dim) + self.position) * present
        for block in self.blocks:
            x = block(x, mask) * present
        states = self.final_norm(x)

        learned = targets != 0
        positive = (states * self.item(targets)).sum(-1)[learned]
        negative = (states * self.item(batch["negatives"])).sum(-1)[learned]
        return F.softplus(-positive).mean() + F.softplus(negative).mean()
