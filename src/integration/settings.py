"""The only reader of the environment.

Settings come, first found wins, from ``INTEGRATION_*`` variables, then ``integration.toml`` in the home
folder, then the defaults below. ``INTEGRATION_HOME`` itself can only come from the environment or the command line.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from integration.errors import KeyUnavailable
from integration.reasons import Reason
from integration.storage import Zones

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Settings(BaseSettings):
    """One installation's settings. Times are aware; sizes are bytes; durations as named."""

    model_config = SettingsConfigDict(env_prefix="INTEGRATION_", extra="forbid", frozen=True)

    home: Path = Path("var")
    fixed_clock: datetime | None = None
    """The one clock stands still at this moment: the sample's, so that its figures stay the same."""
    synthetic: bool = False
    """Everything made from this installation carries the mark SYNTHETISCH; GP and police may be taken in."""
    require_sealed: bool | None = None
    """Only sealed deliveries are taken in; unless set, that is so everywhere but in a synthetic installation."""
    ledger_url: str = ""
    stewardship_url: str = ""
    """Where checks' history and stewards' decisions are: an SQLAlchemy URL; a SQLite file in the home unless set."""
    passphrase: SecretStr | None = None
    passphrase_file: Path | None = None
    first_pass_keys: Path | None = None
    """Folder of the first-pass keys, ``<domain>.json``; ``keys/first-pass`` unless set."""
    first_pass_passphrase_file: Path | None = None
    """Where the encoding process finds their passphrase (``passphrase`` beside them unless set); not read here."""
    encode_command: tuple[str, ...] = ()
    """Words put before the encoding process's own command, to run it as another user: sudo -n -u encoder."""
    arrival_grace_seconds: int = 900
    """A payload without its manifest is given this long before it is refused."""
    max_payload_bytes: int = 2 * 1024**3
    max_line_bytes: int = 1024**2
    duckdb_memory: str = "2GB"
    duckdb_threads: int = 2
    raw_days: int = 7
    staging_days: int = 30
    linked_months: int = 36
    log_years: int = 5
    organisation: str = Field(default="", pattern="^([A-Z0-9]{2,12})?$")
    """Code of the organisation that runs this installation and answers for what is of no one municipality."""
    smtp_url: SecretStr | None = None
    """Where Airflow sends mail to stewards, as ``smtp://user:password@host:port/?from_email=...``; none unless set."""
    steward_mail: tuple[str, ...] = ()
    """Mail addresses of a function, told of what concerns no steward of ``people.yml``."""
    audit_export: Path | None = None
    """Signed heads of the audit logs are also written here: a folder that somebody else keeps."""
    municipality_names: dict[str, str] = {}
    """Names that municipalities are shown by, in the place of their own: code to name."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then ``<home>/integration.toml``."""
        home = init_settings().get("home") or os.environ.get("INTEGRATION_HOME") or "var"
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, Path(home) / "integration.toml"),
        )

    @property
    def zones(self) -> Zones:
        """The folders of this installation."""
        return Zones(self.home.absolute())

    @property
    def sealed_only(self) -> bool:
        """Whether a delivery that is not sealed is refused."""
        return not self.synthetic if self.require_sealed is None else self.require_sealed

    def now(self) -> datetime:
        """The moment it is by the one clock, in Dutch time."""
        return self.fixed_clock.astimezone(AMSTERDAM) if self.fixed_clock else datetime.now(AMSTERDAM)

    def today(self) -> date:
        """The day it is by the one clock."""
        return self.now().date()

    def ledger(self) -> str:
        """SQLAlchemy URL of the ledger; a SQLite file in the home folder unless set."""
        return self.ledger_url or f"sqlite:///{self.zones.home / 'ledger.sqlite'}"

    def stewardship(self) -> str:
        """SQLAlchemy URL of the stewards' store: decisions, answers and the history of checks."""
        return self.stewardship_url or f"sqlite:///{self.zones.home / 'stewardship.sqlite'}"

    @property
    def first_pass_folder(self) -> Path:
        """The folder of the first-pass keys."""
        return (self.first_pass_keys or self.zones.first_pass_keys).absolute()

    def passphrase_bytes(self) -> bytes:
        """The keyring's passphrase, from the environment, the named file or ``keys/passphrase``.

        Raises :class:`KeyUnavailable` (KEY_MISSING) when there is none.
        """
        if self.passphrase is not None:
            return self.passphrase.get_secret_value().encode()
        path = self.passphrase_file or self.zones.keys / "passphrase"
        try:
            content = path.read_bytes().strip()
        except OSError:
            content = b""
        if not content:
            raise KeyUnavailable(Reason.KEY_MISSING)
        return content


@lru_cache(maxsize=8)
def _load(home: str | None) -> Settings:
    return Settings(home=Path(home)) if home else Settings()


def get_settings(home: Path | None = None) -> Settings:
    """The settings of the installation at ``home`` (default: the environment's, else ``./var``)."""
    return _load(str(home) if home else os.environ.get("INTEGRATION_HOME"))


def forget_settings() -> None:
    """Read the settings anew the next time: after a file was written or a test changed the environment."""
    _load.cache_clear()
