"""``integration linkage evaluate`` on tiny data sets, good and bad; the shipped ones where their data is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from integration.errors import UsageError
from integration.linkage.evaluation.dataset import read_dataset, shipped
from integration.linkage.evaluation.run import evaluate
from integration.reasons import Reason

PERSONS = [
    ("jan", "devries", "1980-05-03", "3991AB"),
    ("piet", "bakker", "1975-11-30", "3992CD"),
    ("anna", "visser", "1990-01-17", "3993EF"),
    ("maria", "smit", "1966-07-08", "3994GH"),
    ("kees", "meijer", "1951-02-28", "3995JK"),
    ("lotte", "mulder", "2001-09-12", "3996LM"),
]
HEAD = "given,surname,birth,postcode,who"
FIELDS = '[fields]\ngiven_names = "given"\nsurname = "surname"\nbirth_date = "birth"\npostcode = "postcode"\n'


def lines(damage=lambda row: row):
    rows = [(*damage(row), str(place)) for place, row in enumerate(PERSONS)]
    return "\n".join([HEAD, *(",".join(row) for row in rows)]) + "\n"


def misspelt(row):
    return (row[0], row[1][:-1] + "x", row[2], row[3])


def described(folder: Path, text: str, **files: str) -> Path:
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    path = folder / "made.toml"
    path.write_text(text)
    return path


def link(folder, **options):
    text = 'task = "link"\nfiles = ["a.csv", "b.csv"]\n[truth]\ncolumn = "who"\n' + FIELDS
    return described(folder, text, a_csv=lines(), b_csv=lines(misspelt))


def test_misspelt_surnames_are_found_and_plain_stands_beside(tmp_path):
    result = evaluate(read_dataset(link(tmp_path)), plain=True)
    assert result["true_pairs"] == 6
    assert result["encoded"]["f1"] == 1.0
    assert result["encoded"]["clusters"]["persons"] == 6
    assert result["encoded"]["clusters"]["best_f1"] == 1.0
    assert result["plain"]["blocking_recall"] == result["encoded"]["blocking_recall"] == 1.0
    assert {"encode", "block", "train", "score", "cluster", "total"} <= result["encoded"]["seconds"].keys()
    assert result["encoded"]["peak_mb"] > 0


def test_the_command_prints_pure_json(tmp_path, monkeypatch):
    from integration.cli import linkage  # noqa: F401
    from integration.cli.app import app

    monkeypatch.delenv("INTEGRATION_LINKAGE_DATA", raising=False)  # else paths would start there
    answer = CliRunner().invoke(app, ["linkage", "evaluate", str(link(tmp_path)), "--json"])
    assert answer.exit_code == 0
    figures = json.loads(answer.stdout)["encoded"]
    assert {
        "precision",
        "recall",
        "f1",
        "threshold",
        "best_f1",
        "best_threshold",
        "blocking_recall",
        "peak_mb",
    } <= figures.keys()


def test_dates_in_parts_another_delimiter_and_a_parquet_file(tmp_path):
    rows = [
        "g;s;j;m;d;id",
        *(f"{g};{s};{b[:4]};{int(b[5:7])};{int(b[8:])};{i}" for i, (g, s, b, _) in enumerate(PERSONS)),
    ]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    duckdb.sql(
        f"copy (select * from read_csv('{tmp_path}/a.csv', delim=';')) to '{tmp_path}/b.parquet' (format parquet)"
    )
    text = (
        'task = "link"\nfiles = ["a.csv", "b.parquet"]\n[truth]\ncolumn = "id"\n'
        '[fields]\ngiven_names = "g"\nsurname = "s"\nbirth_year = "j"\nbirth_month = "m"\nbirth_day = "d"\n'
    )
    result = evaluate(read_dataset(described(tmp_path, text)))
    assert result["encoded"]["f1"] == 1.0


def test_true_pairs_in_a_file_of_their_own(tmp_path):
    text = (
        'files = ["a.csv"]\nid = "who"\n[truth]\npairs = "p.csv"\nleft = "x"\nright = "y"\nscore = "ok"\n'
        + FIELDS
    )
    both = (
        lines()
        + "\n".join(lines(misspelt).splitlines()[1:]).replace(",0", ",0b").replace(",1\n", ",1b\n")
        + "\n"
    )
    path = described(tmp_path, text, a_csv=both, p_csv="x,y,ok\n0,0b,1.0\n0,1b,0.0\n")
    result = evaluate(read_dataset(path))
    assert result["encoded"]["recall"] == 1.0


def test_no_truth_in_common_is_no_error(tmp_path):
    text = 'task = "link"\nfiles = ["a.csv", "b.csv"]\n[truth]\ncolumn = "who"\n' + FIELDS
    other = lines().replace("\n", "z\n").replace("whoz", "who")
    result = evaluate(read_dataset(described(tmp_path, text, a_csv=lines(), b_csv=other)))
    assert result["true_pairs"] == 0
    assert result["encoded"]["f1"] == 0.0
    assert any("no pair" in note for note in result["notes"])


def test_a_field_empty_throughout_is_left_out_and_told(tmp_path):
    empty = lines(lambda row: (*row[:3], ""))
    text = 'files = ["a.csv"]\n[truth]\ncolumn = "who"\n' + FIELDS
    result = evaluate(read_dataset(described(tmp_path, text, a_csv=empty)), plain=True)
    assert "field postcode: empty throughout, left out" in result["notes"]


@pytest.mark.parametrize("rows", [50, 3000])
def test_all_records_alike_are_bounded(tmp_path, rows):
    text = 'files = ["a.csv"]\n[truth]\ncolumn = "who"\n' + FIELDS
    path = described(tmp_path, text, a_csv=HEAD + "\n" + "jan,devries,1980-05-03,3991AB,1\n" * rows)
    result = evaluate(read_dataset(path), plain=True)
    assert result["encoded"]["compared_pairs"] <= rows * 200
    assert rows < 1000 or any("too many" in note for note in result["notes"])


def test_a_default_date_of_many_does_not_explode(tmp_path):
    many = "".join(f"naam{n},achter{n},1900-01-01,,q{n}\n" for n in range(20_000))
    text = 'files = ["a.csv"]\n[truth]\ncolumn = "who"\n' + FIELDS
    result = evaluate(read_dataset(described(tmp_path, text, a_csv=lines() + many)))
    assert result["encoded"]["compared_pairs"] < 1000


GOOD = 'files = ["a.csv"]\n[truth]\ncolumn = "who"\n' + FIELDS


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nonsense =", "made.toml"),
        (GOOD.replace("a.csv", "gone.csv"), "gone.csv"),
        (GOOD.replace('"surname"', '"achternaam"'), "surname"),
        (GOOD + 'shoe_size = "x"\n', "shoe_size"),
        (GOOD.replace('files = ["a.csv"]', "files = []"), "files"),
        (GOOD.replace('[truth]\ncolumn = "who"', ""), "truth"),
        ('task = "guess"\n' + GOOD, "task"),
        ('task = "link"\n' + GOOD, "files"),
        (GOOD.replace("a.csv", "head.csv"), "head.csv"),
        (GOOD.replace("a.csv", "void.csv"), "void.csv"),
        (GOOD.replace(FIELDS, ""), "a.csv"),
        (GOOD.replace(FIELDS, '[fields]\nphone = "given"\n'), "a.csv"),
    ],
)
def test_bad_input_is_refused_by_name(tmp_path, text, names):
    path = described(tmp_path, text, a_csv=lines(), head_csv=HEAD + "\n", void_csv="")
    with pytest.raises(UsageError) as refused:
        evaluate(read_dataset(path))
    assert refused.value.reason is Reason.LINK_DATASET_INVALID
    assert names in str(refused.value)
    assert "devries" not in str(refused.value)


REACH = {
    "febrl4": (0.998, 0.998),
    "febrl4_without_number": (0.992, 0.985),
    "febrl3": (0.995, 0.995),
    "historical_50k": (0.74, 0.7),
    "fake_1000": (0.75, 0.7),
    "rvig": (0.9, 0.88),
}
"""F1 of the compared pairs: at the best threshold and at the shipped one."""


@pytest.mark.parametrize("name", shipped())
def test_shipped_data_sets_reach_their_figures(name):
    data = Path(os.environ.get("INTEGRATION_LINKAGE_DATA", "/nowhere"))
    dataset = read_dataset(name, data)
    if not all(file.path.is_file() for file in dataset.files):
        pytest.skip(f"data of {name} not there: set INTEGRATION_LINKAGE_DATA")
    found = evaluate(dataset)["encoded"]
    best, default = REACH[name]
    assert found["best_f1"] >= best
    assert found["f1"] >= default
