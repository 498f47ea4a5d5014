"""What no contract may declare, and how it is recognised in what a contract says about a column.

Nationality, ethnicity, country of birth, religion, language and benefit fraud are no business of this system
(Charter art. 21, AVG art. 9; the SyRI judgment ECLI:NL:RBDHA:2020:865 and the childcare benefits affair show why),
and free text can hold all of them. The words are looked for in everything a contract says about a column, also
where it denies them: a column is described by what it holds. This is a lock against accidents and quiet additions,
beside the review of every contract; a code name can always be chosen to mislead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_ANYWHERE: dict[str, str] = {
    "nationality": r"""nationalit\w* | staatsburger\w* | citizenship | paspoort\w* | passport\w* | vreemdeling\w*
        | verblijfs(titel|status|vergunning|recht|document)\w* | residence\ permit\w* | statushouder\w*
        | vluchteling\w* | refugee\w* | asiel\w* | asylum\w*""",
    "ethnicity": r"""etni\w* | ethni\w* | ras | rassen | race | races | racial\w* | afkomst\w* | migratieachtergrond\w*
        | migration\ background | migrant\w* | immigra\w* | allochto\w* | autochto\w* | huidskleur\w* | skin\ colou?r
        | herkomst(land|groep)\w* | (land|landen)\ van\ herkomst | country\ of\ origin""",
    "birth country": r"""geboorteland\w* | geboorteplaats\w* | geboortestreek\w* | birth\ ?(country|place)\w*
        | (land|plaats)\ van\ geboorte | (country|place)\ of\ birth | geboren\ in | born\ in""",
    "religion": r"""religi\w* | geloof | geloofs\w* | gelovig\w* | godsdienst\w* | kerk | kerken | kerkelijk\w*
        | kerkgenoot\w* | moskee\w* | mosque\w* | church\w* | synago\w* | levens(beschouw|overtuig)\w* | denominati\w*
        | faith\w* | confessi\w* | islam\w* | moslim\w* | muslim\w* | christel\w* | christian\w* | katholi\w* | catholic\w*
        | protestant\w* | joods\w* | jewish | hindoe\w* | hindu\w* | boeddh\w* | buddh\w*""",
    "language": r"""(moeder|thuis|spreek|voer|voorkeurs|gezins|lands|omgangs|gebaren)?taal(?!\w) | taal\w*
        | (moeder|thuis|spreek|voer|voorkeurs)ta(a)?l\w* | talen | tolk\w* | interpreter\w* | language\w* | linguist\w*
        | mother\ tongue | anderstalig\w* | nederlandstalig\w*""",
    "benefit fraud": r"""\w*fraud\w* | toeslagenaffaire\w*
        | misbruik\ van\ (een\ |de\ )?(uitkering|toeslag|bijstand|voorziening|sociale\ voorziening)\w*
        | (uitkerings|toeslag|toeslagen|bijstands)misbruik\w* | onterechte\ (uitkering|toeslag|bijstand)\w*
        | benefits?\ (abuse|cheat)\w*""",
    "free text": r"""vrije?\ ?(tekst|invoer)\w* | free\ ?(text|form)\w* | tekstveld\w* | text\ ?field\w* | open\ (veld|antwoord)
        | (in\ )?eigen\ woorden | own\ words""",
}
_NAMES: dict[str, str] = {
    "nationality": r"natie | nation",
    "ethnicity": r"herkomst\w*",
    "birth country": r"land | landcode\w* | country\w*",
    "religion": r"belief\w*",
    "free text": r"""toelichting\w* | opmerking\w* | notitie\w* | omschrijving\w* | beschrijving\w* | memo | memos
        | memoveld\w* | verslag | verslagen | verslagtekst\w* | verslaglegging\w* | commenta\w* | comment | comments
        | remark | remarks | note | notes | narrative\w* | annotati\w* | aantekening\w* | tekst | teksten | text | texts
        | description | verhaal | relaas""",
}
_SQUEEZED: dict[str, str] = {
    "nationality": r"nationalit|staatsburger|verblijfstitel|verblijfsstatus|verblijfsvergunning",
    "ethnicity": r"etnici|ethnici|migratieachtergrond|landvanherkomst|herkomstland",
    "birth country": r"geboorteland|geboorteplaats|landvangeboorte|birthcountry|birthplace|countryofbirth",
    "religion": r"religi|godsdienst|geloofsovertuiging|levensovertuiging|levensbeschouw",
    "language": r"moedertaal|thuistaal|spreektaal|voertaal|voorkeurstaal|language",
    "benefit fraud": r"fraude|fraud(?!ul)",
    "free text": r"vrijetekst|vrijveld|freetext|toelichting|opmerking|omschrijving|aantekening",
}


def _words(patterns: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {topic: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.VERBOSE) for topic, words in patterns.items()}


_IN_PROSE = _words(_ANYWHERE)
_IN_NAMES = _words(_NAMES)
_INSIDE_NAMES = {topic: re.compile(words) for topic, words in _SQUEEZED.items()}
TOPICS = tuple(_ANYWHERE)
"""What may not be declared, as named in refusals."""


def _plain(text: str) -> str:
    """Lower case without accents; camelCase, underscores and other separators become one space."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", " ", text.casefold()).strip()


def prohibited_topic(names: Iterable[str], prose: Iterable[str], *, holds_text: bool = True) -> str | None:
    """The first of :data:`TOPICS` that a column's ``names`` (name, label, tags) or ``prose`` (descriptions) are about.

    Names are read more strictly than prose: a column called *opmerking* is free text, a description may use
    the word, and so may the name of a date or number (``holds_text`` false). Returns None when nothing
    prohibited is found.
    """
    plain_names = [_plain(text) for text in names]
    everything = plain_names + [_plain(text) for text in prose]
    for topic in TOPICS:
        if any(_IN_PROSE[topic].search(text) for text in everything):
            return topic
        if topic == "free text" and not holds_text:
            continue
        if topic in _IN_NAMES and any(_IN_NAMES[topic].search(text) for text in plain_names):
            return topic
        if any(_INSIDE_NAMES[topic].search(text.replace(" ", "")) for text in plain_names):
            return topic
    return None
