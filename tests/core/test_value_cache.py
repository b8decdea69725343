"""Tests for the cache of small values."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from pigeonhole.core import value_cache
from pigeonhole.core.value_cache import ValueCache, value_key


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "values.sqlite"


def put(path, **values):
    with ValueCache(path) as cache:
        for key, value in values.items():
            cache.put(key, value)


def get(path, *keys):
    with ValueCache(path) as cache:
        return [cache.get(key) for key in keys]


def test_values_are_kept(path):
    with ValueCache(path) as cache:
        cache.put("a", b"1")
        assert cache.get("a") == b"1"
    put(path, a=b"2", b=b"")
    assert get(path, "a", "b", "c") == [b"2", b"", None]


def test_without_a_file_values_are_kept_for_a_while(monkeypatch):
    monkeypatch.setattr(value_cache, "WRITE_INTERVAL", 0)
    with ValueCache(None) as cache:
        cache.put("a", b"1")
        assert cache.get("a") == b"1"
    with ValueCache(None) as cache:
        assert cache.get("a") is None


def test_keys_depend_on_all_facts():
    facts = [("a", 1), ("a", "1"), ("a",), ("a", 1, None), ("a", [1])]
    assert len({value_key(*each) for each in facts}) == len(facts)


def test_a_killed_process_loses_only_the_last_values(path, monkeypatch):
    monkeypatch.setattr(value_cache, "WRITE_INTERVAL", 0)
    killed = ValueCache(path)
    killed.put("a", b"1")
    monkeypatch.setattr(value_cache, "WRITE_INTERVAL", 60)
    killed.put("b", b"2")
    assert get(path, "a", "b") == [b"1", None]
    killed.close()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" * 99])
def test_a_damaged_file_is_replaced(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    put(path, a=b"1")
    assert get(path, "a") == [b"1"]


def test_damage_in_the_middle_loses_values_only(path):
    values = {f"key-{number}": bytes([number]) * 5000 for number in range(40)}
    put(path, **values)
    content = bytearray(path.read_bytes())
    for position in range(5000, len(content), 7000):
        content[position] ^= 255
    path.write_bytes(content)
    found = get(path, *values)
    for value, expected in zip(found, values.values(), strict=True):
        assert value in (None, expected)
    assert None in found
    put(path, **values)
    put(path, **values)
    assert get(path, *values) == list(values.values())


def test_a_folder_in_its_place_changes_nothing(path):
    path.mkdir(parents=True)
    put(path, a=b"1")
    assert get(path, "a") == [None]


def test_other_content_of_the_file_is_no_value(path):
    put(path, a=b"1")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE cached SET value = 'text'")
    database.close()
    assert get(path, "a") == [None]


def test_the_least_recently_used_values_are_deleted(path, monkeypatch):
    monkeypatch.setattr(value_cache, "USE_INTERVAL", -1)
    for number in range(20):
        put(path, **{f"key-{number}": bytes(10_000)})
    assert get(path, "key-3") == [bytes(10_000)]
    with ValueCache(path, 100_000):
        pass
    left = [name for name in range(20) if get(path, f"key-{name}") != [None]]
    assert left[0] == 3
    assert left[1:] == list(range(20 - len(left) + 1, 20))
    assert 5 < len(left) < 12


def test_threads_and_processes_share_it(path, monkeypatch):
    monkeypatch.setattr(value_cache, "WRITE_INTERVAL", 0)
    with ValueCache(path) as first, ValueCache(path) as second:

        def work(number):
            cache = (first, second)[number % 2]
            cache.put(f"key-{number}", bytes([number]))
            return cache.get(f"key-{number}")

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(work, range(40))) == [bytes([n]) for n in range(40)]
    assert get(path, "key-0", "key-39") == [b"\0", bytes([39])]
