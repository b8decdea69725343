"""A Slurm of one node, started from Debian's packages and stopped again.

It keeps everything, the configuration too, in a folder of its own: Snakemake's plugin
asks a dead controller for ten seconds wherever it finds /etc/slurm/slurm.conf.
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
    Use it as a context manager; `environment` is what its commands need.

    Parameters
    ----------
    folder : Path
        Short, since a socket's path has at most 107 characters.
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
            _wait(lambda: self.ask("sinfo", "--noheader", "-o", "%T").strip() == "idle")
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

    def ask(self, *command):
        """Return what one of Slurm's commands prints."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            command, check=False, env=environment, capture_output=True, text=True
        )
        return done.stdout

    def _wrap_commands(self):
        """Jobs lose all variables that begin with SLURM, but keep PATH."""
        (self.folder / "bin").mkdir()
        for name in COMMANDS:
            command = self.folder / "bin" / name
            command.write_text(
                "#!/bin/sh\n"
                f'SLURM_CONF="{self.folder}/slurm.conf" exec {_found(name)} "$@"\n'
            )
            command.chmod(0o755)

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
                    [_found(name), *arguments],
                    env={**os.environ, "SLURM_CONF": f"{self.folder}/slurm.conf"},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                )
            )


def installed():
    """Return whether this machine has all that a cluster needs."""
    return all(map(_found, (*DAEMONS, *COMMANDS)))


def _found(name):
    # Debian keeps daemons where only root looks for commands.
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait(ready, seconds=30):
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "Slurm doesn't come up"
        time.sleep(0.1)
