"""A step learns that its run was ended elsewhere, and does not ask all the time."""

from dagster import AssetExecutionContext, DagsterInstance, asset, materialize

from floe.adapters.dagster.run_watch import RunWatch


def test_a_run_is_over_when_it_was_cancelled_elsewhere() -> None:
    told: list[bool] = []

    @asset
    def step(context: AssetExecutionContext) -> None:
        always, seldom = RunWatch(context, every_s=0), RunWatch(context, every_s=3600)
        told.append(always())
        context.instance.report_run_canceled(context.run)
        told.extend((always(), seldom()))

    with DagsterInstance.ephemeral() as instance:
        materialize([step], instance=instance, raise_on_error=False)

    assert told == [False, True, False]
