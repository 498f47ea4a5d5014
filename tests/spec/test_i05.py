"""I05: more than 60 days on end without activity within 180 days after the handover."""

from __future__ import annotations

from helpers.models import World

MEMBERS = """
    gezin   person  role
    seen    anna    kind
    sixty   bram    kind
    silent  carl    kind
    stable  dana    kind
    unsafe  eric    kind
    moved   faye    kind
    mother  gijs    kind
    mother  mama    ouder
"""


def handed_over(*children: str) -> str:
    """Handovers on 1 February 2025: followed until 31 July."""
    rows = [f"c{n} {child} 2025-01-02 2025-02-01" for n, child in enumerate(children)]
    return "\n".join(["case kind melding_datum overdracht_datum", *rows])


def out_of_view(world: World) -> dict[str, bool]:
    return dict(world.rows("indicators.i05", "unit_id", "hit"))  # type: ignore[arg-type]


def test_sixty_days_of_silence_are_in_view_and_sixty_one_are_not() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis=handed_over("anna", "bram", "carl"),
        wijkteam="""
            case  kind  aanmeld_datum  contactmomenten
            w1    anna  2025-02-01     2025-03-15,2025-05-01,2025-06-15
            w2    bram  2025-02-01     2025-04-03,2025-06-01
            w3    carl  2025-02-01     2025-04-04,2025-06-01
        """,
    )
    assert out_of_view(world) == {"seen": False, "sixty": False, "silent": True}
    assert world.counts("I05", "2025") == (1, 3, 0)


def test_silence_at_the_end_counts_up_to_day_180() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis=handed_over("bram", "carl"),
        wijkteam="""
            case  kind  aanmeld_datum  contactmomenten
            w2    bram  2025-02-01     2025-03-31,2025-05-31
            w3    carl  2025-02-01     2025-03-31,2025-05-30
        """,
    )
    assert out_of_view(world) == {"sixty": False, "silent": True}


def test_observation_ends_at_a_stably_safe_closure_only() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis=handed_over("dana", "eric"),
        wijkteam="""
            case  kind  aanmeld_datum  contactmomenten  afsluit_datum  afsluit_veiligheid
            w4    dana  2025-02-01     2025-02-20       2025-03-10     STABIEL_VEILIG
            w5    eric  2025-02-01     2025-02-20       2025-03-10     NIET_BEOORDEELD
        """,
    )
    assert out_of_view(world) == {"stable": False, "unsafe": True}


def test_police_and_veilig_thuis_do_not_keep_a_gezin_in_view_but_a_parents_gp_contact_does() -> None:
    gp = ["2025-02-20", "2025-04-10", "2025-06-01"]
    world = World(
        members=MEMBERS,
        veilig_thuis=handed_over("carl", "gijs"),
        politie="""
            kind  incident_datum
            carl  2025-03-01
            carl  2025-04-01
            carl  2025-05-01
            carl  2025-06-15
        """,
        huisarts="patient patient_rol contact_datum\n" + "\n".join(f"mama OUDER {day}" for day in gp),
    )
    assert out_of_view(world) == {"silent": True, "mother": False}


def test_a_gezin_whose_child_left_in_those_days_is_left_out() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis=handed_over("faye", "carl"),
        onderwijs="""
            kind  verzuim_begin  vertrek_datum
            faye  2024-11-01     2025-07-31
            carl  2024-11-01     2025-08-01
        """,
    )
    assert out_of_view(world) == {"silent": True}


def test_two_handovers_of_one_gezin_count_once_and_any_silence_tells() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis="""
            case  kind  melding_datum  overdracht_datum
            c1    anna  2024-12-01     2025-01-01
            c2    anna  2025-04-01     2025-05-15
            c3    otto  2025-01-01     2025-02-01
        """,
        wijkteam="""
            case  kind  aanmeld_datum  contactmomenten
            w1    anna  2025-01-01     2025-02-15,2025-04-01,2025-05-15,2025-06-25
        """,
    )
    assert world.rows("indicators.i05", "unit_id", "closes_on", "hit", "missing") == [
        ("GM0321:VE01:c3:", "2025-07-31", False, True),
        ("seen", "2025-06-30", False, False),
        ("seen", "2025-11-11", True, False),
    ]
    assert world.counts("I05", "2025") == (1, 1, 1)
    assert world.counts("I05", "2025-Q2") == (0, 1, 0)


def test_not_followed_for_180_days_is_not_counted() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis="""
            case  kind  melding_datum  overdracht_datum
            c1    anna  2025-08-01     2025-08-10
        """,
    )
    assert world.counts("I05", "2025") == (0, 0, 0)
