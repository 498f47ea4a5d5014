"""Whether lives can be lived and written down: sources, forms, codes and rules are known, and nothing goes on for ever.

``declare.py`` reads one file by itself; here its steps meet the forms of ``records.yml``, the contracts and the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain

from integration.contracts import load_contract
from integration.contracts.model import Field
from integration.errors import DeclarationError
from integration.names import Period
from integration.reasons import Reason
from integration.sample.check_loops import refuse_loops
from integration.sample.declare import Edge, Lives, Step, Themes, one_line, packaged, unknown
from integration.sample.declare_deliveries import SupplierRules
from integration.sample.lives import NUMBERS, local_steps
from integration.sample.naming import Municipality
from integration.sample.records import Forms, SourceForm
from integration.sample.rules import RULES
from integration.sample.values import Draw

_FILLS = {
    "involvement": {"eerdere_betrokkenheid"}, "known_version": {"voorwaarden_versie"}, "areas": {"leefgebieden"},
    "participants": {"mdo_deelnemers"}, "supports": {"steunfactoren"}, "school_type": {"onderwijssoort"},
    "childcare_type": {"opvangsoort"}, "crisis": {"gestart_met_crisis"}, "police_role": {"persoon_rol"},
}  # fmt: skip
"""The columns that a rule works out a value for; a rule that is not here may fill any."""
_LOOKS_AT = {"police_role": "child_present"}
"""The value that a rule looks at, which must stand before it."""
_NEEDS = {"care_assignment": ("category",), "conditions": ("version",), "monitor": ("number",)}
"""Values of events that something else rests on: placements, later versions, the column that is filled."""
_ABOUT = {"children": {"children", "child", "any_child"}, "patient": {"patient"}, "incident": {"incident"}}
"""By whom a source's records name (``roles``), whom its steps can be about."""
_FIRST_REPORT = "report"
"""The step by which rules know a report to Veilig Thuis."""
_OLDEST = 2
"""Years that lives may end before the sources deliver for the last time."""

Values = dict[str, Draw]


def check_lives(lives: Lives, places: Iterable[Municipality], file: str) -> None:
    """Raise DeclarationError LIVES_INVALID, naming the place in ``file``, for lives that cannot be lived or written."""
    forms, themes = packaged(Forms, "records"), packaged(Themes, "themes")
    try:
        _Check(lives, lives.steps, forms).all()
        for place in places:
            local = local_steps(lives, themes, place.code)
            if local != lives.steps:
                _Check(lives, local, forms).all()
    except DeclarationError as error:
        raise DeclarationError(error.reason, one_line(error.detail), file=file) from None
    except ValueError as error:
        raise DeclarationError(Reason.LIVES_INVALID, one_line(str(error)), file=file) from None


class _Check:
    """The steps of one municipality beside what sources can write down; ValueError says what is wrong, and where."""

    def __init__(self, lives: Lives, steps: dict[str, Step], forms: Forms) -> None:
        self.lives, self.steps, self.forms = lives, steps, forms
        self.variants: dict[str, list[tuple[str, Values]]] = {
            name: [(f"steps.{name}.values", dict(step.values))] for name, step in steps.items()
        }
        for name, step in steps.items():
            for where, edge in _edges(name, step):
                if edge.values:
                    given = {**steps[edge.to].values, **edge.values}
                    self.variants[edge.to].append((f"{where}.values", given))

    def all(self) -> None:
        """Everything, the plainest mistakes first."""
        self._period()
        unknown(("source under mistakes", name, self.forms.sources) for name in self.lives.mistakes)
        for name, step in self.steps.items():
            self._known(name, step)
        for name, step in self.steps.items():
            for where, values in self.variants[name]:
                self._values(where, step, values)
            if step.event:
                self._written(name, step)
        for name in self.lives.starts:
            if self.steps[name].event and not self.steps[name].opens:
                raise ValueError(f"starts.{name}: the step does not open a case")
        for source in self.forms.sources:
            self._opened(source)
        refuse_loops(self.steps)

    def _period(self) -> None:
        rules = packaged(SupplierRules, "suppliers")
        last = max(Period.parse(source.periods[-1]).end for source in rules.sources.values())
        if self.lives.end < last - timedelta(days=366 * _OLDEST):
            raise ValueError(f"end must not lie more than {_OLDEST} years before the last delivery, {last}")

    def _known(self, name: str, step: Step) -> None:
        """Source, event and whom it is about go together."""
        if step.source not in self.forms.sources and (step.event or step.source):
            raise ValueError(f"steps.{name}.source: {_unknown('source', step.source)}")
        if not step.event:
            if step.opens or step.ends:
                raise ValueError(f"steps.{name}: only a step with an event can open or end a case")
            return
        form = self.forms.sources[step.source]
        if step.event not in form.events:
            raise ValueError(f"steps.{name}.event: {step.source} cannot write down: {step.event}")
        chosen = step.opens or "about" in step.model_fields_set
        if chosen and step.about not in _ABOUT[form.roles]:
            fit = ", ".join(sorted(_ABOUT[form.roles]))
            raise ValueError(f"steps.{name}.about: a step of {step.source} can be about: {fit}")

    # -- values --------------------------------------------------------------------------------------------------

    def _values(self, where: str, step: Step, values: Values) -> None:
        """Every value can be worked out, and written in its columns."""
        for key, draw in values.items():
            place, rule = f"{where}.{key}", _rule(draw)
            if rule is not None and rule not in RULES:
                raise ValueError(f"{place}: {_unknown('rule', rule)}")
            self._looked_at(place, rule, list(values)[: list(values).index(key)])
            if key in NUMBERS and (rule or any(not _is_number(text) for text in _drawn(draw))):
                raise ValueError(f"{place}: must be a whole number")
            for column in self._columns(step, key, values):
                _refuse_misfit(place, column, draw)

    def _looked_at(self, place: str, rule: str | None, before: list[str]) -> None:
        needed = _LOOKS_AT.get(rule or "")
        if needed and needed not in before:
            raise ValueError(f"{place}: ?{rule} needs a value {needed} before it")
        if rule == "involvement":
            for name, step in self.steps.items():
                if step.opens and step.source == "veilig_thuis" and name != _FIRST_REPORT:
                    raise ValueError(
                        f"steps.{name}: with ?involvement only the step {_FIRST_REPORT} can open there"
                    )

    def _columns(self, step: Step, key: str, values: Values) -> Iterator[Field]:
        """The contract's columns that a value is written in."""
        if not step.event:
            return
        contract = load_contract(step.source)
        for column, what in self.forms.sources[step.source].events[step.event].items():
            if what == key:
                yield from (contract.field(name) for name in _named(column, values) if name in contract)

    # -- what is written down --------------------------------------------------------------------------------------

    def _written(self, name: str, step: Step) -> None:
        """What must be known at an event is given, in every way the step can come about."""
        event, form = str(step.event), self.forms.sources[step.source]
        for where, values in self.variants[name]:
            needed = {*_NEEDS.get(event, ())}
            if step.opens:
                needed |= {"patient_rol"} if step.about == "patient" else set()
                needed |= {"child_present", "role"} if step.about == "incident" else set()
            for key in sorted(needed):
                if values.get(key) is None:
                    raise ValueError(f"{where}: {key} must have a value")
            contract = load_contract(step.source)
            for column in (found for key in form.events[event] for found in _named(key, values)):
                if column not in contract:
                    raise ValueError(f"{where}: {step.source} has no column {column}")
            if step.opens and not step.held:
                self._whole_row(where, form, step, [(event, values)])
        if step.opens and step.held:
            self._held(name, step, form)

    def _held(self, name: str, step: Step, form: SourceForm) -> None:
        """A case that opens unseen has a whole row when a next step shows it."""
        for where, edge in _edges(name, step):
            shown = self.steps[edge.to]
            if not shown.event or shown.source != step.source or shown.held or shown.opens:
                continue
            given: Values = {**shown.values, **edge.values}
            for _, values in self.variants[name]:
                both = [(str(step.event), values), (shown.event, given)]
                self._whole_row(f"{where}", form, step, both)

    def _whole_row(self, where: str, form: SourceForm, step: Step, events: list[tuple[str, Values]]) -> None:
        own = {column for event in form.events.values() for column in event} | {*form.start, form.key}
        known = {*form.start, form.key}
        for event, values in events:
            known |= {column for column, what in form.events[event].items()
                      if what in {"day", "+day"} or what.startswith("=") or values.get(what) is not None}  # fmt: skip
        for field in load_contract(step.source):
            if field.required and field.name in own and field.name not in known:
                raise ValueError(
                    f"{where}: {field.name} has no value, and {step.source} must always deliver it"
                )

    # -- cases -----------------------------------------------------------------------------------------------------

    def _opened(self, source: str) -> None:
        """Every step of a source that can come about has a way to it on which a case was opened."""
        todo = [(name, False) for name in self.lives.starts]
        reached: set[tuple[str, bool]] = set()
        while todo:
            name, is_open = todo.pop()
            step = self.steps[name]
            is_open |= step.opens and step.source == source
            if (name, is_open) not in reached:
                reached.add((name, is_open))
                todo += [(edge.to, is_open) for _, edge in _edges(name, step)]
        for name, is_open in sorted(reached):
            step = self.steps[name]
            if step.event and step.source == source and not is_open and (name, True) not in reached:
                raise ValueError(f"steps.{name}: no case of {source} is open by then (which step has opens?)")


def _edges(name: str, step: Step) -> Iterator[tuple[str, Edge]]:
    """What may follow a step, with its place in the file."""
    both = chain(
        ((f"then.{number}", edge) for number, edge in enumerate(step.then)),
        ((f"choose.{number}", edge) for number, edge in enumerate(step.choose)),
    )
    return ((f"steps.{name}.{place}", edge) for place, edge in both)


def _rule(draw: Draw) -> str | None:
    return draw[1:] if isinstance(draw, str) and draw.startswith("?") else None


def _drawn(draw: Draw) -> list[str]:
    """The texts that can come out; of a rule: none."""
    if isinstance(draw, dict):
        return list(draw)
    return [] if draw is None or _rule(draw) is not None else [draw]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _named(column: str, values: Values) -> list[str]:
    """The names of a column whose name holds a value, such as ``monitor{number}_datum``."""
    if "{" not in column:
        return [column]
    key = column[column.index("{") + 1 : column.index("}")]
    return [column.replace(f"{{{key}}}", text) for text in _drawn(values.get(key))]


def _refuse_misfit(place: str, column: Field, draw: Draw) -> None:
    """Raise ValueError when a value cannot be written in a column of the contract."""
    rule = _rule(draw)
    if rule is not None:
        if column.name not in _FILLS.get(rule, {column.name}):
            raise ValueError(f"{place}: ?{rule} does not give a {column.name}")
        return
    if column.type in {"codes", "dates", "date"} and draw is not None:
        raise ValueError(f"{place}: {column.name} can only be worked out by a rule")
    for text in _drawn(draw):
        if column.codes is not None and text not in column.codes:
            raise ValueError(f"{place}: {_unknown(f'code of {column.name}', text)}")
        if column.type == "integer" and not _within(text, column):
            raise ValueError(f"{place}: {column.name} must be a whole number that the contract allows")
        if column.type == "string" and not column.matches(text):
            raise ValueError(f"{place}: not what the contract says of {column.name}")


def _within(text: str, column: Field) -> bool:
    return _is_number(text) and (column.minimum or 0) <= int(text) <= (column.maximum or int(text))


def _unknown(what: str, name: str) -> str:
    return f"unknown {what}: {name}" if name else f"no {what}"
