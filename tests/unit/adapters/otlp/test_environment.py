"""The ``OTEL_*`` variables mean here what the specification says they mean."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.otlp.environment import OtelEnvironment, SignalOptions, read_environment
from floe.adapters.otlp.sink import Signal
from floe.domain.model.pipeline import Sampling, SamplingType

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
NAMES = [
    f"OTEL_EXPORTER_OTLP_{signal}{what}"
    for signal in ("", "TRACES_", "METRICS_", "LOGS_")
    for what in (
        "ENDPOINT",
        "PROTOCOL",
        "HEADERS",
        "TIMEOUT",
        "COMPRESSION",
        "CERTIFICATE",
        "INSECURE",
    )
] + [
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_TRACES_EXPORTER",
]


def endpoints(**environ: str) -> dict[str, str | None]:
    return {
        signal.value: options.endpoint
        for signal, options in read_environment(environ).signals.items()
    }


def test_an_empty_environment_says_nothing() -> None:
    environment = read_environment({})

    assert {options.endpoint for options in environment.signals.values()} == {None}
    assert not environment.disabled
    assert environment.sampling is None
    assert environment.warnings == ()


def test_the_common_endpoint_gets_the_path_of_each_signal() -> None:
    assert endpoints(OTEL_EXPORTER_OTLP_ENDPOINT="https://otel.example/base/") == {
        "traces": "https://otel.example/base/v1/traces",
        "metrics": "https://otel.example/base/v1/metrics",
        "logs": "https://otel.example/base/v1/logs",
    }


def test_an_endpoint_of_a_signal_is_used_as_it_is() -> None:
    assert endpoints(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://a:4318", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://b/x"
    ) == {
        "traces": "http://b/x",
        "metrics": "http://a:4318/v1/metrics",
        "logs": "http://a:4318/v1/logs",
    }


def test_over_grpc_no_path_is_added() -> None:
    said = endpoints(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://a:4317", OTEL_EXPORTER_OTLP_PROTOCOL="grpc"
    )

    assert set(said.values()) == {"http://a:4317"}


@pytest.mark.parametrize(("insecure", "scheme"), [("true", "http"), ("false", "https")])
def test_over_grpc_an_address_may_come_without_a_scheme(insecure: str, scheme: str) -> None:
    said = endpoints(
        OTEL_EXPORTER_OTLP_ENDPOINT="collector.example:4317",
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
        OTEL_EXPORTER_OTLP_INSECURE=insecure,
    )

    assert said["traces"] == f"{scheme}://collector.example:4317"


def test_headers_are_percent_decoded_and_a_signals_own_replace_the_common_ones() -> None:
    environment = read_environment(
        {
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20abc%3D%3D, x-team = data ",
            "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "x-only=logs",
        }
    )

    assert environment.signals[Signal.TRACES].headers == {
        "authorization": "Basic abc==",
        "x-team": "data",
    }
    assert environment.signals[Signal.LOGS].headers == {"x-only": "logs"}


def test_headers_are_never_shown() -> None:
    environment = read_environment(
        {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=hunter22,hunter23"}
    )

    assert "hunter2" not in repr(environment)
    assert len(environment.warnings) == 1


def test_times_are_milliseconds() -> None:
    environment = read_environment(
        {
            "OTEL_EXPORTER_OTLP_TIMEOUT": "10000",
            "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "2500",
            "OTEL_BSP_SCHEDULE_DELAY": "500",
            "OTEL_METRIC_EXPORT_INTERVAL": "60000",
        }
    )

    assert environment.signals[Signal.TRACES].timeout_s == 10
    assert environment.signals[Signal.METRICS].timeout_s == 2.5
    assert (environment.delay_s, environment.metric_interval_s) == (0.5, 60)
    assert environment.warnings == ()


def test_a_time_that_was_meant_in_seconds_is_pointed_out() -> None:
    environment = read_environment({"OTEL_EXPORTER_OTLP_TIMEOUT": "10"})

    assert environment.signals[Signal.TRACES].timeout_s == 0.01
    assert "milliseconds" in environment.warnings[0]


def test_certificates_and_compression() -> None:
    environment = read_environment(
        {
            "OTEL_EXPORTER_OTLP_CERTIFICATE": "ca.pem",
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "me.pem",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY": "me.key",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        }
    )
    traces = environment.signals[Signal.TRACES]

    assert traces.compress is True
    assert (traces.ca_bundle, traces.client_certificate, traces.client_key) == (
        Path("ca.pem"),
        Path("me.pem"),
        Path("me.key"),
    )


@pytest.mark.parametrize("text", ["true", "TRUE", " True "])
def test_the_sdk_is_disabled_whatever_the_case(text: str) -> None:
    assert read_environment({"OTEL_SDK_DISABLED": text}).disabled


@pytest.mark.parametrize("text", ["", "1", "yes"])
def test_only_true_disables(text: str) -> None:
    assert not read_environment({"OTEL_SDK_DISABLED": text}).disabled


def test_the_service_name_wins_over_the_resource_attribute() -> None:
    attributes = {"OTEL_RESOURCE_ATTRIBUTES": "service.name=low,team=data%2Ccore"}
    environment = read_environment(attributes | {"OTEL_SERVICE_NAME": "high"})

    assert environment.service_name == "high"
    assert environment.resource_attributes["team"] == "data,core"
    assert read_environment(attributes).service_name == "low"


@pytest.mark.parametrize(
    ("name", "argument", "expected", "parent_based"),
    [
        ("always_on", "", Sampling(type=SamplingType.ALWAYS_ON), False),
        ("parentbased_always_off", "", Sampling(type=SamplingType.ALWAYS_OFF), True),
        (
            "traceidratio",
            "0.25",
            Sampling(type=SamplingType.PROBABILISTIC, probability=0.25),
            False,
        ),
        (
            "parentbased_traceidratio",
            "",
            Sampling(type=SamplingType.PROBABILISTIC, probability=1),
            True,
        ),
    ],
)
def test_samplers(name: str, argument: str, expected: Sampling, *, parent_based: bool) -> None:
    environment = read_environment(
        {"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": argument}
    )

    assert (environment.sampling, environment.parent_based) == (expected, parent_based)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (ENDPOINT, "collector"),
        (ENDPOINT, "ftp://collector"),
        (ENDPOINT, "http://"),
        (ENDPOINT, "http://[::1"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "-5"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
    ],
)
def test_what_is_malformed_is_pointed_out_and_left_out(name: str, value: str) -> None:
    environment = read_environment({name: value})

    assert [warning.partition(":")[0] for warning in environment.warnings] == [name]
    assert {options.endpoint for options in environment.signals.values()} == {None}
    assert environment.sampling is None


def test_a_ratio_out_of_range_is_pointed_out() -> None:
    environment = read_environment(
        {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "7"}
    )

    assert environment.sampling is not None
    assert environment.sampling.probability == 1
    assert "OTEL_TRACES_SAMPLER_ARG" in environment.warnings[0]


def test_batches_exporters_and_temporality() -> None:
    environment = read_environment(
        {
            "OTEL_BSP_MAX_QUEUE_SIZE": "4096",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "128",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "console",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "Cumulative",
        }
    )

    assert (environment.most_waiting, environment.batch, environment.cumulative) == (
        4096,
        128,
        True,
    )
    assert environment.signals[Signal.LOGS].exporter == "none"
    assert environment.signals[Signal.METRICS].exporter == "console"


@given(st.dictionaries(st.sampled_from(NAMES), st.text(), max_size=6))
def test_no_environment_is_too_strange(environ: dict[str, str]) -> None:
    assert isinstance(read_environment(environ), OtelEnvironment)


def test_the_environment_goes_over_the_settings() -> None:
    settings = SignalOptions(
        endpoint="http://settings/v1/traces",
        headers={"x-team": "data", "x-kept": "yes"},
        timeout_s=5,
        compress=True,
    )
    said = read_environment(
        {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://env/x",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-team=core",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        }
    )
    options = said.signals[Signal.TRACES].over(settings)

    assert options.endpoint == "http://env/x"
    assert options.headers == {"x-team": "core", "x-kept": "yes"}
    assert (options.timeout_s, options.compress) == (5, False)
    assert SignalOptions().over(settings) == settings


def test_a_limit_on_texts() -> None:
    assert read_environment({"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "64"}).longest_value == 64
