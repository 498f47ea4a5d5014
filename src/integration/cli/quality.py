"""The commands of a data steward: what is wrong with deliveries, and what is decided about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integration.cli.app import Json, quality_app, settings
from integration.cli.show import reason as in_words
from integration.errors import EXIT_FINDINGS, EXIT_WAITS

if TYPE_CHECKING:
    from integration.stewardship.overview import Line, Shown

Delivery = Annotated[str, typer.Argument(help="The delivery's id, as `quality list` gives it.")]


def _look_at(action: str, names: list[str]) -> None:
    from integration import audit

    shown = {f"delivery:{name}" if not name.startswith("Q-") else f"quarantine:{name}" for name in names}
    objects = {name: name for name in sorted(shown)}
    audit.looked(settings(), action, objects, purpose=audit.Purpose.STEWARDSHIP, made_by="check")


@quality_app.command("list")
def quality_list(
    all_: Annotated[bool, typer.Option("--all", help="Also deliveries with nothing to look at.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what waits for a decision.")] = False,
    json_: Json = False,
) -> None:
    """Every delivery that asks for attention; with --json also those of which only single rows were refused."""
    from integration import console
    from integration.stage_means import open_ledger
    from integration.stewardship.overview import overview

    chosen = settings()
    found = overview(chosen, open_ledger(chosen))
    lines = [line for line in found if all_ or line.asks or (json_ and line.noticed)]
    if waiting:
        lines = [line for line in lines if line.waits_for]
    _look_at("quality.list", [line.delivery_id for line in lines if line.delivery_id])
    if json_:
        console.print_json([line.as_dict() for line in lines])
    else:
        mark = "SYNTHETISCH · " if chosen.synthetic else ""
        heads = ("levering", "stand", "kritiek", "waarschuwing", "regels met bevindingen")
        console.print_table(f"{mark}Leveringen die aandacht vragen", heads, [_row(line) for line in lines])
    if any(line.waits_for for line in lines):
        raise typer.Exit(EXIT_WAITS)
    raise typer.Exit(EXIT_FINDINGS if any(line.noticed for line in found) else 0)


_STATES = {
    "received": "ontvangen", "encoded": "gecodeerd", "checked": "gecontroleerd", "loaded": "toegelaten",
    "held": "wacht op besluit", "quarantined": "geweigerd", "missing": "niet geleverd",
}  # fmt: skip


def _row(line: Line) -> tuple[Any, ...]:
    state = _STATES[line.state] + (" (tweede)" if line.waits_for == "second" else "")
    late = (
        f", {line.days_late} {'dag' if line.days_late == 1 else 'dagen'} te laat"
        if (line.days_late or 0) > 0
        else ""
    )
    stopped = (*line.critical, *(f"{check} (ontheffing)" for check in line.waived), *line.could_not_run)
    named = line.delivery_id or f"{line.source} {line.supplier} {line.municipality} {line.period}"
    return (
        named,
        state + late,
        ", ".join(stopped) or in_words(line.reason),
        ", ".join(line.warned),
        ", ".join(f"{number}x {code}" for code, number in line.row_reasons.items()),
    )


@quality_app.command("show")
def quality_show(delivery: Delivery, json_: Json = False) -> None:
    """One delivery: what each check found, what its rows were refused for, and what was decided about it."""
    from integration import console
    from integration.stage_means import open_ledger
    from integration.stewardship.overview import show

    chosen = settings()
    found = show(chosen, open_ledger(chosen), delivery)
    _look_at("quality.show", [delivery])
    if json_:
        console.print_json(found.as_dict())
    else:
        _print(found)
    raise typer.Exit(EXIT_WAITS if found.line.waits_for else EXIT_FINDINGS if found.line.noticed else 0)


def _print(found: Shown) -> None:
    from integration import console

    rows = [
        (
            check["id"],
            {"failed": "niet gehaald", "error": "kon niet worden uitgevoerd"}[check["result"]],
            {"critical": "kritiek", "warning": "waarschuwing", "info": "ter informatie"}[check["weight"]],
            check["nl"],
            check["n"],
            "" if check["unexpected"] is None else check["unexpected"],
            " · ".join(_came_out(result) for result in found.earlier.get(check["id"], ())),
        )
        for check in found.failed()
    ]
    heads = ("controle", "uitkomst", "ernst", "wat moet gelden", "van", "niet", "eerder")
    title = f"{found.line.delivery_id}: {_STATES[found.line.state]}"
    console.print_table(title, heads, rows)
    if found.line.row_reasons:
        reasons = [(in_words(code), number) for code, number in found.line.row_reasons.items()]
        console.print_table("Bevindingen in regels", ("reden", "aantal"), reasons)
    if found.decisions:
        _print_decisions([decision.as_dict() for decision in found.decisions], "Besluiten")


def _came_out(result: Mapping[str, Any]) -> str:
    """How a check came out before, as short as can be: its share of rows that did not hold, or a word."""
    if result["result"] == "error":
        return "?"
    if result["share"] is None:
        return "ja" if result["result"] == "success" else "nee"
    return f"{result['share']:.0%}"


_KINDS = {
    "accept": "toegelaten", "waive": "toegelaten met ontheffing", "reject": "afgewezen",
    "redeliver": "nieuwe levering gevraagd", "recheck": "opnieuw controleren", "replay": "opnieuw inlezen",
    "reopen": "weer in behandeling",
}  # fmt: skip


def _print_decisions(rows: list[dict[str, Any]], title: str) -> None:
    from integration import console

    heads = ("levering", "besluit", "reden", "toelichting", "door", "op", "tot en met")
    told = [
        (
            row["delivery_id"],
            _KINDS[row["kind"]],
            in_words(row["reason"]),
            row["explanation"],
            f"{row['by']} ({row['role']})",
            row["at"][:16].replace("T", " "),
            row["ends_on"] or "",
        )
        for row in rows
    ]
    console.print_table(title, heads, told)


@quality_app.command("decide")
def quality_decide(
    delivery: Delivery,
    kind: Annotated[str, typer.Argument(help="accept, waive, reject, redeliver, recheck, replay or reopen.")],
    reason: Annotated[str, typer.Option(help="A reason code that begins with DECIDED_.")],
    why: Annotated[str, typer.Option(help="In a sentence; no personal data.")],
    check: Annotated[list[str] | None, typer.Option(help="For waive: a check that may fail; repeat.")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="For waive: its last day.")
    ] = None,
    json_: Json = False,
) -> None:
    """Decide about a delivery. The run that waits for it in Airflow goes on; without Airflow the next run does it."""
    from integration import console
    from integration.steward_desk import Decided, decide_and_tell
    from integration.stewardship.deciding import Request

    request = Request(delivery, kind, reason, why, tuple(check or ()), until.date() if until else None)
    done: Decided = decide_and_tell(settings(), request)
    if json_:
        console.print_json(done.as_dict())
    else:
        console.stdout().print(done.text, soft_wrap=True, markup=False)
    raise typer.Exit(EXIT_WAITS if done.waits_for_second else 0)


@quality_app.command("decisions")
def quality_decisions(json_: Json = False) -> None:
    """The register of decisions: who decided what about which delivery, when and why."""
    from integration import console
    from integration.stewardship.seats import open_decisions

    found = [decision.as_dict() for decision in open_decisions(settings()).all()]
    _look_at("quality.decisions", sorted({row["delivery_id"] for row in found}))
    if json_:
        console.print_json(found)
    else:
        _print_decisions(found, "Besluitenregister")


@quality_app.command("waivers")
def quality_waivers(
    ended: Annotated[bool, typer.Option("--ended", help="Also those that have ended.")] = False,
    json_: Json = False,
) -> None:
    """The waivers that count today: which check may fail at whom, until when."""
    from integration import console
    from integration.stage_means import open_ledger
    from integration.stewardship.waivers import waivers

    chosen = settings()
    found = waivers(chosen, open_ledger(chosen), ended=ended)
    if json_:
        console.print_json([vars(waiver) | {"ends_on": waiver.ends_on.isoformat()} for waiver in found])
        return
    heads = ("controle", "leverancier", "gemeente", "tot en met", "door")
    rows = [(w.check, w.supplier, w.municipality, w.ends_on.isoformat(), w.by) for w in found]
    console.print_table("Ontheffingen", heads, rows)
