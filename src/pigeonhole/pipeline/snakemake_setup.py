"""Adapt Snakemake to this workflow: Python, failed jobs, and names of files.

`workflow/rules/common.smk` calls these functions in every process of a run. Each works
around a limitation of Snakemake 9, which its docstring names.
"""

import hashlib
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from pigeonhole.photos.files import is_utf8

SPECIAL = re.compile(r"[{}<>\x00-\x1f\x7f]|^\s|\s$|^\./|//")
"""What Snakemake takes for a wildcard or a path variable, or warns about."""


class ShellPath(str):
    """A path that quotes itself for the shell when it is formatted."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return format(shlex.quote(str(self)), spec)


def quote_python() -> None:
    """Quote Python's path in the commands of scripts, which Snakemake doesn't."""
    sys.executable = ShellPath(sys.executable)


def rerun_failed_jobs() -> None:
    """
    Mark the outputs of failed jobs as incomplete, so that the next run makes them.

    Outputs with the flag `update` are restored when a job fails. Snakemake records the
    new parameters for them nevertheless, as if the job had succeeded, and would take
    the old results for current ones.
    """
    from snakemake.jobs import Job  # type: ignore[import-untyped]

    original = Job.postprocess
    if getattr(original, "marks_failed_jobs", False):
        return

    async def postprocess(
        job: Any, *args: Any, error: bool = False, **more: Any
    ) -> None:
        failed = True
        try:
            await original(job, *args, error=error, **more)
            failed = error
        finally:
            if failed:
                records = job.dag.workflow.persistence
                records.cleanup(job)
                records.started(job)

    postprocess.marks_failed_jobs = True  # type: ignore[attr-defined]
    Job.postprocess = postprocess


def link_backups(records: Any) -> None:
    """
    Use hard links for Snakemake's backups of the outputs of running jobs.

    Its own are copies, which need time and space, so that a full disk would end in a
    traceback; and it fails if a killed run left the backup of a folder. Links are
    enough because our scripts replace files and never write into them.

    Parameters
    ----------
    records : snakemake.persistence.PersistenceBase
        The run's records, in its folder .snakemake.
    """

    def backup_of(path: Path) -> Path:
        # The same as in Snakemake, which deletes the backups of complete outputs.
        return Path(records.path, "backups", path.relative_to(path.anchor))

    def backup_output(path: Path) -> None:
        backup = backup_of(path)
        _remove(backup)
        backup.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, backup, copy_function=_link)
        else:
            _link(path, backup)

    def restore_output(path: Path) -> bool:
        backup = backup_of(path)
        if not backup.exists():
            # On a cluster, the process that ran the job has restored its outputs.
            return not records.dag.workflow.local_exec and path.exists()
        _remove(path)
        # Results may be on another disk.
        shutil.move(backup, path)
        return True

    records.backup_output, records.restore_output = backup_output, restore_output


def _link(source: Path | str, target: Path | str) -> None:
    try:
        os.link(source, target)
    except OSError:
        # Not all file systems have hard links.
        shutil.copy2(source, target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def linked(path: str, folder: Path) -> str:
    """
    Return a path without special characters for a file, for Snakemake's inputs.

    If Snakemake can't handle the path itself, this is a symbolic link in `folder`.
    """
    if not SPECIAL.search(path) and is_utf8(path):
        return path
    target = Path(path).absolute()
    link = folder / hashlib.sha256(os.fsencode(path)).hexdigest()[:32]
    if not (link.is_symlink() and link.readlink() == target):
        folder.mkdir(parents=True, exist_ok=True)
        # Several jobs may read this file at the same time.
        draft = folder / f"{link.name}-{os.getpid()}"
        draft.symlink_to(target)
        draft.replace(link)
    return link.as_posix()
