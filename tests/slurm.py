"""A Slurm cluster of one node, from Debian's packages.

All its files are in a temporary folder. If there were a configuration in /etc/slurm,
Snakemake's plugin would wait ten seconds for a controller that isn't running.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

CONF = """\
ClusterName=single
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
OverTimeLimit=0
MinJobAge=600
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=500
"""
DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo", "sacct")


class Slurm:
    """
    A context manager that starts the daemons and stops them.

    Parameters
    ----------
    folder : Path
        Its path must be short because that of a socket has at most 107 characters.

    Attributes
    ----------
    environment : dict
        Environment variables for Slurm's commands.
    """

    def __init__(self, folder):
        self.folder = folder
        self.environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}"}
        self._daemons = []

    def __enter__(self):
        for name in ("spool", "state"):
            (self.folder / name).mkdir(parents=True)
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        self.folder.chmod(0o755)
        (self.folder / "slurm.conf").write_text(self._conf())
        self._wrap_commands()
        try:
            self._start(
                "munged",
                "--foreground",
                "--force",
                f"--key-file={key}",
                f"--socket={self.folder}/munge.socket",
                f"--pid-file={self.folder}/munge.pid",
                f"--log-file={self.folder}/munge.log",
                f"--seed-file={self.folder}/munge.seed",
            )
            _wait((self.folder / "munge.socket").exists)
            self._start("slurmctld", "-D")
            self._start("slurmd", "-D")
            _wait(
                lambda: (
                    self.output_of("sinfo", "--noheader", "-o", "%T").strip() == "idle"
                )
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for daemon in reversed(self._daemons):
            daemon.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(10)
            daemon.kill()
            daemon.wait()

    def output_of(self, *command):
        """Run one of Slurm's commands and return its output."""
        environment = {**os.environ, **self.environment}
        process = subprocess.run(
            command, check=False, env=environment, capture_output=True, text=True
        )
        return process.stdout

    def _wrap_commands(self):
        """
        Create commands that set SLURM_CONF.

        Jobs lose all variables that begin with SLURM, but keep PATH.
        """
        (self.folder / "bin").mkdir()
        for name in COMMANDS:
            script = self.folder / "bin" / name
            variable = f'SLURM_CONF="{self.folder}/slurm.conf"'
            command = f'{variable} exec {_find_command(name)} "$@"'
            script.write_text(f"#!/bin/sh\n{command}\n")
            script.chmod(0o755)

    def _conf(self):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        return CONF.format(
            folder=self.folder,
            host=socket.gethostname().partition(".")[0],
            user=Path.home().owner(),
            control=_free_port(),
            node=_free_port(),
            cores=os.cpu_count(),
            memory=memory - 1024,
        )

    def _start(self, name, *arguments):
        with (self.folder / f"{name}.out").open("wb") as out:
            self._daemons.append(
                subprocess.Popen(
                    [_find_command(name), *arguments],
                    env={**os.environ, "SLURM_CONF": f"{self.folder}/slurm.conf"},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                )
            )


def slurm_is_installed():
    """Return whether all daemons and commands are installed."""
    return all(map(_find_command, (*DAEMONS, *COMMANDS)))


def _find_command(name):
    # Debian installs daemons in a folder that is in the PATH of root only.
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def _free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def _wait(is_ready, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_ready():
        assert time.monotonic() < deadline, "Slurm doesn't start"
        time.sleep(0.1)
