import pytest

from floe.domain.model.endpoint import endpoint_fault, lineage_endpoint, otlp_base


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "https://h:5000/api/v1/lineage",
        "http://127.0.0.1:4318",
        "http://[::1]:4318/x",
        "HTTP://h/",
        "https://h/?tenant=a",
    ],
)
def test_an_http_address_with_a_host_is_fine(url: str) -> None:
    assert endpoint_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "h:4317",
        "/api",
        "http://",
        "http:///path",
        "ftp://h",
        "file:///etc/passwd",
        "http://h:99999",
        "http://h:port",
        "http://[::1",
        "http://h/a b",
        "http://h\n",
        " http://h",
        "ht\ttp://h",
        "${ENDPOINT}",
    ],
)
def test_anything_else_is_not_and_is_not_repeated(url: str) -> None:
    fault = endpoint_fault(url)

    assert fault is not None
    assert url not in fault


def test_credentials_are_refused_by_naming_the_host_alone() -> None:
    fault = endpoint_fault("https://carol:s3cret@lineage.example:8443/path?key=k3y")

    assert fault == "must not carry credentials (the host is lineage.example)"


@pytest.mark.parametrize(
    ("url", "path", "complete"),
    [
        ("http://h:5000", "", "http://h:5000/api/v1/lineage"),
        ("http://h:5000/", "", "http://h:5000/api/v1/lineage"),
        ("http://h/custom", "", "http://h/custom"),
        ("http://h/api/v1/lineage", "", "http://h/api/v1/lineage"),
        ("http://h?x=1", "", "http://h/api/v1/lineage?x=1"),
        ("http://h", "events", "http://h/events"),
        ("http://h/base/", "/events", "http://h/base/events"),
        ("http://h/base/events", "events", "http://h/base/events"),
        ("http://h", "/", "http://h/api/v1/lineage"),
    ],
)
def test_a_lineage_address_is_completed_where_it_is_bare(
    url: str, path: str, complete: str
) -> None:
    assert lineage_endpoint(url, path) == complete


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h:4318/v1/traces", "http://h:4318"),
        ("http://h/otlp/v1/traces/", "http://h/otlp"),
        ("http://h/custom", "http://h/custom"),
        ("http://h/", "http://h"),
    ],
)
def test_the_address_of_traces_gives_the_base_of_all_signals(url: str, base: str) -> None:
    assert otlp_base(url) == base
