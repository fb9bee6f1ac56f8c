"""Showing the result of a subcommand as text."""

import sys

from metalearn.cli.commands import BLOCKS, SHADES, Result


def fields(result: Result) -> str:
    """Return one line per field; nested results are indented."""
    lines: list[str] = []
    for name, value in result.items():
        if isinstance(value, dict):
            lines += [f"{name}:", *("  " + line for line in fields(value).split("\n"))]
        else:
            lines.append(f"{name:20} {value:.4f}" if isinstance(value, float) else f"{name:20} {value}")
    return "\n".join(lines)


def rows(result: Result) -> str:
    """Return one line per result: the mean with its interval, then what it is of."""
    from metalearn.evaluation.tables import CIRCUMSTANCES

    hidden = {"mean", "ci95", *CIRCUMSTANCES}
    lines = [
        _with_interval(row["mean"], row["ci95"])
        + "  ".join(f"{name} {value}" for name, value in row.items() if name not in hidden)
        for row in result["rows"]
    ]
    return "\n".join([*lines, f"written to {result['output']}"])


def _with_interval(mean: float | None, ci95: float | None) -> str:
    """Return a mean and half of its interval; a single task or group has none."""
    numbers = ["       –" if mean is None else f"{mean:8.4f}", "         " if ci95 is None else f" ± {ci95:.4f}"]
    return "".join(numbers) + "  "


def benchmark(result: Result) -> str:
    """Return the machine, then one line per case, and below it one line for each other way to do the same."""
    lines = [", ".join(f"{name} {value}" for name, value in result["machine"].items())]
    lines += [f"{row['size']:8,} {row['grows']}: {row['ms']:.1f} ms a meta-step" for row in result["growth"]]
    for row in result["rows"]:
        if result["scale"]:
            lines.append(f"{row['tasks']:8,} tasks: {row['ms_a_task']:.2f} ms a task, at most {row['peak_mb']:,} MB")
            continue
        aim = f", aim {row['target']:.2f} times" if row["target"] else ""
        aim += f", aim {row['target_s']:g} s" if row["target_s"] else ""
        aim += {True: ": reached", False: ": missed", None: ""}[row.get("reached")]
        limit = f", {row['share_of_limit']:.0%} of the limit" if "share_of_limit" in row else ""
        lines.append(f"{row['kit_s']:9.4f} s  {row['case']}{aim}{limit}")
        lines += [f"{o['s']:9.4f} s  {o['ratio']:6.2f} times as long: {name}" for name, o in row["others"].items()]
    return "\n".join(lines)


def course(result: Result) -> str:
    """Say where the notebooks are, and how to open them."""
    return f"{result['notebooks']} notebooks are in {result['folder']}; open them with: jupyter lab {result['folder']}"


def course_reset(result: Result) -> str:
    """Say that a notebook is as it was, and where the student's is."""
    yours = f"; yours is now {result['yours']}" if result["yours"] else ""
    return f"{result['notebook']} is as it came{yours}"


def course_check(result: Result) -> str:
    """Return one line per finding, and below it what to do about it."""
    lines = []
    for found in result["findings"]:
        mark = "✗" if found["needed"] else "!" if found["do"] else "✓"
        lines.append(f"{mark} {found['what']}: {found['found']}")
        lines += [f"  → {found['do']}"] * bool(found["do"])
    return "\n".join([*lines, "ready" if result["ready"] else "not ready: see the lines with ✗"])


def course_progress(result: Result) -> str:
    """Return a row per notebook: how many of its checked exercises and questions are done."""
    lines = [f"{'notebook':34}{'exercises':12}quiz"]
    for row in result["notebooks"]:
        done = [_done(row[what]) for what in ("exercises", "quiz")]
        lines.append(f"{row['notebook']:34}{done[0]:12}{done[1]}".rstrip())
    lines += [f"as a page: {result['page']}"] * bool(result["page"])
    return "\n".join([*lines, f"kept in {result['file']}, and nowhere else"])


def _done(states: dict[str, str]) -> str:
    return f"{list(states.values()).count('done')} of {len(states)}" if states else "–"


def course_export(result: Result) -> str:
    """Say where the assignments are, and what the grader makes of them."""
    place = result["folder"]
    then = {
        "nbgrader": f"in {place}: nbgrader generate_assignment NAME",
        "otter": f"otter assign {place}/NAME.ipynb OUTPUT",
    }
    return f"{len(result['assignments'])} assignments are in {place}; then, {then[result['for']]}"


def exported(result: Result) -> str:
    """Say what was written, and how far its answers are from the learner's."""
    return (
        f"{result['output']}: {result['bytes']:,} bytes, names {len(result['classes'])} classes; "
        f"its probabilities differ from the learner's by {result['largest_difference']:.1e} at most"
    )


def trajectory(result: Result) -> str:
    """Return the learner and its classes, then one line per step."""
    lines = [
        f"{result['learner']} on {', '.join(result['characters'])}",
        f"{result['data']}, {result['shots']} shots, {result['queries']} queries a class, seed {result['seed']}",
        "step  support loss  query accuracy",
    ]
    for step, row in enumerate(result["steps"]):
        lines.append(f"{step:4}  {row['support_loss']:12.4f}  {row['query_accuracy']:14.1%}")
    return "\n".join(lines)


def answers(result: Result) -> str:
    """Return one line per image, and below them how far "none of these" can be trusted."""
    longest = max(len(row["file"]) for row in result["answers"])
    lines = []
    for row in result["answers"]:
        nearest = f" (nearest: {row['nearest']})" if row["answer"] != row["nearest"] else ""
        lines.append(f"{row['file']:{longest}}  {row['probability']:4.0%}  {row['answer']}{nearest}")
    limit = result["none_of_these"]
    lines.append(
        f'"none of these": on {limit["measured_on"]}, {limit["known_refused"]:.0%} of images of the classes were '
        f"wrongly called so, and {limit['unknown_accepted']:.0%} of others were not"
    )
    return "\n".join(lines)


def preview(result: Result) -> str:
    """Return what was read of a folder, in numbers, and then the pictures; or the pictures alone."""
    if "classes" not in result:
        return _drawn(result["picture"])
    lines = [f"{result['source']}: {result['images']:,} images in {len(result['classes']):,} classes"]
    lines += [f"  {name}: put together from {', '.join(places)}" for name, places in result["put_together"].items()]
    for entry in result["left_out"]:
        lines.append(f"  {entry['count']:,} left out, {entry['files'][0]!r} for one: {entry['why']}")
    return "\n".join([*lines, "", _drawn(result["picture"])])


def _drawn(picture: str) -> str:
    """Return a picture; with plain letters for a terminal that has no blocks."""
    try:
        (BLOCKS + SHADES).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return picture.translate(str.maketrans(BLOCKS + SHADES, " '.#" + " .:%#"))
    return picture
