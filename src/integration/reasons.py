"""Every reason code, with the text that people see. The codes are stable: operators search for them.

``delivery`` reasons send a whole delivery to quarantine, ``row`` reasons refuse a row or null a field,
``run`` reasons end a command, ``request`` reasons say why a person's right is carried out. docs/reference/reason-codes.md is made from this table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """A reason code. Its value is its name; ``level`` is delivery, row, run or request; ``nl`` and ``en`` say it in words."""

    level: str
    nl: str
    en: str

    def __new__(cls, code: str, level: str, nl: str, en: str) -> Self:
        """Make a member whose value is its code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.level, member.nl, member.en = level, nl, en
        return member

    # fmt: off
    # -- a whole delivery --------------------------------------------------------------------------
    ARCHIVE_REFUSED = "ARCHIVE_REFUSED", "delivery", "Een ingepakt bestand wordt niet aangenomen", "an archive or compressed file is not taken in"
    AUDIENCE_WRONG = "AUDIENCE_WRONG", "delivery", "De levering is voor een andere ontvanger", "it was sealed for another receiver"
    CHAIN_BROKEN = "CHAIN_BROKEN", "delivery", "Het manifest sluit niet aan op de vorige levering", "the manifest does not follow on the one before"
    CHECK_CRITICAL = "CHECK_CRITICAL", "delivery", "Een kritieke kwaliteitscontrole is niet gehaald", "a critical quality check failed"
    CHECK_ERROR = "CHECK_ERROR", "delivery", "Een kwaliteitscontrole kon niet worden uitgevoerd", "a quality check could not run"
    COLUMNS_MISMATCH = "COLUMNS_MISMATCH", "delivery", "De kolommen wijken af van het manifest", "other columns than in the manifest"
    COLUMN_DUPLICATE = "COLUMN_DUPLICATE", "delivery", "Een kolom komt twee keer voor", "a column occurs twice"
    COLUMN_MISSING = "COLUMN_MISSING", "delivery", "Een afgesproken kolom ontbreekt", "an agreed column is missing"
    COLUMN_RENAMED = "COLUMN_RENAMED", "delivery", "Een kolom heeft een andere naam gekregen", "a column was renamed"
    COLUMN_UNDECLARED = "COLUMN_UNDECLARED", "delivery", "Een kolom staat niet in de afspraak", "a column is not in the contract"
    CONTRACT_MISMATCH = "CONTRACT_MISMATCH", "delivery", "Een andere contractversie dan afgesproken", "another contract version than agreed"
    CONTRACT_UNKNOWN = "CONTRACT_UNKNOWN", "delivery", "De contractversie is onbekend", "the contract version is unknown"
    DATABASE_FILE = "DATABASE_FILE", "delivery", "Een databasebestand wordt niet aangenomen", "a database file is not taken in"
    DATA_KEY_SHREDDED = "DATA_KEY_SHREDDED", "delivery", "De eigen sleutel van de levering is vernietigd", "the delivery's own key was shredded"
    DELIVERY_DUPLICATE = "DELIVERY_DUPLICATE", "delivery", "Deze levering is al ontvangen", "this delivery was received before"
    DOMAIN_MISMATCH = "DOMAIN_MISMATCH", "delivery", "De gegevens zijn bij de bron versleuteld voor een andere gemeente", "it was encoded at the source for another domain"
    EMPTY_FILE = "EMPTY_FILE", "delivery", "Het bestand is leeg", "the file is empty"
    ENCODED_INVALID = "ENCODED_INVALID", "delivery", "De bij de bron versleutelde gegevens hebben niet de afgesproken vorm", "what was encoded at the source does not have the agreed form"
    ENVELOPE_DAMAGED = "ENVELOPE_DAMAGED", "delivery", "De envelop is beschadigd", "the envelope is damaged"
    ENVELOPE_SWAPPED = "ENVELOPE_SWAPPED", "delivery", "De envelop hoort bij een ander manifest", "the envelope belongs to another manifest"
    ENVELOPE_TRUNCATED = "ENVELOPE_TRUNCATED", "delivery", "De envelop is afgebroken", "the envelope is cut off"
    FIRST_PASS_UNKNOWN = "FIRST_PASS_UNKNOWN", "delivery", "De gegevens zijn bij de bron versleuteld met een andere sleutel dan deze gemeente gebruikt", "it was encoded at the source with another first-pass key than this domain uses"
    FORMAT_UNKNOWN = "FORMAT_UNKNOWN", "delivery", "Dit bestandsformaat wordt niet gelezen", "this file format cannot be read"
    HASH_MISMATCH = "HASH_MISMATCH", "delivery", "De SHA-256 wijkt af van het manifest", "the SHA-256 differs from the manifest"
    HEADER_MISSING = "HEADER_MISSING", "delivery", "De kolomkoppen ontbreken", "there is no header row"
    HEADER_ONLY = "HEADER_ONLY", "delivery", "Alleen kolomkoppen, en geen nihilopgave", "a header only, without a nil return"
    LABEL_MISMATCH = "LABEL_MISMATCH", "delivery", "Een regel noemt een andere levering_id", "a row names another levering_id"
    LINE_TOO_LONG = "LINE_TOO_LONG", "delivery", "Een regel is te lang", "a line is too long"
    MANIFEST_EDITED = "MANIFEST_EDITED", "delivery", "Het manifest is na het verzegelen gewijzigd", "the manifest was changed after it was sealed"
    MANIFEST_INVALID = "MANIFEST_INVALID", "delivery", "Het manifest is onleesbaar of onvolledig", "the manifest cannot be read"
    MANIFEST_MISSING = "MANIFEST_MISSING", "delivery", "Het manifest ontbreekt", "the manifest is missing"
    LINK_ENCODING_MISMATCH = "LINK_ENCODING_MISMATCH", "delivery", "De gegevens zijn bij de bron met een andere versie van de koppelcodering gemaakt", "it was made at the source by another version of the link encoding"
    LINK_KEY_UNKNOWN = "LINK_KEY_UNKNOWN", "delivery", "De koppelkolommen zijn bij de bron met een andere sleutel gemaakt dan deze gemeente gebruikt", "its columns for linkage were made at the source with another key than this domain uses"
    NORMALISATION_MISMATCH = "NORMALISATION_MISMATCH", "delivery", "De gegevens zijn bij de bron volgens andere regels genormaliseerd", "it was normalised at the source by another version of the rules"
    NOT_A_FILE = "NOT_A_FILE", "delivery", "Geen gewoon bestand maar een map of verwijzing", "not a regular file"
    NOT_SEALED = "NOT_SEALED", "delivery", "De levering is niet verzegeld", "the delivery is not sealed"
    NOT_TEXT = "NOT_TEXT", "delivery", "Geen tekstbestand", "not a text file"
    PATH_UNSAFE = "PATH_UNSAFE", "delivery", "De bestandsnaam is niet toegestaan", "the file name is not allowed"
    PAYLOAD_MISSING = "PAYLOAD_MISSING", "delivery", "Het gegevensbestand ontbreekt", "the payload is missing"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE", "delivery", "Het bestand is te groot", "the file is too large"
    PERIOD_INVALID = "PERIOD_INVALID", "delivery", "De periode past niet bij de leverancier", "the period does not fit the supplier"
    QUOTES_UNBALANCED = "QUOTES_UNBALANCED", "delivery", "De aanhalingstekens kloppen niet", "the quotes in a row are unbalanced"
    REGISTER_EXPIRED = "REGISTER_EXPIRED", "delivery", "De vermelding van deze bron in het verwerkingsregister is verlopen of nog niet ingegaan", "the source's entry in the register of processing has expired or not begun"
    REGISTER_INCOMPLETE = "REGISTER_INCOMPLETE", "delivery", "De vermelding van deze bron in het verwerkingsregister is onvolledig", "the source's entry in the register of processing is incomplete"
    REGISTER_MISSING = "REGISTER_MISSING", "delivery", "Deze bron staat niet in het verwerkingsregister", "the source is not in the register of processing"
    ROWS_MISMATCH = "ROWS_MISMATCH", "delivery", "Het aantal regels wijkt af van het manifest", "the rows differ from the manifest"
    ROW_SHAPE = "ROW_SHAPE", "delivery", "Een regel heeft te veel of te weinig velden", "a row has too many or too few fields"
    SEQUENCE_GAP = "SEQUENCE_GAP", "delivery", "Een eerdere levering ontbreekt", "a delivery before this one is missing"
    SEQUENCE_OLD = "SEQUENCE_OLD", "delivery", "Het volgnummer is al gepasseerd", "the sequence number is older than accepted ones"
    SEQUENCE_REUSED = "SEQUENCE_REUSED", "delivery", "Het volgnummer is al gebruikt", "another delivery has this sequence number"
    SIGNATURE_WRONG = "SIGNATURE_WRONG", "delivery", "De handtekening klopt niet", "the signature is wrong"
    SIGNER_EXPIRED = "SIGNER_EXPIRED", "delivery", "De ondertekenaar is niet meer of nog niet vertrouwd", "the signer is no longer or not yet trusted"
    SIGNER_UNKNOWN = "SIGNER_UNKNOWN", "delivery", "De ondertekenaar is niet vertrouwd voor deze leverancier", "the signer is not trusted for this supplier"
    SIZE_MISMATCH = "SIZE_MISMATCH", "delivery", "De omvang wijkt af van het manifest", "the size differs from the manifest"
    SOURCE_CLOSED = "SOURCE_CLOSED", "delivery", "Deze bron is gesloten zolang er geen vastgelegde grondslag is", "the source is closed until it has a recorded legal basis"
    SOURCE_MISMATCH = "SOURCE_MISMATCH", "delivery", "De bron past niet bij de leverancier", "the source does not fit the supplier"
    SOURCE_UNKNOWN = "SOURCE_UNKNOWN", "delivery", "De bron is onbekend", "the source is unknown"
    SUPPLIER_MISMATCH = "SUPPLIER_MISMATCH", "delivery", "De levering noemt een andere leverancier", "it names another supplier"
    SUPPLIER_UNKNOWN = "SUPPLIER_UNKNOWN", "delivery", "De leverancier is onbekend", "the supplier is unknown"
    TRUNCATED = "TRUNCATED", "delivery", "De laatste regel is afgebroken", "the last line is cut off"
    WRONG_DELIMITER = "WRONG_DELIMITER", "delivery", "Het scheidingsteken klopt niet", "the delimiter is wrong"
    WRONG_ENCODING = "WRONG_ENCODING", "delivery", "De tekencodering klopt niet", "the encoding is wrong"
    WRONG_MUNICIPALITY = "WRONG_MUNICIPALITY", "delivery", "De levering gaat over een andere gemeente", "it is about another municipality"
    XML_DTD = "XML_DTD", "delivery", "Een XML-bestand met een DTD wordt niet aangenomen", "an XML file with a DTD is not taken in"
    # -- a row or a field --------------------------------------------------------------------------
    BSN_INVALID = "BSN_INVALID", "row", "BSN voldoet niet aan de elfproef", "the BSN fails the 11-test"
    BSN_MISPLACED = "BSN_MISPLACED", "row", "Een BSN staat in een ander veld", "a BSN stands in another field"
    BSN_PADDED = "BSN_PADDED", "row", "BSN miste voorloopnullen en is aangevuld", "the BSN lost leading zeros and was padded"
    BSN_UNBORN = "BSN_UNBORN", "row", "BSN 000000000 betekent ongeboren", "the BSN means unborn"
    BSN_UNKNOWN = "BSN_UNKNOWN", "row", "BSN 999999999 betekent onbekend", "the BSN means unknown"
    CODE_UNKNOWN = "CODE_UNKNOWN", "row", "Code staat niet in de codelijst", "the code is not in the code list"
    DATE_IMPLAUSIBLE = "DATE_IMPLAUSIBLE", "row", "Datum kan niet kloppen", "the date cannot be right"
    DATE_INVALID = "DATE_INVALID", "row", "Geen geldige datum", "not a valid date"
    DATE_PARTIAL = "DATE_PARTIAL", "row", "Datum is onvolledig", "the date is partial"
    HOUSE_NUMBER_SPLIT = "HOUSE_NUMBER_SPLIT", "row", "De toevoeging stond in het huisnummer", "the house number held its addition"
    NUMBER_INVALID = "NUMBER_INVALID", "row", "Geen geheel getal", "not a whole number"
    OUT_OF_RANGE = "OUT_OF_RANGE", "row", "Getal valt buiten de grenzen", "the number is out of range"
    PATTERN_MISMATCH = "PATTERN_MISMATCH", "row", "Waarde heeft niet de afgesproken vorm", "the value does not have the agreed form"
    RECORD_DUPLICATE = "RECORD_DUPLICATE", "row", "Het recordnummer komt twee keer voor", "the record id occurs twice"
    REQUIRED_MISSING = "REQUIRED_MISSING", "row", "Een verplicht veld is leeg", "a required field is empty"
    # -- a run or a command ------------------------------------------------------------------------
    AIRFLOW_FAILED = "AIRFLOW_FAILED", "run", "Airflow heeft het werk niet kunnen afmaken", "Airflow could not finish the work"
    AIRFLOW_RUNNING = "AIRFLOW_RUNNING", "run", "Airflow werkt al voor deze installatie", "Airflow is already at work for this installation"
    AUDIT_BROKEN = "AUDIT_BROKEN", "run", "De auditlog is gewijzigd en wordt zo niet ondertekend", "the audit log was changed and is not signed as it is"
    AUDIT_MISSING = "AUDIT_MISSING", "run", "Er is geen auditlog", "there is no audit log"
    AUDIT_UNWRITABLE = "AUDIT_UNWRITABLE", "run", "De auditlog kan niet worden geschreven", "the audit log cannot be written"
    CONFIRMATION_WRONG = "CONFIRMATION_WRONG", "run", "De bevestiging klopt niet, er is niets veranderd", "the confirmation does not fit, nothing was changed"
    CONTRACT_INVALID = "CONTRACT_INVALID", "run", "Het datacontract kan niet worden geladen", "the data contract cannot be loaded"
    CONTRACT_PROHIBITED = "CONTRACT_PROHIBITED", "run", "Het datacontract bevat een verboden gegeven", "the contract declares prohibited data"
    DELIVERY_PURGED = "DELIVERY_PURGED", "run", "De bewaartermijn is om; de bestanden zijn er niet meer", "its time is over and its files are gone"
    DELIVERY_UNKNOWN = "DELIVERY_UNKNOWN", "run", "De levering is onbekend", "the delivery is unknown"
    FOLDER_NOT_EMPTY = "FOLDER_NOT_EMPTY", "run", "De map bevat al iets anders", "the folder already holds something else"
    INDICATOR_INVALID = "INDICATOR_INVALID", "run", "De indicator is onjuist beschreven", "the indicator definition cannot be used"
    INDICATOR_UNKNOWN = "INDICATOR_UNKNOWN", "run", "De indicator bestaat niet", "the indicator does not exist"
    INPUT_INVALID = "INPUT_INVALID", "run", "De opgegeven invoer kan niet worden gebruikt", "the given input cannot be used"
    INTERNAL = "INTERNAL", "run", "Onverwachte fout in de software", "an unexpected failure of the software"
    KEY_DESTROYED = "KEY_DESTROYED", "run", "De sleutel is vernietigd", "the key was destroyed"
    KEY_EXISTS = "KEY_EXISTS", "run", "Er is al zo'n sleutel of sleutelbos", "there is such a key or keyring already"
    KEY_MISSING = "KEY_MISSING", "run", "Er is geen sleutel of wachtzin", "there is no key or passphrase"
    KEY_UNKNOWN = "KEY_UNKNOWN", "run", "Deze sleutelversie is er niet", "there is no such key version"
    KEY_WRONG = "KEY_WRONG", "run", "De wachtzin past niet bij de sleutel", "the passphrase does not fit the key"
    LINK_DECISIONS_UNREADABLE = "LINK_DECISIONS_UNREADABLE", "run", "De beslissingen van beoordelaars over koppelingen kunnen niet worden gelezen", "the reviewers' decisions about linkage cannot be read"
    LINK_ENCODING_INVALID = "LINK_ENCODING_INVALID", "run", "De koppelcodering is onjuist beschreven", "the link encoding is declared wrongly"
    LINK_ENCODING_MIXED = "LINK_ENCODING_MIXED", "run", "Het koppelbestand is met een andere sleutel of versie van de koppelcodering gemaakt", "the link file was made with another key or version of the link encoding"
    LINK_FILE_UNREADABLE = "LINK_FILE_UNREADABLE", "run", "Het koppelbestand kan niet worden gelezen of is van iets anders", "the link file cannot be read or is something else's"
    LIVES_INVALID = "LIVES_INVALID", "run", "De voorbeeldgegevens zijn onjuist beschreven", "the sample is declared wrongly"
    MODEL_FAILED = "MODEL_FAILED", "run", "Een SQL-model is mislukt", "an SQL model failed"
    MUNICIPALITY_UNKNOWN = "MUNICIPALITY_UNKNOWN", "run", "De gemeente is onbekend", "the municipality is unknown"
    NOTHING_PUBLISHED = "NOTHING_PUBLISHED", "run", "Er is nog niets gepubliceerd", "nothing has been published yet"
    NO_SPACE = "NO_SPACE", "run", "Er is te weinig schijfruimte", "there is too little disk space"
    PERIOD_UNKNOWN = "PERIOD_UNKNOWN", "run", "De periode is onbekend", "the period is unknown"
    RELEASE_CHANGED = "RELEASE_CHANGED", "run", "Een gepubliceerde uitgave is gewijzigd", "a published release was changed"
    RELEASE_UNKNOWN = "RELEASE_UNKNOWN", "run", "De uitgave bestaat niet", "the release does not exist"
    ROTATION_DIFFERS = "ROTATION_DIFFERS", "run", "Na het omsleutelen zouden personen of gezinnen anders zijn, er is niets verwisseld", "persons or families would differ after re-keying, nothing was swapped"
    ROTATION_RUNNING = "ROTATION_RUNNING", "run", "De sleutels worden op dit moment al omgewisseld", "a rotation of keys is at work already"
    ROTATION_UNFINISHED = "ROTATION_UNFINISHED", "run", "Een sleutelwissel is nog niet af: geef dezelfde opdracht nog eens", "a rotation of keys is not finished: give the same command again"
    RIGHTS_UNFINISHED = "RIGHTS_UNFINISHED", "run", "Een verzoek van een betrokkene is nog niet afgemaakt", "the request of a data subject is not finished yet"
    RIGHTS_UNREADABLE = "RIGHTS_UNREADABLE", "run", "De lijst met bezwaren, wissingen of beperkingen kan niet worden gelezen", "the list of objections, erasures or restrictions cannot be read"
    STAGE_ORDER = "STAGE_ORDER", "run", "De vorige stap is nog niet gedaan", "the stage before this one has not been done"
    SUBJECT_UNKNOWN = "SUBJECT_UNKNOWN", "run", "Van deze persoon is niets gevonden", "nothing was found of this person"
    SUBJECT_UNRECOGNISABLE = "SUBJECT_UNRECOGNISABLE", "run", "Deze persoon is in latere leveringen niet met zekerheid te herkennen", "this person cannot be recognised with certainty in later deliveries"
    SUITE_INVALID = "SUITE_INVALID", "run", "De kwaliteitssuite kan niet worden geladen", "the expectation suite cannot be loaded"
    SUPPLIER_INVALID = "SUPPLIER_INVALID", "run", "Het leveranciersbestand kan niet worden geladen", "the supplier file cannot be loaded"
    # -- why a right of a data subject is carried out ----------------------------------------------
    SUBJECT_CONTESTED = "SUBJECT_CONTESTED", "request", "De juistheid of de verwerking wordt betwist", "accuracy or processing is contested"
    SUBJECT_ORDERED = "SUBJECT_ORDERED", "request", "Opgedragen door rechter of toezichthouder", "ordered by a court or supervisory authority"
    SUBJECT_REPRESENTED = "SUBJECT_REPRESENTED", "request", "Verzoek van ouder, voogd of gemachtigde", "asked by a parent, guardian or representative"
    SUBJECT_REQUEST = "SUBJECT_REQUEST", "request", "Verzoek van de betrokkene zelf", "asked by the data subject"
    SUBJECT_UNLAWFUL = "SUBJECT_UNLAWFUL", "request", "De verwerking was onrechtmatig", "the processing was unlawful"
    # fmt: on


REASONS = {reason: reason for reason in Reason}
"""What each reason code says; a reason tells it itself."""
