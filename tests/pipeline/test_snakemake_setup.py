"""Outputs of jobs are backed up and restored without copies."""

from types import SimpleNamespace

import pytest

from pigeonhole.pipeline.snakemake_setup import link_backups


@pytest.fixture
def records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workflow = SimpleNamespace(local_exec=True)
    dag = SimpleNamespace(workflow=workflow)
    records = SimpleNamespace(path=tmp_path / ".snakemake", dag=dag)
    link_backups(records)
    return records


def test_a_file_is_restored_with_its_time(records, tmp_path):
    output = tmp_path / "results" / "mosaic.png"
    output.parent.mkdir()
    output.write_text("good")
    before = output.stat()
    records.backup_output(output)
    draft = tmp_path / "draft"
    draft.write_text("bad")
    draft.replace(output)
    assert records.restore_output(output)
    assert output.read_text() == "good"
    assert output.stat().st_mtime_ns == before.st_mtime_ns
    assert not records.restore_output(output)


def test_a_folder_is_restored_even_after_a_killed_run(records, tmp_path):
    folder = tmp_path / "mosaic_files"
    (folder / "0").mkdir(parents=True)
    (folder / "0" / "tile.png").write_text("good")
    for _ in range(2):
        # The first backup stays, as if its job was killed.
        records.backup_output(folder)
    (folder / "0" / "tile.png").unlink()
    (folder / "new.png").touch()
    assert records.restore_output(folder)
    assert [path.name for path in folder.rglob("*.png")] == ["tile.png"]


def test_on_a_cluster_another_process_restores_outputs(records, tmp_path):
    output = tmp_path / "mosaic.png"
    output.write_text("good")
    records.dag.workflow.local_exec = False
    assert records.restore_output(output)
    assert not records.restore_output(tmp_path / "missing.png")
    assert output.read_text() == "good"


def test_file_systems_without_hard_links(records, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("not supported")

    monkeypatch.setattr("os.link", refuse)
    output = tmp_path / "mosaic.png"
    output.write_text("good")
    records.backup_output(output)
    output.write_text("bad")
    assert records.restore_output(output)
    assert output.read_text() == "good"
