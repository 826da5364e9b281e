"""A step learns that its run was ended elsewhere, and does not ask all the time."""

from dagster import AssetExecutionContext, DagsterInstance, Failure, asset, materialize

from floe.adapters.dagster.run_watch import RunWatch


def test_a_run_is_over_when_it_was_cancelled_elsewhere() -> None:
    told: list[str] = []

    @asset
    def step(context: AssetExecutionContext) -> None:
        always, seldom = RunWatch(context, every_s=0), RunWatch(context, every_s=3600)
        always()
        context.instance.report_run_canceled(context.run)
        seldom()
        try:
            always()
        except Failure as failure:
            told.append(str(failure.description))

    with DagsterInstance.ephemeral() as instance:
        materialize([step], instance=instance, raise_on_error=False)

    assert told == ["the run of this step was ended elsewhere"]
