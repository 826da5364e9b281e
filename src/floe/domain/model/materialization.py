"""The outcome of one dbt model, in the words of the design documents."""

from enum import StrEnum

from pydantic import Field

from floe.domain.model.value import Value


class MaterializationStatus(StrEnum):
    """How the execution of a dbt model ended."""

    SUCCESS = "success"
    ERROR = "error"
    FAIL = "fail"
    SKIPPED = "skipped"


class AssetMaterializationResult(Value):
    """What became of one model: *execution_time* in seconds, *rows_affected* where known."""

    model_unique_id: str
    status: MaterializationStatus
    execution_time: float = Field(ge=0)
    rows_affected: int | None = Field(default=None, ge=0)
    error_message: str | None = None
