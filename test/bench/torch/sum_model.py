"""SUM (Lian et al., 2021) as Microsoft Recommenders computes it: a cell called step by step, then query attention."""

import torch
import torch.nn.functional as F
from torch import nn

BATCH_NORM_EPSILON = 1e-4


class SumCell(nn.Module):
    def __init__(self, problem, name):
        super().__init__()
        self.heads = problem.parameter(f"{name}/heads")
        self.erase = problem.linear(f"{name}/erase")
        self.reset = problem.linear(f"{name}/reset")
        self.add = problem.linear(f"{name}/add")
        self.alpha = problem.parameter(f"{name}/alpha")
        self.beta = problem.parameter(f"{name}/beta")

    def forward(self, x, last, memory, highway):
        attention = torch.softmax(self.beta * (x @ self.heads.T), dim=1)
        read = ((attention.unsqueeze(-1) * memory).sum(1) + highway) / 2
        similarity = (normalized(last) * normalized(x)).sum(1, keepdim=True)
        gate = self.alpha**similarity
        joined = torch.cat([x, read], 1)
        reset = torch.sigmoid(self.reset(joined))
        erase = torch.sigmoid(self.erase(joined))
        content = torch.tanh(self.add(torch.cat([x, reset * read], 1)))
        write = (gate * attention).unsqueeze(-1)
        written = erase * content
        memory = memory * (1 - write * erase.unsqueeze(1)) + write * written.unsqueeze(1)
        highway = highway * (1 - gate * erase) + gate * written
        return memory, highway


def normalized(x):
    return x * torch.rsqrt((x * x).sum(1, keepdim=True).clamp_min(1e-12))


class Model(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.item = problem.embedding("itemEmbedding", padding_idx=0)
        self.category = problem.embedding("categoryEmbedding", padding_idx=0)
        self.cell = SumCell(problem, "cell")
        self.query = problem.parameter("query/kernel")
        self.head = nn.Sequential(
            problem.linear("head0"),
            problem.batch_norm("head0/norm", BATCH_NORM_EPSILON),
            nn.ReLU(),
            problem.linear("head1"),
            problem.batch_norm("head1/norm", BATCH_NORM_EPSILON),
            nn.ReLU(),
            problem.linear("head2"),
        )

    def loss(self, batch):
        history = torch.cat([self.item(batch["history"]), self.category(batch["categories"])], -1)
        memory = self.memories(history, batch["lengths"])

        # Each history is read once for all of its candidates: the positive, then the negatives.
        query = torch.cat([self.item(batch["candidates"]), self.category(batch["candidateCategories"])], -1)
        logits = query @ (memory @ self.query).transpose(1, 2)
        user = torch.softmax(logits, dim=-1) @ memory
        scores = self.head(torch.cat([user, query], -1).flatten(0, 1)).view(query.shape[:2])
        return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))

    def memories(self, history, lengths):
        """The memory slots and the highway after the last real step."""
        size, length, width = history.shape
        slots, hidden = self.cell.heads.shape[0], self.cell.erase.out_features
        memory = history.new_zeros(size, slots, hidden)
        highway = history.new_zeros(size, hidden)
        last = history.new_zeros(size, width)
        shortest = int(lengths.min())
        for t in range(length):
            x = history[:, t]
            new_memory, new_highway = self.cell(x, last, memory, highway)
            if t >= shortest:  # as TensorFlow's dynamic_rnn: past the end of a history its state is copied through
                goes_on = (t < lengths).unsqueeze(-1)
                new_memory = torch.where(goes_on.unsqueeze(-1), new_memory, memory)
                new_highway = torch.where(goes_on, new_highway, highway)
            memory, highway, last = new_memory, new_highway, x
        return torch.cat([memory, highway.unsqueeze(1)], 1)
