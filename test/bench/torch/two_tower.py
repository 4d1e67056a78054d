"""Two towers: user id and mean of the history, item id; in-batch softmax with temperature and logQ correction."""

import torch
import torch.nn.functional as F
from torch import nn


class Model(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.temperature = problem.settings["temperature"]
        self.user = problem.embedding("userEmbedding")
        self.item = problem.embedding("itemEmbedding", padding_idx=0)
        table = problem.weights["historyEmbedding"]
        self.history = nn.EmbeddingBag(*table.shape, mode="mean", padding_idx=0)
        with torch.no_grad():
            self.history.weight.copy_(table)
        self.user_tower = nn.Sequential(problem.linear("user0"), nn.ReLU(), problem.linear("user1"))
        self.item_tower = nn.Sequential(problem.linear("item0"), nn.ReLU(), problem.linear("item1"))

    def loss(self, batch):
        joined = torch.cat([self.user(batch["users"]), self.history(batch["history"])], 1)
        users = F.normalize(self.user_tower(joined))
        items = F.normalize(self.item_tower(self.item(batch["items"])))
        logits = users @ items.T / self.temperature - batch["logQ"]
        return F.cross_entropy(logits, torch.arange(len(users)))
