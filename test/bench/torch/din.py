"""DIN (Zhou et al., 2018): an MLP looks at target and history item together and weighs the history; Dice in the head."""

import torch
import torch.nn.functional as F
from torch import nn

DICE_EPSILON = 1e-9


class Dice(nn.Module):
    def __init__(self, problem, name):
        super().__init__()
        self.alpha = problem.parameter(f"{name}/alpha")
        self.norm = nn.BatchNorm1d(self.alpha.shape[0], eps=DICE_EPSILON, affine=False)

    def forward(self, x):
        gate = torch.sigmoid(self.norm(x))
        return gate * x + (1 - gate) * self.alpha * x


class Model(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.item = problem.embedding("itemEmbedding", padding_idx=0)
        self.attention = nn.Sequential(
            problem.linear("attention0"),
            nn.Sigmoid(),
            problem.linear("attention1"),
            nn.Sigmoid(),
            problem.linear("attention2"),
        )
        self.head = nn.Sequential(
            problem.linear("head0"),
            Dice(problem, "head0"),
            problem.linear("head1"),
            Dice(problem, "head1"),
            problem.linear("head2"),
        )

    def loss(self, batch):
        history = batch["history"]
        target, keys = self.item(batch["target"]), self.item(history)
        query = target.unsqueeze(1).expand_as(keys)
        logits = self.attention(torch.cat([query, keys, query - keys, query * keys], -1)).squeeze(-1)
        logits = logits / keys.shape[-1] ** 0.5
        weights = torch.softmax(logits.masked_fill(history == 0, -torch.inf), dim=1)
        interest = torch.bmm(weights.unsqueeze(1), keys).squeeze(1)

        logit = self.head(torch.cat([interest, target, interest * target], 1)).squeeze(-1)
        return F.binary_cross_entropy_with_logits(logit, batch["labels"])
