"""The house stays as it was built: who may import whom, and how long things get."""

from statistics import median

from tests import structure


def test_there_are_twelve_rooms_at_most() -> None:
    assert set(structure.rooms()) <= set(structure.ROOMS)
    assert len(structure.rooms()) <= 12


def test_they_stand_on_nine_floors_at_most_and_none_imports_from_above() -> None:
    assert len(structure.floors()) <= 9
    assert structure.upward() == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert structure.circle() == []


def test_handlers_know_no_storage_and_do_not_calculate() -> None:
    assert structure.importers("functions", "shared.store", "azure.data", "azure.storage", "numpy") == []


def test_the_domain_knows_neither_functions_nor_who_calls_it() -> None:
    assert structure.importers("shared", "azure.functions", "functions", "devhost", "tools") == []


def test_no_module_has_more_than_300_lines() -> None:
    assert [module.name for module in structure.modules() if len(module.lines) > 300] == []


def test_functions_are_short() -> None:
    lengths = [lines for lines, _ in structure.functions()]
    assert median(lengths) <= 5
    assert [name for lines, name in structure.functions() if lines > 30] == []


def test_no_six_lines_stand_twice() -> None:
    assert structure.duplicates() == {}


def test_what_is_counted_is_there() -> None:
    """An empty count would pass all the others."""
    assert len(structure.modules()) > 100
    assert {"shared.store.azure", "functions.enroll", "devhost.server", "tools.__main__", "function_app"} <= {
        module.name for module in structure.modules()
    }
    assert "settings" in structure.rooms()["store"]
    assert structure.importers("functions", "shared.service") == ["functions.plumbing.call", "functions.plumbing.guard"]
