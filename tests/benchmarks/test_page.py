"""The page of the benchmarks: tables from records, and whether the committed page shows the committed records."""

import sys

import page
import pytest
from _peers import import_alone
from _record import cell_text, summary
from startup import compilations

RECORD = {
    "benchmark": "mixing",
    "cpu": "A CPU",
    "logical_cores": 2,
    "load_average": [0.25, 0.5, 1.0],
    "versions": {"python": "3.11.7", "torch": None},
    "comparisons": [
        {
            "title": "CutMix",
            "rows": {
                "copy": {"images/s": summary([1e6, 2e6, 3e6])},
                "peer": {"images/s": 1234.5, "× copy": 0.01234, "right": "25 %"},
            },
        }
    ],
}


def test_tables_have_all_columns_and_leave_cells_empty():
    lines = list(page.section(RECORD))
    assert lines[2].endswith("A CPU, 2 cores, load 0.25 at the start; python 3.11.7.")
    assert "| | images/s | × copy | right |" in lines
    assert "| copy | 2,000,000 (1,500,000–2,500,000) |  |  |" in lines
    assert "| peer | 1,234 | 0.0123 | 25 % |" in lines


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (2, "2"), (0.5, "0.500"), (99.95, "100"), (-1.234, "-1.23")])
def test_numbers_have_three_digits(value, text):
    assert cell_text(value) == text


def test_what_is_written_by_hand_stays_and_old_tables_go():
    written = f"# Benchmarks\n\n{page.MARK}\nold\n"
    new = page.with_tables(written, [RECORD])
    assert new.startswith(f"# Benchmarks\n\n{page.MARK}\n## mixing.py")
    assert "old" not in new
    assert page.with_tables(new, [RECORD]) == new


def test_records_come_in_the_order_of_the_page(tmp_path):
    for name in ("agreement", "step", "mixing"):
        (tmp_path / f"{name}.json").write_text(f'{{"benchmark": "{name}"}}')
    assert [record["benchmark"] for record in page.records(tmp_path)] == ["mixing", "step", "agreement"]


def test_the_committed_page_shows_the_committed_records():
    written = page.PAGE.read_text(encoding="utf-8")
    assert page.with_tables(written, page.records(page.RESULTS)) == written, "run python benchmarks/page.py"


def test_compilations_are_counted_by_function():
    log = """I0000 profiler.cc:1] Compiled __inference__mix_12 1 times, compile time: 1500000 us, cumulative: 1 us (1)
    Compiled noise
    Compiled __inference__mix_13 1 times, compile time: 500000 us, cumulative: 2000000 us (2)
    Compiled cluster_0 1 times, compile time: 1 us, cumulative: 1 us (1)"""
    assert compilations(log) == {"mix": [1.5, 0.5], "cluster": [1e-6]}


def test_a_module_is_imported_without_the_packages_above_it(tmp_path, monkeypatch):
    inner = tmp_path / "heavy_package" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "heavy_package" / "__init__.py").write_text("raise RuntimeError")
    (inner / "wanted.py").write_text("from heavy_package.settings import common\nvalue = 7")
    monkeypatch.syspath_prepend(tmp_path)
    wanted = import_alone("heavy_package.inner.wanted", mocked=["heavy_package.settings.common"])
    assert wanted.value == 7
    assert "heavy_package" not in sys.modules
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        import_alone("no_such_package.module")
