"""Answers to the exercises of notebook 05, as students give them."""

import torch

from tests.check.answers.registry import SOLUTIONS, right, wrong


def _start(scale, head, ways):
    return {"scale": scale, "head_weight": head[:, None].expand(-1, ways, -1)}


def _started(combine):
    return lambda phi, g, ways: _start(*(combine(phi[n], g[n]) for n in ("scale", "head_weight")), ways)


wrong("task_start", "took the place of φ")(_started(lambda p, g: g))
wrong("task_start", "φ was subtracted")(_started(lambda p, g: g - p))
wrong("task_start", "the offset was subtracted")(_started(lambda p, g: p - g))
wrong("task_start", "the offsets are not used")(_started(lambda p, g: p + 0 * g))
wrong("task_start", "only half of the offset")(_started(lambda p, g: p + g / 2))
wrong("task_start", "averaged over the tasks")(_started(lambda p, g: p + g.mean(0, keepdim=True) + 0 * g))
wrong("task_start", "added up over the tasks")(_started(lambda p, g: p + g.sum(0, keepdim=True) + 0 * g))
wrong("task_start", "offset of the first")(_started(lambda p, g: p + g[:1] + 0 * g))
wrong("task_start", "φ was multiplied by the offset")(_started(lambda p, g: p * g))
wrong("task_start", "divided among the classes")(
    lambda p, g, ways: _start(p["scale"] + g["scale"], (p["head_weight"] + g["head_weight"]) / ways, ways)
)
wrong("task_start", "the head starts at zero")(
    lambda p, g, ways: _start(p["scale"] + g["scale"], 0 * (p["head_weight"] + g["head_weight"]), ways)
)
wrong("task_start", "the head's offset is missing")(
    lambda p, g, ways: _start(p["scale"] + g["scale"], p["head_weight"] + 0 * g["head_weight"], ways)
)
wrong("task_start", "the scale's offset is missing")(
    lambda p, g, ways: _start(p["scale"] + 0 * g["scale"], p["head_weight"] + g["head_weight"], ways)
)
wrong("task_start", "one row for each class")(lambda p, g, ways: {n: p[n] + g[n] for n in p})
wrong("task_start", "one row for each class")(
    lambda p, g, ways: {"scale": p["scale"] + g["scale"], "head_weight": p["head_weight"].expand(3, ways, -1).mT}
)
wrong("task_start", "g could never learn")(
    lambda p, g, ways: SOLUTIONS["task_start"](p, {n: v.detach() for n, v in g.items()}, ways)
)
wrong("task_start", "shared start could never learn")(
    lambda p, g, ways: SOLUTIONS["task_start"]({n: v.detach() for n, v in p.items()}, g, ways)
)
wrong("task_start", "the graph is gone")(_started(lambda p, g: (p + g).detach()))
wrong("task_start", "stay with torch operations")(_started(lambda p, g: torch.from_numpy(p.numpy() + g.numpy())))
wrong("task_start", "make a new one instead")(_started(lambda p, g: p.add_(g[0]) + g))


@wrong("task_start", "φ itself was changed")
def _(phi, offsets, ways):
    phi["scale"].data += offsets["scale"][0]
    return SOLUTIONS["task_start"](phi, offsets, ways)


@wrong("task_start", "rows of the head differ")
def _(phi, offsets, ways):
    start = SOLUTIONS["task_start"](phi, offsets, ways)
    return start | {"head_weight": start["head_weight"] * torch.arange(1, ways + 1)[:, None]}


@right("task_start")
def _(phi, offsets, ways):
    start = {name: torch.stack([p + offset for offset in offsets[name]]) for name, p in phi.items()}
    return start | {"head_weight": torch.stack([start["head_weight"]] * ways, dim=1)}


right("task_start")(
    lambda p, g, ways: {
        "head_weight": (p["head_weight"][None] + g["head_weight"]).unsqueeze(1).repeat(1, ways, 1),
        "scale": g["scale"] + p["scale"],
    }
)
