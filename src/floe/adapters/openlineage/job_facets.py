"""The facets of a job: what it is, its SQL, where its code is kept, who answers for it."""

from openlineage.client.facet_v2 import (
    documentation_job,
    job_type_job,
    ownership_job,
    source_code_location_job,
    sql_job,
    tags_job,
)

from floe.adapters.openlineage.custom_facets import FloeDbtNodeJobFacet
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.serialization import Document, facet, part
from floe.adapters.openlineage.tags import node_tags
from floe.domain.model.manifest import DbtNode

_JOB_TYPES = {"invocation": "JOB", "unit_test": "TEST", "source": "FRESHNESS"}


def lasting_facets(
    resource_type: str, node: DbtNode | None, profile: EventProfile
) -> dict[str, Document]:
    """Return the facets of a job that every run of it has; *node* is None where none is known."""
    kind: dict[str, Document] = {"jobType": _job_type(resource_type, profile)}
    if node is None:
        return kind
    found: dict[str, Document | None] = {
        "sourceCodeLocation": _location(node, profile),
        "documentation": _documentation(node, profile),
        "ownership": _ownership(node, profile),
        "tags": _tags(node, profile),
        "floe_dbtNode": _dbt_node(node, profile),
    }
    return kind | {key: known for key, known in found.items() if known is not None}


def sql_facets(
    node: DbtNode | None, profile: EventProfile, code: str | None
) -> dict[str, Document]:
    """Return *code* as the SQL of *node*."""
    if node is None or not profile.capture_sql or node.language == "python" or not code:
        return {}
    return {
        "sql": facet(
            sql_job.SQLJobFacet,
            profile.producer,
            query=code.strip(),
            dialect=profile.adapter_type,
        )
    }


def _job_type(resource_type: str, profile: EventProfile) -> Document:
    return facet(
        job_type_job.JobTypeJobFacet,
        profile.producer,
        processingType="BATCH",
        integration="DBT",
        jobType=_JOB_TYPES.get(resource_type, resource_type.upper()),
    )


def _location(node: DbtNode, profile: EventProfile) -> Document | None:
    repository = profile.repository
    if repository is None or not node.path:
        return None
    return facet(
        source_code_location_job.SourceCodeLocationJobFacet,
        profile.producer,
        type="git",
        url=repository.address_of(node.path),
        repoUrl=repository.url,
        path=repository.path_of(node.path),
        version=repository.commit,
        branch=repository.branch,
    )


def _documentation(node: DbtNode, profile: EventProfile) -> Document | None:
    if not node.description.strip():
        return None
    kind = documentation_job.DocumentationJobFacet
    return facet(kind, profile.producer, description=node.description, contentType="text/markdown")


def _ownership(node: DbtNode, profile: EventProfile) -> Document | None:
    if not node.owner:
        return None
    owners = [{"name": node.owner, "type": "OWNER"}]
    return facet(ownership_job.OwnershipJobFacet, profile.producer, owners=owners)


def _tags(node: DbtNode, profile: EventProfile) -> Document | None:
    tags = [part(key=tag.key, value=tag.value, source=tag.source) for tag in node_tags(node)]
    return facet(tags_job.TagsJobFacet, profile.producer, tags=tags) if tags else None


def _dbt_node(node: DbtNode, profile: EventProfile) -> Document:
    return facet(
        FloeDbtNodeJobFacet,
        profile.producer,
        uniqueId=node.unique_id,
        resourceType=node.resource_type,
        materialization=node.materialization if node.resource_type == "model" else None,
        path=node.path,
        group=node.group,
        access=node.access,
        version=node.version,
    )
