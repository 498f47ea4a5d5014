"""Great Expectations, loaded once and kept quiet: no files, no network, no progress bars, no values.

It is asked for true or false only (BOOLEAN_ONLY). Its other result formats, its log lines and its exception
texts can hold values from the data; of an exception only that there was one is passed on.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from integration.errors import DeclarationError
from integration.quality.suites import Check, Suite
from integration.reasons import Reason

if TYPE_CHECKING:
    import pandas as pd

_LOGGER = "great_expectations"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Great Expectations' own words away from logs and streams while it works."""
    logger = logging.getLogger(_LOGGER)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(max(level, logging.WARNING))


@cache
def _batch_definition() -> Any:
    """Import Great Expectations and make the one in-memory place that frames are checked in (2 to 4 seconds)."""
    logging.getLogger(_LOGGER).setLevel(logging.WARNING)
    with _quiet():
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        logging.captureWarnings(False)  # its import switches this on for the whole process
        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(False)
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("deliveries").add_dataframe_asset("records")
        return asset.add_batch_definition_whole_dataframe("whole")


def version() -> str:
    """The version of Great Expectations that gives the verdicts."""
    from importlib.metadata import version

    return version("great_expectations")


class Prepared:
    """A suite's expectations, built in Great Expectations once and run on many deliveries."""

    def __init__(self, suite: Suite) -> None:
        """Build them; raise DeclarationError (SUITE_INVALID) for one that Great Expectations will not have.

        Great Expectations itself logs and drops what it cannot build; here each expectation is built by name.
        """
        _batch_definition()
        with _quiet():
            self._expectations = {check.id: _build(suite.name, check) for check in suite.checks}

    def verdicts(self, frame: pd.DataFrame, check_ids: Iterable[str]) -> dict[str, bool | None]:
        """Ask whether these checks hold for a frame: true, false, or None when one could not run."""
        found: dict[str, bool | None] = dict.fromkeys(check_ids)
        if not found:
            return found
        with _quiet():
            from great_expectations.core.expectation_suite import ExpectationSuite

            asked = ExpectationSuite(name="asked", expectations=[self._expectations[name] for name in found])
            batch = _batch_definition().get_batch({"dataframe": frame})
            for result in batch.validate(asked, result_format="BOOLEAN_ONLY").results:
                check_id = result.expectation_config.meta["id"]
                found[check_id] = None if _raised(result.exception_info) else bool(result.success)
        return found


def _build(suite: str, check: Check) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    severity = FailureSeverity(check.severity)
    try:
        return ExpectationConfiguration(
            type=check.type, kwargs=dict(check.kwargs), meta={"id": check.id}, severity=severity
        ).to_domain_obj()
    except Exception:  # its text repeats the arguments
        detail = "Great Expectations does not accept these arguments"
        raise DeclarationError(Reason.SUITE_INVALID, detail, file=f"{suite}.json", field=check.id) from None


def _raised(info: Any) -> bool:
    """Whether an expectation could not run; what is told of it is one record, or one per metric that failed."""
    if not info:
        return False
    records = [info] if "raised_exception" in info else list(info.values())
    return any(record["raised_exception"] for record in records)
