"""The standard variables decide where each signal of a project goes, one by one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from floe.container.signals import signals_of
from floe.domain.model.settings import OtlpGrpc
from floe.entrypoints.project import Project, open_project
from floe.testing.otlp_receiver import OtlpReceiver, Received, attributes_of
from tests.integration.otlp.certificates import certificate, serving
from tests.unit.adapters.otlp.parts import a_build, a_summary, tell

OTLP = "OTEL_EXPORTER_OTLP"
CONTRACT = """
name: shop
version: "1.0.0"
compute: {target: duckdb, properties: {path: shop.duckdb}}
transforms: [{type: dbt, path: dbt}]
observability: {traces: true, metrics: true, attributes: {team: data}}
"""


@pytest.fixture
def receivers() -> Iterator[tuple[OtlpReceiver, OtlpReceiver, OtlpReceiver]]:
    with OtlpReceiver() as one, OtlpReceiver() as two, OtlpReceiver() as three:
        yield one, two, three


def told(folder: Path, *, contract: str = CONTRACT, **environ: str) -> Project:
    """Tell a build to the tracer of a project with these variables."""
    (folder / "floe.yaml").write_text(contract)
    variables = {"FLOE_TRACING__LOGS": "true", **environ} if OTLP in str(environ) else environ
    with open_project(folder / "floe.yaml", environ=variables, working_dir=folder) as project:
        run, tracer = project.start(), project.container.tracer()
        tell(tracer, a_build(run))
        tracer.record_run(run, a_summary(run))
        tracer.close(10)
    return project


def signals(received: Received) -> set[str]:
    return {signal for signal, requests in received.requests.items() if requests}


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_each_signal_has_an_endpoint_and_headers_of_its_own(
    receivers: tuple[OtlpReceiver, ...], tmp_path: Path, protocol: str
) -> None:
    names = ("traces", "metrics", "logs")
    environ = {f"{OTLP}_PROTOCOL": protocol, f"{OTLP}_HEADERS": "x-who=all"}
    for name, receiver in zip(names, receivers, strict=True):
        over_http = f"{receiver.http_endpoint}/v1/{name}"
        endpoint = receiver.grpc_endpoint if protocol == "grpc" else over_http
        environ[f"{OTLP}_{name.upper()}_ENDPOINT"] = endpoint
    told(tmp_path, **environ | {f"{OTLP}_METRICS_HEADERS": "x-who=metrics"})

    assert [signals(receiver.received) for receiver in receivers] == [{name} for name in names]
    assert [receiver.received.headers[0]["x-who"] for receiver in receivers] == [
        "all",
        "metrics",
        "all",
    ]
    assert len(receivers[0].received.spans) == 6


def test_a_signal_may_speak_another_protocol(
    receivers: tuple[OtlpReceiver, ...], tmp_path: Path
) -> None:
    over_grpc, over_http, _ = receivers
    told(
        tmp_path,
        **{
            f"{OTLP}_PROTOCOL": "grpc",
            f"{OTLP}_ENDPOINT": over_grpc.grpc_endpoint,
            f"{OTLP}_METRICS_PROTOCOL": "http/protobuf",
            f"{OTLP}_METRICS_ENDPOINT": f"{over_http.http_endpoint}/v1/metrics",
        },
    )

    assert signals(over_grpc.received) == {"traces", "logs"}
    assert signals(over_http.received) == {"metrics"}


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_signal_may_have_certificates_and_a_key_of_its_own(tmp_path: Path, protocol: str) -> None:
    pem, key = certificate(tmp_path / "backend")
    me, my_key = certificate(tmp_path / "me")
    with OtlpReceiver() as plain, OtlpReceiver(**serving(pem, key, clients=me)) as guarded:
        over_grpc = protocol == "grpc"
        told(
            tmp_path,
            **{
                f"{OTLP}_PROTOCOL": protocol,
                f"{OTLP}_ENDPOINT": plain.grpc_endpoint if over_grpc else plain.http_endpoint,
                f"{OTLP}_METRICS_ENDPOINT": guarded.grpc_endpoint
                if over_grpc
                else f"{guarded.http_endpoint}/v1/metrics",
                f"{OTLP}_METRICS_CERTIFICATE": str(pem),
                f"{OTLP}_METRICS_CLIENT_CERTIFICATE": str(me),
                f"{OTLP}_METRICS_CLIENT_KEY": str(my_key),
            },
        )

        assert signals(plain.received) == {"traces", "logs"}
        assert signals(guarded.received) == {"metrics"}


def test_an_address_without_a_scheme_is_in_the_clear_where_that_is_said(
    receivers: tuple[OtlpReceiver, ...], tmp_path: Path
) -> None:
    receiver, other, _ = receivers
    told(
        tmp_path,
        **{
            f"{OTLP}_PROTOCOL": "grpc",
            f"{OTLP}_ENDPOINT": receiver.grpc_endpoint.removeprefix("http://"),
            f"{OTLP}_INSECURE": "true",
            f"{OTLP}_METRICS_ENDPOINT": other.grpc_endpoint.removeprefix("http://"),
            f"{OTLP}_METRICS_INSECURE": "false",
        },
    )

    assert signals(receiver.received) == {"traces", "logs"}
    assert signals(other.received) == set()


def test_time_and_compression_are_a_signals_own(tmp_path: Path) -> None:
    options = signals_of(
        OtlpGrpc(endpoint="http://c:4317", timeout_s=7, logs=True),
        told(tmp_path).plan,
        {
            f"{OTLP}_METRICS_TIMEOUT": "1500",
            f"{OTLP}_LOGS_COMPRESSION": "gzip",
        },
    )

    assert [(item.timeout_s, item.compress) for item in options.values()] == [
        (7, False),
        (1.5, False),
        (7, True),
    ]


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_signal_may_be_left_out_or_printed(
    receivers: tuple[OtlpReceiver, ...],
    tmp_path: Path,
    protocol: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    receiver, *_ = receivers
    told(
        tmp_path,
        OTEL_TRACES_EXPORTER="none",
        OTEL_LOGS_EXPORTER="console",
        **{
            f"{OTLP}_PROTOCOL": protocol,
            f"{OTLP}_ENDPOINT": receiver.grpc_endpoint
            if protocol == "grpc"
            else receiver.http_endpoint,
        },
    )
    printed = capsys.readouterr().err.splitlines()

    assert signals(receiver.received) == {"metrics"}
    assert ["resourceLogs" in json.loads(line) for line in printed] == [True]


def test_the_console_needs_no_backend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(tmp_path, OTEL_TRACES_EXPORTER="console")
    printed = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert [set(line) for line in printed] == [{"resourceSpans"}, {"resourceMetrics"}]


def test_the_service_may_be_named_by_the_resource(
    receivers: tuple[OtlpReceiver, ...], tmp_path: Path
) -> None:
    receiver, *_ = receivers
    told(
        tmp_path,
        OTEL_RESOURCE_ATTRIBUTES="service.name=shop%20etl,service.namespace=acme",
        **{f"{OTLP}_ENDPOINT": receiver.http_endpoint},
    )
    (spans,) = receiver.received.requests["traces"][0].resource_spans
    said = attributes_of(spans.resource.attributes)

    assert (said["service.name"], said["service.namespace"]) == ("shop etl", "acme")


def test_a_variable_that_cannot_be_used_is_a_warning_that_does_not_show_it(tmp_path: Path) -> None:
    project = told(
        tmp_path,
        **{f"{OTLP}_ENDPOINT": "http://127.0.0.1:1", f"{OTLP}_METRICS_HEADERS": "hunter2"},
    )

    (warning,) = project.warnings
    assert warning.startswith(f"{OTLP}_METRICS_HEADERS: ")
    assert "hunter2" not in warning


NEVER = "{team: data}, tracing: {sampling: {sampling_type: always_off}}}"
UNSAMPLED = f"00-{'a' * 32}-{'b' * 16}-00"


@pytest.mark.parametrize(
    ("sampler", "argument", "parent", "spans"),
    [
        ("always_on", "", "", 6),
        ("always_on", "", UNSAMPLED, 6),
        ("always_off", "", "", 0),
        ("traceidratio", "1", UNSAMPLED, 6),
        ("traceidratio", "0", "", 0),
        ("parentbased_always_on", "", "", 6),
        ("parentbased_always_on", "", UNSAMPLED, 0),
        ("parentbased_always_off", "", "", 0),
        ("parentbased_always_off", "", UNSAMPLED[:-1] + "1", 6),
        ("parentbased_traceidratio", "0", UNSAMPLED[:-1] + "1", 6),
        ("parentbased_traceidratio", "0", "", 0),
        ("", "", UNSAMPLED, 0),
    ],
)
def test_a_sampler_decides_on_the_spans_and_never_on_the_metrics(
    receivers: tuple[OtlpReceiver, ...],
    tmp_path: Path,
    sampler: str,
    argument: str,
    parent: str,
    *,
    spans: int,
) -> None:
    receiver, *_ = receivers
    told(
        tmp_path,
        TRACEPARENT=parent,
        OTEL_TRACES_SAMPLER=sampler,
        OTEL_TRACES_SAMPLER_ARG=argument,
        **{f"{OTLP}_ENDPOINT": receiver.http_endpoint},
    )

    assert len(receiver.received.spans) == spans
    assert {item.name for item in receiver.received.metrics} >= {"floe.run.duration"}


@pytest.mark.parametrize(("sampler", "spans"), [("", 0), ("always_on", 6)])
def test_the_contract_samples_where_no_variable_does(
    receivers: tuple[OtlpReceiver, ...], tmp_path: Path, sampler: str, spans: int
) -> None:
    receiver, *_ = receivers
    contract = CONTRACT.replace("{team: data}}", NEVER)
    told(
        tmp_path,
        contract=contract,
        OTEL_TRACES_SAMPLER=sampler,
        **{f"{OTLP}_ENDPOINT": receiver.http_endpoint},
    )

    assert len(receiver.received.spans) == spans
