"""The one place where rights of persons meet an identifier: from a BSN to the token of that person.

:func:`person_token` is all that others call. The digits go through a pipe to a short-lived process that leaves nothing
behind (``python -m integration.rights.person_token``), which makes the message that encoding makes of a BSN and
gives its token back; no argument, environment variable, file, log line or error ever has them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from integration.errors import EXIT_FAILURE, EXIT_FINE, IntegrationError, KeyUnavailable, UsageError
from integration.hardening import harden
from integration.names import DomainCode
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.settings import Settings

_SECRETS = ("INTEGRATION_PASSPHRASE",)


def person_token(settings: Settings, domain: DomainCode, bsn: bytes) -> str:
    """Return the token that deliveries of ``domain`` bear for the person with this number.

    Raises :class:`UsageError` (BSN_INVALID, BSN_UNKNOWN, BSN_UNBORN) when it is no person's number, and
    :class:`KeyUnavailable`; neither says the number.
    """
    job = json.dumps(
        {
            "home": str(settings.zones.home),
            "domain": domain,
            "passphrase": settings.passphrase_bytes().hex(),
            "bsn": bsn.hex(),
        }
    )
    environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    command = [sys.executable, "-m", "integration.rights.person_token"]
    done = subprocess.run(command, input=job.encode(), env=environment, capture_output=True, check=False)
    if done.returncode == EXIT_FINE:
        return done.stdout.decode().strip()
    code = done.stderr.decode(errors="replace").strip()
    reason = Reason[code] if code in Reason.__members__ else Reason.INTERNAL
    if reason.name.startswith("BSN_"):
        raise UsageError(reason)
    raise (KeyUnavailable if reason.name.startswith("KEY_") else IntegrationError)(reason)


def _make(job: dict[str, str]) -> str:
    """Make the token in the child, by the very functions that encoding uses."""
    from integration.pseudonyms.keyring import open_keyring
    from integration.pseudonyms.normalise import UNBORN, UNKNOWN
    from integration.pseudonyms.normalise import bsn as normal_bsn
    from integration.pseudonyms.tokens import labelled, message

    found = normal_bsn(bytes.fromhex(job["bsn"]).decode("ascii", "replace"))
    if found.value is None:
        reasons = {UNKNOWN: Reason.BSN_UNKNOWN, UNBORN: Reason.BSN_UNBORN}
        raise UsageError(reasons.get(found.status, Reason.BSN_INVALID))
    keyring = Path(job["home"]) / "keys" / "keyring.json"
    keys = open_keyring(keyring, bytes.fromhex(job["passphrase"]))
    return keys.maker(DomainCode(job["domain"]), "person").token(message("bsn", labelled("bsn", found.value)))


def main() -> int:
    """Read one job from standard input; the token goes to standard output, else a reason code to standard error."""
    try:
        harden()
        token = _make(json.load(sys.stdin.buffer))
    except IntegrationError as error:
        print(error.reason.value, file=sys.stderr)  # noqa: T201
        return EXIT_FAILURE
    except Exception:
        print(Reason.INTERNAL.value, file=sys.stderr)  # noqa: T201
        return EXIT_FAILURE
    print(token)  # noqa: T201
    return EXIT_FINE


if __name__ == "__main__":
    raise SystemExit(main())
