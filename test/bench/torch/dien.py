"""DIEN: GRU over the history, attention of the target over its states, AUGRU, MLP.

As in RecBole, the GRU is nn.GRU and the AUGRU, which torch does not have, is a cell called step by step.
"""

import torch
import torch.nn.functional as F
from torch import nn


class AugruCell(nn.Module):
    """h' = (1 − a·u)∘h + a·u∘n, with the gates of nn.GRU in the order r, u, n."""

    def __init__(self, problem, name):
        super().__init__()
        self.input_weight = nn.Parameter(problem.weights[f"{name}/inputKernel"].T.contiguous())
        self.input_bias = problem.parameter(f"{name}/inputBias")
        self.hidden_weight = nn.Parameter(problem.weights[f"{name}/recurrentKernel"].T.contiguous())
        self.hidden_bias = problem.parameter(f"{name}/recurrentBias")

    def forward(self, x, h, attention):
        gi = F.linear(x, self.input_weight, self.input_bias)
        gh = F.linear(h, self.hidden_weight, self.hidden_bias)
        i_r, i_u, i_n = gi.chunk(3, 1)
        h_r, h_u, h_n = gh.chunk(3, 1)
        reset = torch.sigmoid(i_r + h_r)
        update = torch.sigmoid(i_u + h_u) * attention
        new = torch.tanh(i_n + reset * h_n)
        return (1 - update) * h + update * new


def gru(problem, name):
    kernel = problem.weights[f"{name}/inputKernel"]
    layer = nn.GRU(kernel.shape[0], kernel.shape[1] // 3, batch_first=True)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(kernel.T)
        layer.weight_hh_l0.copy_(problem.weights[f"{name}/recurrentKernel"].T)
        layer.bias_ih_l0.copy_(problem.weights[f"{name}/inputBias"])
        layer.bias_hh_l0.copy_(problem.weights[f"{name}/recurrentBias"])
    return layer


class Model(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.item = problem.embedding("itemEmbedding", padding_idx=0)
        self.interest = gru(problem, "interest")
        self.attention = problem.parameter("attention/kernel")
        self.evolution = AugruCell(problem, "evolution")
        self.head = nn.Sequential(
            problem.linear("head0"), nn.Sigmoid(), problem.linear("head1"), nn.Sigmoid(), problem.linear("head2")
        )

    def loss(self, batch):
        history, lengths = batch["history"], batch["lengths"]
        target = self.item(batch["target"])
        clicked = self.item(history)
        interests, _ = self.interest(clicked)

        logits = torch.bmm(interests, (target @ self.attention).unsqueeze(-1)).squeeze(-1)
        weights = torch.softmax(logits.masked_fill(history == 0, -torch.inf), dim=1)

        # Padding has weight 0, which leaves the state as it is: the last state is that of the last real step.
        evolved = torch.zeros_like(target)
        for t in range(history.shape[1]):
            evolved = self.evolution(interests[:, t], evolved, weights[:, t : t + 1])

        pooled = clicked.sum(1) / lengths.unsqueeze(-1)
        logit = self.head(torch.cat([evolved, target, pooled], 1)).squeeze(-1)
        return F.binary_cross_entropy_with_logits(logit, batch["labels"])
