"""Full-ranking evaluation as RecBole does it: score a batch of users, forbid what they have seen, take the best."""

import torch

# Scores made at once: the fastest of several sizes here. More, and every matrix is new memory from the system.
BLOCK_SCORES = 2**21


class Ranking:
    def __init__(self, problem):
        self.k = problem.settings["k"]
        self.users, self.items = problem.weights["users"], problem.weights["items"]
        self.batch_size = max(1, BLOCK_SCORES // len(self.items))
        seen = problem.batches[0]
        offsets, self.columns = seen["offsets"], seen["columns"]
        self.rows = torch.repeat_interleave(torch.arange(len(self.users)), offsets.diff())
        self.offsets = offsets.tolist()

    @torch.inference_mode()
    def run(self):
        """Returns a number that depends on every item and score found."""
        found, columns = [], []
        for start in range(0, len(self.users), self.batch_size):
            users = self.users[start : start + self.batch_size]
            scores = users @ self.items.T
            seen = slice(self.offsets[start], self.offsets[start + len(users)])
            scores[self.rows[seen] - start, self.columns[seen]] = -torch.inf
            best = scores.topk(self.k)
            found.append(best.values)
            columns.append(best.indices)
        return (torch.cat(found) * (1 + torch.cat(columns) / len(self.items))).mean().item()


class TargetRanking(Ranking):
    """The places of held-out items among all that users have not seen, and the mean NDCG."""

    def __init__(self, problem):
        super().__init__(problem)
        self.targets = problem.batches[0]["targets"]

    @torch.inference_mode()
    def run(self):
        gains = []
        for start in range(0, len(self.users), self.batch_size):
            users = self.users[start : start + self.batch_size]
            scores = users @ self.items.T
            seen = slice(self.offsets[start], self.offsets[start + len(users)])
            scores[self.rows[seen] - start, self.columns[seen]] = -torch.inf
            own = scores.gather(1, self.targets[start : start + len(users)].long())
            for target in own.unbind(1):
                places = 1 + (scores > target[:, None]).sum(1)
                gains.append(torch.where(places <= self.k, 1 / torch.log2(places + 1), 0).sum())
        ideal = (1 / torch.log2(torch.arange(2, 2 + min(self.k, self.targets.shape[1])))).sum()
        return (torch.stack(gains).sum() / ideal / len(self.users)).item()
