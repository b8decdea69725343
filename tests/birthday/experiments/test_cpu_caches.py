"""Sizes of the CPU caches as reported by Linux and macOS."""

import subprocess

from pigeonhole.birthday.experiments import cpu_caches


def test_caches_on_linux(tmp_path, monkeypatch):
    for number, (cache_type, level, size) in enumerate(
        (("Data", 1, "48K"), ("Instruction", 1, "32K"), ("Unified", 2, "2048K"))
    ):
        folder = tmp_path / f"index{number}"
        folder.mkdir()
        for name, text in (("type", cache_type), ("level", level), ("size", size)):
            (folder / name).write_text(f"{text}\n")
    monkeypatch.setattr(cpu_caches, "LINUX_FOLDER", tmp_path)
    monkeypatch.setattr(cpu_caches.sys, "platform", "linux")
    assert cpu_caches.cache_bytes() == {1: 48 * 2**10, 2: 2**21}
    monkeypatch.setattr(cpu_caches, "LINUX_FOLDER", tmp_path / "missing")
    assert cpu_caches.cache_bytes() == {}


def test_caches_on_macos(monkeypatch):
    output = {"hw.l1dcachesize": "65536\n", "hw.l2cachesize": "4194304\n"}

    def run(command, **_):
        return subprocess.CompletedProcess(command, 0, output.get(command[-1], ""))

    monkeypatch.setattr(cpu_caches.sys, "platform", "darwin")
    monkeypatch.setattr(cpu_caches.subprocess, "run", run)
    assert cpu_caches.cache_bytes() == {1: 2**16, 2: 2**22}
