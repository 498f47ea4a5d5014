"""Starting a run at an Airflow that is just coming up: asked again, and never started twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from integration import airflow_api
from integration.airflow_api import AirflowApi
from integration.errors import IntegrationError


class _Airflow(HTTPServer):
    """Answers with the codes of ``plan`` in turn (the last one for ever); "500 made" made the run all the same."""

    plan: list[str]
    made: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: _Airflow

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["dag_run_id"]
        plan = self.server.plan
        answer = plan.pop(0) if len(plan) > 1 else plan[0]
        if asked in self.server.made:
            answer = "409"
        elif answer == "200" or answer.endswith("made"):
            self.server.made.append(asked)
        self.send_response(int(answer[:3]))
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Airflow]:
    monkeypatch.setattr(airflow_api, "_PAUSE_SECONDS", 0)
    with _Airflow(("127.0.0.1", 0), _Handler) as server:
        server.made = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("plan", [["200"], ["500", "200"], ["503", "500", "500", "200"], ["500 made", "200"]])
def test_one_run_is_started(airflow: _Airflow, plan: list[str]) -> None:
    airflow.plan = plan
    assert AirflowApi(airflow.server_port).trigger("deliveries_wijkteam") == airflow.made[0]
    assert len(airflow.made) == 1


@pytest.mark.parametrize(("plan", "tries"), [(["404"], "404"), (["409"], "409"), (["500"], "500")])
def test_what_does_not_pass_is_an_error_and_starts_nothing(
    airflow: _Airflow, plan: list[str], tries: str
) -> None:
    airflow.plan = plan
    with pytest.raises(IntegrationError, match=f"dagRuns: {tries}"):
        AirflowApi(airflow.server_port).trigger("deliveries_wijkteam")
    assert airflow.made == []


def test_an_airflow_that_is_gone_is_an_error(airflow: _Airflow) -> None:
    airflow.shutdown()
    airflow.server_close()
    with pytest.raises(IntegrationError, match="no answer"):
        AirflowApi(airflow.server_port).trigger("deliveries_wijkteam")
