"""Solution of the checked exercise of notebook 05."""


def task_start(phi, offsets, ways):
    """Return where each task starts: scale [T, C] and head_weight [T, ways, F].

    phi: scale [C], head_weight [F], shared by all tasks; offsets: what g(e_j) adds for each task, [T, C] and [T, F].
    """
    head = phi["head_weight"] + offsets["head_weight"]
    return {"scale": phi["scale"] + offsets["scale"], "head_weight": head[:, None].expand(-1, ways, -1)}
