"""The PyTorch side of the benchmark.

    python peer.py WORK FOLDER THREADS [torch|torch-compiled]

Loads the problem in FOLDER and answers each line of its input: a number of steps to take within some time, as
{"steps": 5, "seconds": 3}, with the milliseconds and the loss of each and the processor time that passed in and between
the blocks of steps. Between them it waits for input, so that the other side has the machine for itself.
"""

import importlib
import json
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(f"It has no PyTorch. This installs it: {sys.executable} -m pip install torch==2.13.0 numpy")

from problem import Problem

MODULES = {"sum": "sum_model", "twotower": "two_tower"}
RANKINGS = {"evaluation", "evaluation100k"}
TARGETS = {"targets", "targets100k"}


def training(work, problem, compiles):
    """A function that takes one optimizer step and returns the loss before it."""
    model = importlib.import_module(MODULES.get(work, work)).Model(problem)
    optimizer = torch.optim.Adam(model.parameters(), lr=problem.settings["learningRate"])
    loss_of = torch.compile(model.loss) if compiles else model.loss
    taken = 0

    def step():
        nonlocal taken
        batch = problem.batches[taken % len(problem.batches)]
        taken += 1
        optimizer.zero_grad()
        loss = loss_of(batch)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def answer(message):
    print(json.dumps(message), flush=True)


def main(work, folder, threads, peer="torch"):
    torch.set_num_threads(int(threads))
    problem = Problem(folder)
    if work in RANKINGS:
        from ranking import Ranking

        step = Ranking(problem).run
    elif work in TARGETS:
        from ranking import TargetRanking

        step = TargetRanking(problem).run
    else:
        step = training(work, problem, peer == "torch-compiled")
    answer({"ready": torch.__version__, "threads": torch.get_num_threads()})

    idle_since = time.process_time()
    for line in sys.stdin:
        request = json.loads(line)
        started = time.process_time()
        ms, losses = [], []
        block_started = time.perf_counter()
        while not ms or len(ms) < request["steps"] and time.perf_counter() - block_started < request["seconds"]:
            before = time.perf_counter()
            losses.append(step())
            ms.append(1000 * (time.perf_counter() - before))
        ended = time.process_time()
        answer(
            {
                "ms": ms,
                "losses": losses,
                "processorMs": 1000 * (ended - started),
                "idleProcessorMs": 1000 * (started - idle_since),
            }
        )
        idle_since = ended


main(*sys.argv[1:])
