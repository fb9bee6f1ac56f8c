"""What ``metalearn course`` does: copies of the notebooks, a look at the machine, progress, and exports for graders."""

import argparse
from dataclasses import asdict

from metalearn._files import write_atomically
from metalearn.cli.checks import output_file, output_folder, unread
from metalearn.cli.commands import Result


def copy(options: argparse.Namespace) -> Result:
    """Put the notebooks into a folder of the user's."""
    from metalearn.course.copies import write_new

    files = _files(options.language)
    output_folder(options.folder)
    write_new(files, options.folder)
    return {"folder": str(options.folder), "notebooks": sum(name.endswith(".ipynb") for name in files)}


def _files(language: str) -> dict[str, bytes]:
    from metalearn._front_ends import front_ends
    from metalearn.course.edition import course_files

    return course_files(front_ends() / "notebooks", language)


def reset(options: argparse.Namespace) -> Result:
    """Put one notebook of a copy back as it was, and keep the student's beside it."""
    from metalearn.course.copies import find_notebook, reset_notebook

    files = _files(options.language)
    name = find_notebook(files, options.notebook)
    kept = reset_notebook(name, files[name], options.folder)
    return {"notebook": str(options.folder / name), "yours": None if kept is None else str(kept)}


def check(options: argparse.Namespace) -> Result:
    """Look whether this machine is ready for the course."""
    from metalearn.course.preflight import look

    findings = list(look(options.data_dir))
    return {"ready": not any(found.needed for found in findings), "findings": [asdict(found) for found in findings]}


def progress(options: argparse.Namespace) -> Result:
    """Say what the student has done, also on a page; or forget it."""
    from metalearn._front_ends import front_ends
    from metalearn.course.progress import forget, progress_file, read_progress
    from metalearn.course.progress_page import as_page
    from metalearn.course.summary import by_notebook

    if options.html:
        output_file(options.html, ".html")
    else:
        unread(options, "progress without --html", "language")
    if options.reset:
        forget()
    rows = by_notebook(front_ends() / "notebooks", read_progress())
    if options.html:
        write_atomically(options.html, as_page(rows, options.language).encode(), mode=0o600)
    return {"file": str(progress_file()), "page": options.html and str(options.html), "notebooks": rows}


def export(options: argparse.Namespace) -> Result:
    """Write the checked exercises as assignments for a grader."""
    from metalearn._front_ends import front_ends
    from metalearn.course.assignments import assignment_files
    from metalearn.course.copies import write_new

    files = assignment_files(front_ends() / "notebooks", options.grader)
    output_folder(options.folder)
    write_new(files, options.folder)
    return {"for": options.grader, "folder": str(options.folder), "assignments": sorted(files)}
