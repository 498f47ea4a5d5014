"""Reads the sample's declarations strictly: a rate that cannot be, or a name nobody knows, is refused at once.

Here stands what is declared of people, lives and themes; of suppliers and defects in ``declare_deliveries.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from integration.errors import DeclarationError
from integration.reasons import Reason
from integration.sample.naming import municipalities
from integration.sample.values import Ages, Draw, Share, whole
from integration.sample.values import Days as Days  # also for who reads lives

HERE = Path(__file__).resolve().parent


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LocalName(Strict):
    """A surname that is common in one place."""

    name: tuple[str, str]
    share: Share


class LocalHouseholds(Strict):
    """What households a municipality has; see the head of ``population.yml``."""

    one_person: Share
    with_children: Share
    minors: Share
    young: Share

    @model_validator(mode="after")
    def _fits(self) -> LocalHouseholds:
        if self.one_person + self.with_children > 1:
            raise ValueError("one_person and with_children add up to more than 1")
        return self


class RareSurnames(Strict):
    """Names put together from parts, for this share of people."""

    share: Share
    prefixes: Annotated[tuple[str, ...], Field(min_length=1)]
    beginnings: Annotated[tuple[str, ...], Field(min_length=1)]
    endings: Annotated[tuple[str, ...], Field(min_length=1)]


class PopulationRates(Strict):
    """``population.yml``: who lives together, how old they are, and what befalls a household."""

    format: Literal["integration-population/2"]
    reference_day: date
    municipalities: dict[str, LocalHouseholds]
    families: Annotated[dict[str, float], AfterValidator(whole)]
    grown_one_parent: Share
    children: Annotated[dict[int, float], AfterValidator(whole)]
    grown_children: Annotated[dict[int, float], AfterValidator(whole)]
    ages: dict[Literal["one_person", "couple"], Annotated[dict[int, float], AfterValidator(whole)]]
    same_sex: Share
    women_alone: dict[int, Share]
    deaths_a_year: dict[int, Share]
    moves_in: Share
    moves_out: Share
    moves: Share
    separates: Share
    twins: Share
    flat: Share
    house_addition: Share
    secret_address: Share
    shelter: Share
    partial_birth_date: Share
    takes_partners_name: Share
    child_has_mothers_name: Share
    child_has_double_name: Share
    one_parent_is_father: Share
    foster_homes_per_1000: Annotated[float, Field(ge=0, le=1000)]
    local_surnames: dict[str, tuple[LocalName, ...]]
    rare_surnames: RareSurnames

    @model_validator(mode="after")
    def _hangs_together(self) -> PopulationRates:
        known = {place.code for place in municipalities()}
        unknown(("municipality", code, known) for code in (*self.municipalities, *self.local_surnames))
        if missing := sorted(known - set(self.municipalities)):
            raise ValueError(f"no households for municipality {missing[0]}")
        return self


class Late(Strict):
    """With ``chance`` a step takes these ``days`` instead of the usual ones."""

    chance: Share
    days: Days


class Edge(Strict):
    """What may follow a step: ``to`` happens with ``chance``, ``days`` later, if the step's values match ``when``."""

    to: str
    chance: Share = 1.0
    days: Days = (0, 0, 0)
    late: Late | None = None
    when: dict[str, tuple[str, ...]] = {}
    values: dict[str, Draw] = {}


class Step(Strict):
    """One thing that can happen to a family. See the head of ``lives.yml`` for what each key means."""

    event: str | None = None
    source: str = ""
    opens: bool = False
    ends: bool = False
    once: bool = True
    held: bool = False
    about: Literal["children", "child", "any_child", "patient", "incident"] = "child"
    weekend: bool = False
    ages: Ages | None = None
    values: dict[str, Draw] = {}
    then: tuple[Edge, ...] = ()
    choose: tuple[Edge, ...] = ()


class Change(Strict):
    """One figure that differs in a municipality: of the edges ``step -> to``, or of a value the step draws."""

    step: str
    to: str | None = None
    chance: Share | None = None
    days: Days | None = None
    late: Late | None = None
    values: dict[str, Draw] = {}


class Theme(Strict):
    """A strength or weakness of one municipality: what is different there, and in which indicators it should show."""

    municipality: str
    theme: str
    strength: Literal["sterk", "zwak"]
    shows_in: Annotated[tuple[str, ...], Field(min_length=1)]
    change: Annotated[tuple[Change, ...], Field(min_length=1)]


class Themes(Strict):
    """``themes.yml``: the strengths and weaknesses that reports should find."""

    format: Literal["integration-themes/1"]
    themes: tuple[Theme, ...]

    @model_validator(mode="after")
    def _known(self) -> Themes:
        codes = {place.code for place in municipalities()}
        unknown(("municipality", theme.municipality, codes) for theme in self.themes)
        return self


class Vulnerable(Strict):
    """A ``share`` of families for whom everything starts ``times`` as often as for all together."""

    share: Share
    times: Annotated[float, Field(ge=1, le=50)]

    @model_validator(mode="after")
    def _leaves_something(self) -> Vulnerable:
        if self.share * self.times >= 1:
            raise ValueError("share times times must be below 1: the others have starts too")
        return self


FIRST_DAY, LAST_DAY = date(2010, 1, 1), date(2026, 2, 16)
"""The earliest day on which lives can start, and the day at which the sample's clock stands still."""


def _refuse_period(start: date, end: date) -> None:
    if start >= end:
        raise ValueError("start must lie before end")
    if start < FIRST_DAY:
        raise ValueError(f"start must not lie before {FIRST_DAY}")
    if end > LAST_DAY:
        raise ValueError(f"end must not lie after the sample's clock, {LAST_DAY}")
    if (end - start).days < 365:
        raise ValueError("start must lie at least 365 days before end")


Rates = Annotated[dict[str, Annotated[float, Field(ge=0, le=1000)]], Field(min_length=1)]
"""How many times a year something starts, per 1,000 families with minors."""
Levels = dict[str, Annotated[float, Field(ge=0, le=20)]]
"""How many times as often something starts in a municipality."""


class Lives(Strict):
    """``lives.yml``: what happens to families who need help."""

    format: Literal["integration-lives/2"]
    start: date
    end: date
    starts: Rates
    levels: dict[str, Levels] = {}
    vulnerable: Vulnerable
    known_before: Share
    monitored_again: Share
    unclassified: Share
    steps: dict[str, Step]
    mistakes: dict[str, Share]

    @model_validator(mode="after")
    def _hangs_together(self) -> Lives:
        _refuse_period(self.start, self.end)
        edges = [edge.to for step in self.steps.values() for edge in (*step.then, *step.choose)]
        unknown(("step", name, self.steps) for name in (*self.starts, *edges))
        unknown(("municipality", code, {place.code for place in municipalities()}) for code in self.levels)
        unknown(("start", name, self.starts) for levels in self.levels.values() for name in levels)
        for name, step in self.steps.items():
            together: dict[str, float] = {}
            for edge in step.choose:
                together[str(edge.when)] = together.get(str(edge.when), 0) + edge.chance
            if any(chance > 1 + 1e-6 for chance in together.values()):
                raise ValueError(f"the chances under choose of step {name} add up to more than 1")
        return self


M = TypeVar("M", bound=BaseModel)


def unknown(names: Iterable[tuple[str, str, Iterable[str]]]) -> None:
    """Raise :class:`ValueError` for the first (what, name, known names) whose name is not known."""
    for what, name, known in names:
        if name not in known:
            raise ValueError(f"unknown {what}: {name}")


def one_line(text: str) -> str:
    """A message in one line, of at most 300 signs: names in a file may hold anything."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= 300 else f"{line[:299]}…"


def read(model: type[M], path: Path) -> M:
    """Read a declaration; raise :class:`~integration.errors.DeclarationError` LIVES_INVALID saying what is wrong."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            what = "the file is empty" if content is None else "the file must be a list of keys and values"
            raise DeclarationError(Reason.LIVES_INVALID, what, file=path.name)
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        why = f"{place}: {first['msg'].removeprefix('Value error, ')}".removeprefix(": ")
        raise DeclarationError(Reason.LIVES_INVALID, one_line(why), file=path.name) from None
    except RecursionError:
        raise DeclarationError(Reason.LIVES_INVALID, "too many levels", file=path.name) from None
    except (OSError, ValueError, yaml.YAMLError):
        raise DeclarationError(Reason.LIVES_INVALID, "not a readable YAML file", file=path.name) from None


def packaged(model: type[M], name: str) -> M:
    """Read ``<name>.yml`` of this package."""
    return read(model, HERE / f"{name}.yml")
