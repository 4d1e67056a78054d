"""Reads what the benchmark's own side wrote: initial weights and batches, so that both sides compute the same."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

DTYPES = {"int32": np.int32, "float32": np.float32}


class Problem:
    """A folder with tensors.json (name, type, shape, place) and tensors.bin (the values)."""

    def __init__(self, folder):
        description = json.loads(Path(folder, "tensors.json").read_text())
        data = bytearray(Path(folder, "tensors.bin").read_bytes())
        self.settings = description["settings"]
        self.weights = {}
        self.batches = []
        for entry in description["tensors"]:
            dtype, shape = DTYPES[entry["dtype"]], entry["shape"]
            values = np.frombuffer(data, dtype, int(np.prod(shape)), entry["offset"]).reshape(shape)
            if np.issubdtype(dtype, np.integer):
                values = values.astype(np.int64)  # what torch indexes with
            group, name = entry["name"].split(":")
            if group == "weights":
                self.weights[name] = torch.from_numpy(values.copy())
            else:
                number = int(group.removeprefix("batch"))
                while len(self.batches) <= number:
                    self.batches.append({})
                self.batches[number][name] = torch.from_numpy(values.copy())

    def parameter(self, name):
        return nn.Parameter(self.weights[name].clone())

    def linear(self, name):
        """nn.Linear from a kernel [in, out] and a bias."""
        kernel = self.weights[f"{name}/kernel"]
        layer = nn.Linear(*kernel.shape, bias=f"{name}/bias" in self.weights)
        with torch.no_grad():
            layer.weight.copy_(kernel.T)
            if layer.bias is not None:
                layer.bias.copy_(self.weights[f"{name}/bias"])
        return layer

    def embedding(self, name, padding_idx=None):
        table = self.weights[name].clone()
        if padding_idx is not None:
            table[padding_idx] = 0
        return nn.Embedding.from_pretrained(table, freeze=False, padding_idx=padding_idx)

    def layer_norm(self, name, eps):
        gamma = self.weights[f"{name}/gamma"]
        layer = nn.LayerNorm(gamma.shape[0], eps=eps)
        return self._affine(layer, name)

    def batch_norm(self, name, eps):
        gamma = self.weights[f"{name}/gamma"]
        layer = nn.BatchNorm1d(gamma.shape[0], eps=eps)
        return self._affine(layer, name)

    def _affine(self, layer, name):
        with torch.no_grad():
            layer.weight.copy_(self.weights[f"{name}/gamma"])
            layer.bias.copy_(self.weights[f"{name}/beta"])
        return layer
