"""Say what dbt is to do: build, retry, parse, or look whether it can connect."""

from collections.abc import Mapping

from floe.domain.model.plan import RunPlan
from floe.domain.model.run import DbtCommand, DbtVerb, RunRequest
from floe.domain.model.settings import Deferral
from floe.domain.use_cases.earlier_run import retry_of, with_state
from floe.domain.use_cases.plan import require_project
from floe.ports.dbt_project import DbtProjectFiles


def prepare_command(
    request: RunRequest,
    *,
    plan: RunPlan,
    defer: Deferral | None,
    environ: Mapping[str, str],
    files: DbtProjectFiles,
) -> DbtCommand:
    """Return the dbt command that does what *request* asks of the project of *plan*.

    *defer* is the state that the settings name, and *environ* what its path may refer to.

    Raises:
        ConfigurationError: There is no dbt project where the contract says, no earlier run to
            retry, or no state where one is asked for.
    """
    command = _command(request, plan)
    match request.verb:
        case DbtVerb.DEBUG:
            return command
        case DbtVerb.RETRY:
            results = command.model_copy(update={"state_path": request.state_path})
            return retry_of(results, files=files)
        case _:
            return with_state(
                command,
                request,
                settings=defer,
                root=plan.project_root,
                environ=environ,
                files=files,
            )


def _command(request: RunRequest, plan: RunPlan) -> DbtCommand:
    compute = plan.pipeline.compute
    return DbtCommand(
        verb=request.verb,
        project_dir=require_project(plan),
        profiles_dir=plan.profiles_dir,
        profile=plan.profile.profile_name,
        target=plan.profile.target_name,
        adapter=compute.target if compute else "",
        threads=plan.profile.threads,
        select=request.select,
        exclude=request.exclude,
        selector=request.selector,
        full_refresh=request.full_refresh,
        variables=request.variables,
        target_path=plan.manifest_path.parent,
    )
