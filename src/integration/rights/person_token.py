"""The one place where rights of persons meet an identifier: from a BSN to the token of that person.

:func:`person_token` is all that others call. The digits go through a pipe to a short-lived process that leaves nothing
behind (``python -m integration.rights.person_token``), which makes of a BSN what the first pass of encoding makes;
no argument, environment variable, file, log line or error ever has them.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

from integration.encode_job import environment, key_place
from integration.errors import EXIT_FAILURE, EXIT_FINE, IntegrationError, KeyUnavailable, UsageError
from integration.hardening import harden
from integration.names import DomainCode
from integration.pseudonyms.keyring import open_keyring
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.pseudonyms.first_pass import KeyPlace
    from integration.settings import Settings


def person_token(settings: Settings, domain: DomainCode, bsn: bytes) -> str:
    """Return the token that deliveries of ``domain`` bear for the person with this number.

    The first pass is made in the child, which has that key and no other; the second here. Raises
    :class:`UsageError` (BSN_INVALID, BSN_UNKNOWN, BSN_UNBORN) when it is no person's number, and
    :class:`KeyUnavailable`; neither says the number.
    """
    keys = open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())
    job = pickle.dumps((key_place(settings, domain), bsn))
    words = [*settings.encode_command, sys.executable, "-m", "integration.rights.person_token"]
    done = subprocess.run(
        words, input=job, env=environment(with_passphrase=True), capture_output=True, check=False
    )
    if done.returncode == EXIT_FINE:
        return keys.maker(domain, "person").token(bytes.fromhex(done.stdout.decode().strip()))
    code = done.stderr.decode(errors="replace").strip()
    reason = Reason[code] if code in Reason.__members__ else Reason.INTERNAL
    if reason.name.startswith("BSN_"):
        raise UsageError(reason)
    raise (KeyUnavailable if reason.name.startswith("KEY_") else IntegrationError)(reason)


def _make(place: KeyPlace, number: bytes) -> bytes:
    """Make the first pass's 16 bytes in the child, by the very functions that encoding uses."""
    from integration.pseudonyms.first_pass import open_expected
    from integration.pseudonyms.normalise import UNBORN, UNKNOWN
    from integration.pseudonyms.normalise import bsn as normal_bsn
    from integration.pseudonyms.tokens import labelled, message

    found = normal_bsn(number.decode("ascii", "replace"))
    if found.value is None:
        reasons = {UNKNOWN: Reason.BSN_UNKNOWN, UNBORN: Reason.BSN_UNBORN}
        raise UsageError(reasons.get(found.status, Reason.BSN_INVALID))
    return open_expected(place).maker("person").digest(message("bsn", labelled("bsn", found.value)))


def main() -> int:
    """Read one job from standard input; 16 bytes in hexadecimal go out, else a reason code to standard error."""
    try:
        harden()
        token = _make(*pickle.load(sys.stdin.buffer)).hex()  # noqa: S301  our own parent's, through a pipe
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
