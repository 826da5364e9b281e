import json
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from floe.adapters.delivery.console import ConsoleDeliverer
from floe.adapters.delivery.file import FileDeliverer
from floe.adapters.delivery.openlineage_transport import TransportDeliverer
from floe.domain.model.delivery import Outcome
from floe.domain.model.errors import ConfigurationError
from floe.testing.deliverer import event_body
from floe.testing.outbox import envelope


def test_a_file_has_one_line_for_each_event_and_one_reader(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    FileDeliverer(path).deliver(envelope('{\n  "a": "b\\nc"\n}\n'))

    assert json.loads(path.read_text()) == {"a": "b\nc"}
    assert path.read_text().count("\n") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_batch_stands_in_a_file_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path, events = tmp_path / "events.jsonl", [envelope("1"), envelope('{"a":\n2}')]

    took = FileDeliverer(path).deliver_batch(events)
    refused = FileDeliverer(tmp_path).deliver_batch(events)

    assert [verdict.outcome for verdict in took] == [Outcome.DELIVERED] * 2
    assert path.read_text() == '1\n{"a": 2}\n'
    assert [verdict.outcome for verdict in refused] == [Outcome.PAUSE] * 2


def test_lines_of_many_writers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"

    def write(name: str) -> None:
        for _ in range(20):
            FileDeliverer(path).deliver(envelope(name * 50_000))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lines = path.read_text().splitlines()
    assert len(lines) == 80
    assert {(len(line), len(set(line))) for line in lines} == {(50_000, 1)}


def test_a_moved_file_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    deliverer = FileDeliverer(path)
    deliverer.deliver(envelope("1"))
    path.rename(tmp_path / "rotated")
    deliverer.deliver(envelope("2"))

    assert path.read_text() == "2\n"


def test_the_console_is_the_standard_error_of_the_moment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ConsoleDeliverer().deliver(envelope('{"a": 1}')).outcome is Outcome.DELIVERED
    assert capsys.readouterr().err == '{"a": 1}\n'


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"type": "evil.module.Transport"},
        {"type": "composite", "transports": [{"type": "console"}, {"type": "evil.Evil"}]},
        {"type": "composite", "transports": {"a": {"type": "evil.Evil"}}},
        {"type": "transform", "transport": {"type": "evil.Evil"}},
    ],
)
def test_a_type_that_would_be_imported_is_refused(config: dict[str, JsonValue]) -> None:
    with pytest.raises(ConfigurationError, match="transport"):
        TransportDeliverer(config)


def test_nothing_of_the_working_directory_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evilmod.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "openlineage.yml").write_text("transport: {type: evilmod.Evil}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "evilmod.Evil")
    path = tmp_path / "out.jsonl"
    config: dict[str, JsonValue] = {"type": "file", "log_file_path": str(path), "append": True}

    assert TransportDeliverer(config).deliver(envelope(event_body("a").decode())).outcome is (
        Outcome.DELIVERED
    )
    assert json.loads(path.read_text())["job"]["name"] == "a"
    assert "evilmod" not in sys.modules


def test_a_transport_whose_library_is_missing_keeps_events() -> None:
    config: dict[str, JsonValue] = {"type": "amazon_datazone_api", "domainId": "dzd-1"}
    verdict = TransportDeliverer(config).deliver(envelope(event_body("a").decode()))

    assert verdict.outcome is Outcome.PAUSE
    assert verdict.reason


@pytest.mark.parametrize("body", ["not json", "[]", '{"run": 1}', "{}"])
def test_what_is_no_event_is_refused_by_a_transport(body: str) -> None:
    verdict = TransportDeliverer({"type": "console"}).deliver(envelope(body))

    assert verdict.outcome is Outcome.REFUSED


def test_events_keep_their_class_and_their_facets() -> None:
    from openlineage.client import event_v2

    seen: list[object] = []
    deliverer = TransportDeliverer({"type": "noop"})
    deliverer._opened().emit = seen.append  # type: ignore[method-assign, assignment]
    run = json.loads(event_body("a"))
    run["run"]["facets"] = {"parent": {"job": {"name": "p", "namespace": "n"}}}
    job = {name: value for name, value in run.items() if name not in {"run", "eventType"}}
    dataset = {name: value for name, value in job.items() if name != "job"}
    dataset["dataset"] = {"namespace": "n", "name": "d", "facets": {}}
    for event in (run, job, dataset):
        deliverer.deliver(envelope(json.dumps(event)))

    assert [type(event) for event in seen] == [
        event_v2.RunEvent,
        event_v2.JobEvent,
        event_v2.DatasetEvent,
    ]
    first: Any = seen[0]
    assert first.run.facets["parent"].job.get("name") == "p"
