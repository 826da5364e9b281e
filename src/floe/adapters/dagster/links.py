"""Addresses that lead from an asset, or from what became of it, to lineage and trace backends."""

import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from dagster import MetadataValue

from floe.adapters.dagster.manifest import Props
from floe.domain.model.identity import node_job_name
from floe.domain.model.run import RunContext
from floe.domain.model.settings import Links


def definition_links(links: Links, namespace: str, props: Props) -> dict[str, MetadataValue[Any]]:
    """Return the links of an asset, those that no run is needed for."""
    return _filled(
        links,
        {"job_namespace": namespace, "job_name": node_job_name(str(props.get("unique_id", "")))},
    )


def run_links(links: Links, context: RunContext, unique_id: str) -> dict[str, MetadataValue[Any]]:
    """Return the links of one execution of the node *unique_id*."""
    return _filled(
        links,
        {
            "trace_id": context.trace_id,
            "span_id": context.node_span_id(unique_id),
            "run_id": context.node_run_id(unique_id),
            "job_namespace": context.namespace,
            "job_name": node_job_name(unique_id),
        },
    )


def _filled(links: Links, values: Mapping[str, str]) -> dict[str, MetadataValue[Any]]:
    templates = {"floe/trace": links.trace, "floe/lineage": links.lineage}
    found = {key: _fill(template, values) for key, template in templates.items() if template}
    return {key: MetadataValue.url(address) for key, address in found.items() if address}


def _fill(template: str, values: Mapping[str, str]) -> str | None:
    """Return the address, or None where a value is missing or it does not lead to the web."""
    fields = {field for _, field, _, _ in string.Formatter().parse(template) if field}
    if not fields <= values.keys():
        return None
    address = template.format_map({key: quote(value, safe="") for key, value in values.items()})
    parts = urlsplit(address)
    return address if parts.scheme in {"http", "https"} and parts.hostname else None
