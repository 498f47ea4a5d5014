"""What happens to families: how often trouble starts, what differs per municipality, and lives that cannot be."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from integration.contracts import contract_ids, load_contract
from integration.errors import DeclarationError
from integration.indicators import load_definitions
from integration.reasons import Reason
from integration.sample import generate
from integration.sample.check_lives import check_lives
from integration.sample.declare import HERE, Lives, PopulationRates, Step, Themes, packaged, read
from integration.sample.lives import Onsets, live, local_steps, poisson
from integration.sample.model import Event, Gezin, Person, Population, stream
from integration.sample.naming import municipalities
from integration.sample.population import Plot, settle
from integration.sample.records import Forms, keep, roles_on

LIVES, THEMES = packaged(Lives, "lives"), packaged(Themes, "themes")
FORMS = packaged(Forms, "records")
DAY = date(2024, 5, 6)


@pytest.fixture(scope="module")
def busy() -> tuple[Population, list[Event]]:
    """Two thousand inhabitants of Houten with three times as much trouble as there is."""
    place = next(place for place in municipalities() if place.code == "GM0321")
    rates = packaged(PopulationRates, "population").model_copy(
        update={"moves_in": 0.1, "moves_out": 0.1, "deaths_a_year": {18: 0.02}}
    )
    people = next(settle(Plot(place, 2_000, 0), rates, LIVES, 1))
    return people, live(people, Onsets(LIVES, "GM0321", 3), local_steps(LIVES, THEMES, "GM0321"), 1)


# -- how often ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [0.0, 0.05, 0.8, 6.0])
def test_poisson_has_its_mean_and_variance(mean: float) -> None:
    rng = stream("poisson", mean)
    drawn = [poisson(rng, mean) for _ in range(8_000)]
    found = sum(drawn) / len(drawn)
    assert found == pytest.approx(mean, abs=0.1)
    assert sum((number - found) ** 2 for number in drawn) / len(drawn) == pytest.approx(mean, abs=0.3)


def test_trouble_starts_as_often_as_declared() -> None:
    """Per 1,000 families a year, also with a level, with busy, and with some families more vulnerable than others."""
    lives = LIVES.model_copy(
        update={"starts": {"intake": 40, "report": 10}, "levels": {"GM0106": {"report": 3.0}}}
    )
    years = (lives.end - lives.start).days / 365.25
    for place, busy, expected in (
        ("GM0321", 1, {"intake": 40, "report": 10}),
        ("GM0106", 2, {"intake": 80, "report": 60}),
    ):
        onsets, rng = Onsets(lives, place, busy), stream(place)
        drawn = Counter(name for _ in range(20_000) for _, name in onsets.draw(rng, at_least_one=False))
        for name, rate in expected.items():
            assert drawn[name] / 20 / years == pytest.approx(rate, rel=0.1), (place, name)


def test_who_is_vulnerable_has_more_of_it() -> None:
    lives = LIVES.model_copy(update={"starts": {"intake": 100}})
    rng, onsets = stream(5), Onsets(lives, "GM0321", 1)
    numbers = Counter(len(onsets.draw(rng, at_least_one=False)) for _ in range(20_000))
    mean = sum(number * times for number, times in numbers.items()) / 20_000
    variance = sum((number - mean) ** 2 * times for number, times in numbers.items()) / 20_000
    assert variance > 1.15 * mean, "more spread than chance alone gives"


def test_at_least_one_for_who_is_always_in_need() -> None:
    onsets = Onsets(LIVES.model_copy(update={"starts": {"intake": 0.001}}), "GM0321", 1)
    assert len(onsets.draw(stream(1), at_least_one=True)) == 1
    assert onsets.draw(stream(1), at_least_one=False) == []


# -- who and when ------------------------------------------------------------------------------------------------------


def test_nothing_happens_to_who_is_not_there(busy: tuple[Population, list[Event]]) -> None:
    _, events = busy
    seen = Counter()
    for event in events:
        gezin = event.gezin
        if gezin.arrival:
            seen["came"] += 1
            assert event.day >= gezin.arrival
        if gezin.departure:
            seen["left"] += 1
            assert event.day < gezin.departure or event.kind == "departure"
        if event.opens:
            seen["opened"] += 1
            assert all(not person.is_child or 0 <= person.age(event.day) < 18 for person in event.persons)
            assert all(person.died is None or person.died > event.day for person in event.persons)
    assert min(seen[what] for what in ("came", "left", "opened")) > 10


def test_a_parent_who_died_is_named_no_more(busy: tuple[Population, list[Event]]) -> None:
    people, events = busy
    checked = 0
    for record in keep(events, FORMS, 1):
        for day in (record.opened, LIVES.end):
            for role, person, _ in roles_on(record, people, day):
                assert not role.startswith("ouder") or person.died is None or person.died > day
        checked += any(person.died for _, person, _ in record.roles)
    assert checked > 5


def test_families_are_the_same_whatever_happens_to_others() -> None:
    place = next(place for place in municipalities() if place.code == "GM0321")
    rates = packaged(PopulationRates, "population")
    steps, onsets = local_steps(LIVES, THEMES, "GM0321"), Onsets(LIVES, "GM0321", 2)

    def told(chunk: int) -> list[tuple]:
        chunks = settle(Plot(place, 600, 0), rates, LIVES, 1, chunk=chunk)
        return [(event.kind, event.day, event.case_id, [person.id for person in event.persons], event.attributes)
                for people in chunks for event in live(people, onsets, steps, 1)]  # fmt: skip

    assert told(5) == told(10_000) != []


def family(*born: date) -> Gezin:
    parent = Person(1, "Anna", "", "Bos", date(1985, 1, 1), "2", is_child=False)
    children = [
        Person(2 + place, f"K{place}", "", "Bos", day, "1", is_child=True) for place, day in enumerate(born)
    ]
    return Gezin(1, "GM0321", "one_parent", children, {child.id: [(parent, "10")] for child in children})


@pytest.mark.parametrize(
    ("born", "happens"), [(date(2019, 1, 1), True), (date(2008, 1, 1), False), (date(2025, 6, 1), False)]
)
def test_a_step_asks_for_an_age(born: date, happens: bool) -> None:
    """Childcare knows children up to eleven; nobody knows a child before it is born."""
    lives = LIVES.model_copy(update={"starts": {"childcare_signal": 1000}, "end": date(2025, 5, 1)})
    people = Population("GM0321", gezinnen=[family(born)])
    events = live(people, Onsets(lives, "GM0321", 20), dict(lives.steps), 3)
    assert bool(events) is happens


# -- strengths and weaknesses ------------------------------------------------------------------------------------------


def test_a_theme_changes_its_own_municipality_only() -> None:
    plain = dict(LIVES.steps)
    for place in municipalities():
        local = local_steps(LIVES, THEMES, place.code)
        changed = {name for name in plain if local[name] != plain[name]}
        declared = {
            change.step
            for theme in THEMES.themes
            if theme.municipality == place.code
            for change in theme.change
        }
        assert changed == declared


def test_every_municipality_has_a_theme_that_an_indicator_can_show() -> None:
    assert {theme.municipality for theme in THEMES.themes} == {place.code for place in municipalities()}
    shown = {indicator for theme in THEMES.themes for indicator in theme.shows_in}
    assert shown <= set(load_definitions())


def test_a_theme_needs_its_step() -> None:
    steps = {name: step for name, step in LIVES.steps.items() if name == "feedback"}
    few = LIVES.model_copy(update={"steps": steps, "starts": {}})
    with pytest.raises(DeclarationError, match="unknown step: handover"):
        local_steps(few, THEMES, "GM0114")


# -- declarations ------------------------------------------------------------------------------------------------------


def test_declared_codes_are_in_the_contracts() -> None:
    """Everything lives.yml can draw for a column with a code list is in that list, and every column exists."""
    assert set(FORMS.sources) == set(contract_ids())
    for place in [*(place.code for place in municipalities()), "GM0000"]:
        for step in local_steps(LIVES, THEMES, place).values():
            if step.event is None:
                continue
            contract, columns = load_contract(step.source), FORMS.sources[step.source].events[step.event]
            for column, what in columns.items():
                codes = contract.field(column.format(number=1)).codes
                assert codes is None or drawn_of(step, what) <= set(codes), (step, column)


def drawn_of(step: Step, what: str) -> set[str]:
    drawn = step.values.get(what)
    values = list(drawn) if isinstance(drawn, dict) else [drawn] if isinstance(drawn, str) else []
    return {value for value in values if not value.startswith("?")}


def test_values_given_along_an_edge_are_in_the_contracts() -> None:
    columns = defaultdict(set)
    for step in LIVES.steps.values():
        for edge in (*step.then, *step.choose):
            for name, draw in edge.values.items():
                values = list(draw) if isinstance(draw, dict) else [draw]
                columns[edge.to, name] |= {str(value) for value in values}
    for (to, name), values in columns.items():
        step = LIVES.steps[to]
        named = [
            column
            for column, what in FORMS.sources[step.source].events.get(step.event or "", {}).items()
            if what == name
        ]
        for column in named:
            codes = load_contract(step.source).field(column).codes
            assert codes is None or values <= set(codes), (to, name)


def test_every_step_can_happen() -> None:
    reachable, todo = set(), list(LIVES.starts)
    while todo:
        name = todo.pop()
        if name not in reachable:
            reachable.add(name)
            todo += [edge.to for edge in (*LIVES.steps[name].then, *LIVES.steps[name].choose)]
    assert reachable == set(LIVES.steps)


PLAIN = {
    name: yaml.safe_load((HERE / f"{name}.yml").read_text()) for name in ("lives", "population", "themes")
}
MODELS = {"lives": Lives, "population": PopulationRates, "themes": Themes}


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("lives", {"known_before": 1.2}, "known_before"),
        ("lives", {"starts": {"nothing": 1}}, "unknown step: nothing"),
        ("lives", {"starts": {"intake": -3}}, "starts.intake"),
        ("lives", {"starts": {}}, "starts"),
        ("lives", {"levels": {"GM9999": {"intake": 1}}}, "unknown municipality: GM9999"),
        ("lives", {"levels": {"GM0321": {"feedback": 2}}}, "unknown start: feedback"),
        ("lives", {"vulnerable": {"share": 0.5, "times": 3}}, "must be below 1"),
        ("lives", {"end": date(2020, 1, 1)}, "start must lie before end"),
        ("lives", {"steps": {**PLAIN["lives"]["steps"], "feedback": {"then": [{"to": "feedback", "days": [9, 3, 1]}]}}},
         "days must be"),
        ("lives", {"steps": {**PLAIN["lives"]["steps"],
                             "feedback": {"choose": 2 * [{"to": "intake", "chance": 0.7}]}}},
         "more than 1"),
        ("lives", {"surprise": 1}, "surprise"),
        ("population", {"families": {"two_parents": 0.5}}, "add up to 1"),
        ("population", {"twins": 2}, "twins"),
        ("population", {"municipalities": {"GM0321": {"one_person": 0.7, "with_children": 0.7, "minors": 1,
                                                      "young": 0}}},
         "more than 1"),
        ("population", {"municipalities": {key: value for key, value in PLAIN["population"]["municipalities"].items()
                                           if key != "GM0106"}}, "no households for municipality GM0106"),
        ("themes", {"themes": [{"municipality": "GM0001", "theme": "x", "strength": "zwak", "shows_in": ["I01"],
                                "change": [{"step": "report"}]}]}, "unknown municipality: GM0001"),
        ("themes", {"themes": [{"municipality": "GM0321", "theme": "x", "strength": "goed", "shows_in": ["I01"],
                                "change": [{"step": "report"}]}]}, "strength"),
    ],
)  # fmt: skip
def test_declarations_that_cannot_be_are_refused(tmp_path: Path, name: str, change: dict, says: str) -> None:
    path = tmp_path / f"{name}.yml"
    path.write_text(yaml.safe_dump({**PLAIN[name], **change}))
    with pytest.raises(DeclarationError, match=says) as refused:
        read(MODELS[name], path)
    assert refused.value.reason == Reason.LIVES_INVALID
    assert refused.value.file == f"{name}.yml"


def test_what_is_not_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lives.yml").write_text("a: [")
    with pytest.raises(DeclarationError, match="not a readable YAML file"):
        read(Lives, tmp_path / "lives.yml")


def with_steps(**changed: dict) -> dict:
    """The declared steps, some with other keys."""
    steps = PLAIN["lives"]["steps"]
    return {
        "steps": {**steps, **{name: {**steps.get(name, {}), **change} for name, change in changed.items()}}
    }


def with_values(step: str, /, **changed: object) -> dict:
    return with_steps(**{step: {"values": {**PLAIN["lives"]["steps"][step].get("values", {}), **changed}}})


def without_value(step: str, *names: str) -> dict:
    values = PLAIN["lives"]["steps"][step]["values"]
    return with_steps(**{step: {"values": {key: values[key] for key in values if key not in names}}})


ZERO = {"days": [0, 0, 0]}
CANNOT = [
    # what no file can say
    ({"start": date(1, 1, 1)}, "start must not lie before 2010-01-01"),
    ({"end": date(2026, 2, 17)}, "end must not lie after the sample's clock, 2026-02-16"),
    ({"start": date(2021, 1, 1), "end": date(2023, 12, 1)}, "end must not lie more than 2 years before"),
    ({"start": date(2025, 2, 1)}, "at least 365 days before end"),
    ({"starts": {"two\nlines\x1b[31m": 1}}, r"unknown step: two lines \[31m\)"),
    ({"starts": {"long" * 500: 1}}, r"unknown step: (long)+l?o?n?…\)"),
    (with_steps(absence={"ages": [17, 4]}), r"steps\.absence\.ages: ages must be"),
    (with_values("plan", goal={"JA": float("inf"), "NEE": 1}), r"steps\.plan\.values\.goal.*finite"),
    (with_values("plan", goal={"JA": float("nan")}), r"steps\.plan\.values\.goal.*finite"),
    (with_values("plan", goal=["JA"]), r"steps\.plan\.values\.goal: a text, weights or a \?rule is wanted"),
    (with_values("plan", goal=True), r"steps\.plan\.values\.goal: a text, weights or a \?rule is wanted"),
    (with_values("plan", goal={"JA": "vaak"}), r"steps\.plan\.values\.goal\.weights\.JA"),
    # what no source has
    ({"mistakes": {"school": 0.1}}, "unknown source under mistakes: school"),
    (with_steps(mdo={"source": "nergens"}), r"steps\.mdo\.source: unknown source: nergens"),
    (with_steps(mdo={"source": ""}), r"steps\.mdo\.source: no source"),
    (with_steps(mdo={"event": "wedding"}), r"steps\.mdo\.event: wijkteam cannot write down: wedding"),
    (with_steps(case_work={"opens": True}), r"steps\.case_work: only a step with an event can open"),
    (with_steps(intake={"about": "patient"}), r"steps\.intake\.about: a step of wijkteam can be about: any_child"),
    (with_steps(gp_child={"about": "child"}), r"steps\.gp_child\.about: a step of huisarts can be about: patient"),
    # values
    (with_values("mdo", participants="?nobody"), r"steps\.mdo\.values\.participants: unknown rule: nobody"),
    (with_values("mdo", participants="?"), r"steps\.mdo\.values\.participants: no rule"),
    (with_values("mdo", participants="SCHOOL"), "mdo_deelnemers can only be worked out by a rule"),
    (with_values("mdo", participants="?areas"), r"\?areas does not give a mdo_deelnemers"),
    (with_values("absence", hours={"veel": 1}), r"steps\.absence\.values\.hours: must be a whole number"),
    (with_values("absence", hours="²"), r"steps\.absence\.values\.hours: must be a whole number"),
    (with_values("absence", hours="?areas"), r"steps\.absence\.values\.hours: must be a whole number"),
    (with_values("absence", kind={"LRV": 1, "ZIEK": 1}), r"absence\.values\.kind: unknown code of verzuimsoort: ZIEK"),
    (with_values("childcare_signal", step=6), "unknown code of meldcode_stap: 6"),
    (with_values("decision", sources=9), "bronnen_bij_besluit must be a whole number that the contract allows"),
    (with_values("conditions", version="zo-iets!"), "not what the contract says of voorwaarden_versie"),
    (with_values("monitor_1", number=3), "veilig_thuis has no column monitor3_datum"),
    (with_steps(passed_on={"then": [{"to": "intake", "values": {"aanmelder": "BUURMAN"}}]}),
     r"steps\.passed_on\.then\.0\.values\.aanmelder: unknown code of aanmelder: BUURMAN"),
    # what must be known
    (without_value("gp_child", "patient_rol"), r"steps\.gp_child\.values: patient_rol must have a value"),
    (with_values("gp_parent", patient_rol=None), r"steps\.gp_parent\.values: patient_rol must have a value"),
    (without_value("police_incident", "child_present", "role"), "child_present must have a value"),
    (without_value("police_incident", "child_present"), "needs a value child_present before it"),
    (without_value("police_incident", "role"), "role must have a value"),
    (without_value("care_assignment", "category"), r"steps\.care_assignment\.values: category must have a value"),
    (without_value("conditions", "version"), r"steps\.conditions\.values: version must have a value"),
    (without_value("monitor_2", "number"), r"steps\.monitor_2\.values: number must have a value"),
    (without_value("absence", "school"), "onderwijssoort has no value, and onderwijs must always deliver it"),
    (without_value("report", "veiligheidstaxatie"), "veiligheidstaxatie has no value"),
    (without_value("care_request", "verwijzer"), r"steps\.care_request\.choose\.0: verwijzer has no value"),
    (with_steps(passed_on={"then": [{"to": "intake", "values": {"aanmelder": None}}]}),
     r"steps\.passed_on\.then\.0\.values: aanmelder has no value"),
    # cases
    (with_steps(absence={"opens": False}), r"starts\.absence: the step does not open a case"),
    (with_steps(receipt={"opens": False}, intake={"opens": False}) | {"starts": {"report": 5}, "levels": {}},
     r"steps\.\w+: no case of wijkteam is open by then"),
    ({"starts": {"closure": 5}, "levels": {}}, r"starts\.closure: the step does not open a case"),
    # what never ends
    (with_steps(report={"then": [{"to": "report", **ZERO}]}), r"steps\.report: leads to itself on the same day"),
    (with_steps(report={"then": [{"to": "report", "chance": 0.95, **ZERO}]}), "leads to itself on the same day"),
    (with_steps(contact={"then": [{"to": "contact", **ZERO}]}), r"steps\.contact: leads to itself on the same day"),
    (with_steps(contact={"then": [{"to": "contact", "days": [0, 5, 9]}]}),
     "goes round on one day for ever: contact -> contact"),
    (with_steps(feedback={"then": [{"to": "report"}]}, report={"then": [{"to": "feedback"}]}),
     "steps.feedback: goes round on one day for ever: feedback -> report -> feedback"),
    (with_steps(contact={"values": {"_luck": {"one": 1, "other": 999}},
                         "then": [{"to": "contact", "days": [0, 5, 9], "when": {"_luck": ["one"]},
                                   "values": {"_luck": "one"}}]}),
     "goes round on one day for ever: contact -> contact"),
    (with_steps(contact={"choose": 2 * [{"to": "contact", "chance": 0.5}], "then": []}), "more than 10,000 steps"),
    (with_steps(contact={"then": 2 * [{"to": "contact", "days": [1, 2, 3]}]}), "more than 10,000 steps"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), CANNOT, ids=[says for _, says in CANNOT])
def test_lives_that_cannot_be_lived_or_written_are_refused(tmp_path: Path, change: dict, says: str) -> None:
    """By the command's own way in, before anything is made; the message names the place in the file."""
    path = tmp_path / "mine.yml"
    path.write_text(yaml.safe_dump({**PLAIN["lives"], **change}))
    with pytest.raises(DeclarationError, match=says) as refused:
        generate(tmp_path / "home", scale=0.01, municipalities=["GM0321"], lives=path)
    assert refused.value.reason == Reason.LIVES_INVALID
    assert refused.value.file == "mine.yml"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yml"]


def test_the_declared_lives_can_be_lived_and_written() -> None:
    check_lives(LIVES, municipalities(), "lives.yml")


def test_lives_may_start_on_a_leap_day(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(yaml.safe_dump({**PLAIN["lives"], "start": date(2024, 2, 29)}))
    made = generate(
        tmp_path / "home", scale=0.01, municipalities=["GM0321"], busy=4, lives=tmp_path / "mine.yml"
    )
    assert made.counts["events"] > 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("# nothing yet\n", "the file is empty"),
        ("- a\n", "keys and values"),
        ("starts: " + 5_000 * "[", "too many levels|not a readable"),
        ("{" + 2_000 * "a: {" + 2_000 * "}" + "}", "too many levels"),
        ("start: 2024-02-30\n", "not a readable YAML file"),
        ("a: &a [*a]\n", "LIVES_INVALID"),
    ],
    ids=["empty", "comment", "list", "open brackets", "deep", "no such day", "endless"],
)
def test_a_file_that_is_no_declaration_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "lives.yml").write_text(text)
    with pytest.raises(DeclarationError, match=says) as refused:
        read(Lives, tmp_path / "lives.yml")
    assert refused.value.reason == Reason.LIVES_INVALID


def test_nobody_is_too_young_for_it(busy: tuple[Population, list[Event]]) -> None:
    """Probation begins at twelve, youth care and measures before eighteen, and no suspect is under twelve."""
    _, events = busy
    seen: Counter[str] = Counter()
    for event in events:
        child = event.persons[0]
        if event.kind == "care_assignment" and event.attributes["category"] == "47":
            seen["probation"] += 1
            assert 12 <= child.age(event.day) <= 17
        if event.kind in {"care_assignment", "care_start"}:
            seen["care"] += 1
            assert child.age(event.day) <= 17
        if event.kind == "incident" and event.attributes["role"] == "VERDACHTE" and child.is_child:
            seen["suspect"] += 1
            assert child.age(event.day) >= 12
    assert seen["probation"]
    assert seen["care"]


def test_numbers_of_cases_tell_nothing_of_the_family(busy: tuple[Population, list[Event]]) -> None:
    _, events = busy
    cases = {event.case_id: event.gezin.id for event in events if event.case_id}
    assert len(cases) > 50
    assert all(len(case) == 13 and str(gezin) not in case for case, gezin in cases.items() if gezin > 999)
    assert len({case[:6] for case in cases}) > 0.9 * len(cases), "no common beginnings"


def test_delays_are_within_what_is_declared() -> None:
    """A Veilig Thuis assessment comes on a working day, at most as late as its longest delay and a weekend."""
    people = Population("GM0106", gezinnen=[family(date(2015, 1, 1))])
    lives = LIVES.model_copy(update={"starts": {"report": 1000}})
    events = live(people, Onsets(lives, "GM0106", 20), dict(lives.steps), 8)
    opened = {event.case_id: event.day for event in events if event.kind == "report"}
    found = [event for event in events if event.kind == "assessment"]
    assert found
    for event in found:
        assert event.day.weekday() < 5
        assert timedelta(0) <= event.day - opened[event.case_id] <= timedelta(days=42)
